"""Arithmetic and activations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...graph import Value
from ...opdef import data_dtypes
from ..program import Node, Tensor
from .dense import absorbs_bias
from .lowering import Lowering
from .normalization import normalize_by_own_statistics
from .registry import Refusal, lowers

_FUSED = {"fused_activation_function": "NONE"}


@lowers("BiasAdd", "AddV2", "Add")
def add(lowering: Lowering, node: Node) -> None:
    """The bias operand of the operator before it where possible, else ADD with the constant second."""
    if node.attrs.get("data_format") == "NCHW":
        raise Refusal("it computes channels first", "build the model with data_format='channels_last'")
    left, right = _constant_last(node)
    if absorbs_bias(lowering, left, right, node.outputs[0]):
        return
    augend = lowering.value(left)
    _binary(lowering, node, "add", augend, _unsqueezed(lowering, lowering.value(right), augend.shape))


@lowers("AddN")
def add_n(lowering: Lowering, node: Node) -> None:
    """A chain of ADD."""
    total = lowering.value(node.inputs[0])
    for tensor in node.inputs[1:]:
        total = lowering.emit("add", [total, lowering.value(tensor)], total.shape, node.origin, dict(_FUSED))
    lowering.bind(node.outputs[0], total)


@lowers("Sub")
def sub(lowering: Lowering, node: Node) -> None:
    """x + (−c) for a constant c, which other operators absorb; else SUB."""
    left, right = node.inputs
    if right.data is not None:
        negated = lowering.constant(right, -right.data, "negated")
        _binary(lowering, node, "add", lowering.value(left), negated)
        return
    _binary(lowering, node, "sub", lowering.value(left), lowering.value(right))


@lowers("Maximum", "Minimum")
def extremum(lowering: Lowering, node: Node) -> None:
    """MAXIMUM, MINIMUM with the constant second."""
    left, right = (lowering.value(tensor) for tensor in _constant_last(node))
    lowering.bind(node.outputs[0], lowering.emit(node.type.lower(), [left, right], _out_shape(node), node.origin))


@lowers("Neg")
def neg(lowering: Lowering, node: Node) -> None:
    """(−1)·x."""
    lowering.bind(node.outputs[0], _scaled(lowering, node, lowering.value(node.inputs[0]), -1.0))


@lowers("Mul")
def mul(lowering: Lowering, node: Node) -> None:
    """MUL with the constant second; nothing when it multiplies by one."""
    left, right = _constant_last(node)
    if right.data is not None and np.all(right.data == 1) and left.shape == node.outputs[0].shape:
        lowering.bind(node.outputs[0], lowering.value(left))
        return
    _binary(lowering, node, "mul", lowering.value(left), lowering.value(right))


@lowers("Square")
def square(lowering: Lowering, node: Node) -> None:
    """x · x."""
    value = lowering.value(node.inputs[0])
    _binary(lowering, node, "mul", value, value)


@lowers("RealDiv", "Div")
def real_div(lowering: Lowering, node: Node) -> None:
    """MUL by the reciprocal of a constant, else DIV."""
    dividend, divisor = node.inputs
    if divisor.data is None:
        _binary(lowering, node, "div", lowering.value(dividend), lowering.value(divisor))
        return
    if not np.all(divisor.data):
        raise Refusal("its divisor holds zeros", "check the statistics that the layer divides by")
    factor = (1.0 / divisor.data.astype(np.float64)).astype(np.float32)
    _binary(lowering, node, "mul", lowering.value(dividend), lowering.constant(divisor, factor, "reciprocal"))


@lowers("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
def fused_batch_norm(lowering: Lowering, node: Node) -> None:
    """MUL by gamma/sqrt(variance + epsilon), then ADD of beta − mean·that; statistics of the value itself need more."""
    if node.attrs["is_training"]:
        normalize_by_own_statistics(lowering, node)
        return
    if node.attrs["data_format"] != "NHWC":
        raise Refusal("it computes channels first", "build the model with data_format='channels_last'")
    names = ("scale", "offset", "mean", "variance")
    gamma, beta, mean, variance = (
        lowering.data(tensor, name).astype(np.float64) for tensor, name in zip(node.inputs[1:5], names, strict=True)
    )
    factor = gamma / np.sqrt(variance + node.attrs["epsilon"])
    scale = lowering.constant(node.inputs[1], factor.astype(np.float32), "batch_norm")
    offset = lowering.constant(node.inputs[2], (beta - mean * factor).astype(np.float32), "batch_norm")
    scaled = lowering.emit("mul", [lowering.value(node.inputs[0]), scale], _out_shape(node), node.origin, dict(_FUSED))
    _binary(lowering, node, "add", scaled, offset)


@lowers("ClipByValue")
def clip(lowering: Lowering, node: Node) -> None:
    """RELU for [0, inf), RELU6 for [0, 6]; else MAXIMUM and MINIMUM with the finite bounds, RELU for a lower one of 0."""
    lower, upper = node.attrs["lower"], node.attrs["upper"]
    value = lowering.value(node.inputs[0])
    if (lower, upper) == (0.0, 6.0):
        value = lowering.emit("relu6", [value], value.shape, node.origin)
    else:
        if lower == 0.0:
            value = lowering.emit("relu", [value], value.shape, node.origin)
        elif np.isfinite(lower):
            value = _bounded(lowering, node, "maximum", value, lower)
        if np.isfinite(upper):
            value = _bounded(lowering, node, "minimum", value, upper)
    lowering.bind(node.outputs[0], value)


@lowers("LeakyRelu")
def leaky_relu(lowering: Lowering, node: Node) -> None:
    """LEAKY_RELU."""
    _unary(lowering, node, "leaky_relu", {"alpha": float(node.attrs["alpha"])})


@lowers("PRelu")
def prelu(lowering: Lowering, node: Node) -> None:
    """PRELU."""
    x, alpha = (lowering.value(tensor) for tensor in node.inputs)
    lowering.bind(node.outputs[0], lowering.emit("prelu", [x, alpha], x.shape, node.origin))


@lowers("HardSwish")
def hard_swish(lowering: Lowering, node: Node) -> None:
    """HARD_SWISH."""
    _unary(lowering, node, "hard_swish")


@lowers("Tanh")
def tanh(lowering: Lowering, node: Node) -> None:
    """TANH."""
    _unary(lowering, node, "tanh")


@lowers("Sigmoid")
def sigmoid(lowering: Lowering, node: Node) -> None:
    """LOGISTIC."""
    _unary(lowering, node, "logistic")


@lowers("Softmax")
def softmax(lowering: Lowering, node: Node) -> None:
    """SOFTMAX over the last axis."""
    _unary(lowering, node, "softmax", {"beta": 1.0})


@lowers("Gelu")
def gelu(lowering: Lowering, node: Node) -> None:
    """GELU."""
    _unary(lowering, node, "gelu", {"approximate": bool(node.attrs["approximate"])})


@lowers("LogSoftmax")
def log_softmax(lowering: Lowering, node: Node) -> None:
    """LOG_SOFTMAX over the last axis."""
    _unary(lowering, node, "log_softmax")


@lowers("L2Normalize")
def l2_normalization(lowering: Lowering, node: Node) -> None:
    """L2_NORMALIZATION over the last axis."""
    _unary(lowering, node, "l2_normalization", dict(_FUSED))


@lowers("Cast")
def cast(lowering: Lowering, node: Node) -> None:
    """CAST; nothing between equal types (a whole-number input that became a float one)."""
    value, dtype = lowering.value(node.inputs[0]), node.outputs[0].dtype
    if value.dtype != dtype:
        if dtype not in data_dtypes("cast"):  # results are of the operands' types
            raise Refusal(f"it converts to {dtype}", "use float32 or int32")
        attrs = {"in_data_type": value.dtype.upper(), "out_data_type": dtype.upper()}
        value = lowering.emit("cast", [value], value.shape, node.origin, attrs, dtype)
    lowering.bind(node.outputs[0], value)


def _unsqueezed(lowering: Lowering, value: Value, shape: tuple[int, ...]) -> Value:
    """What was reshaped to ``value``, if it has ``shape``: Keras adds tensors of batch one as BiasAdd(x, Squeeze(y))."""
    op = lowering.producer(value)
    if op is not None and op.name == "reshape" and op.operand(0).shape == shape and value.shape == shape[-1:]:
        return op.operand(0)
    return value


def _constant_last(node: Node) -> tuple[Tensor, Tensor]:
    left, right = node.inputs
    return (right, left) if left.is_constant else (left, right)


def _out_shape(node: Node) -> tuple[int, ...]:
    return Lowering.shape(node.outputs[0])


def _binary(lowering: Lowering, node: Node, name: str, left: Value, right: Value) -> None:
    lowering.bind(node.outputs[0], lowering.emit(name, [left, right], _out_shape(node), node.origin, dict(_FUSED)))


def _unary(lowering: Lowering, node: Node, name: str, attrs: dict[str, Any] | None = None) -> None:
    value = lowering.value(node.inputs[0])
    lowering.bind(node.outputs[0], lowering.emit(name, [value], value.shape, node.origin, attrs))


def _bounded(lowering: Lowering, node: Node, name: str, value: Value, bound: float) -> Value:
    constant = lowering.new_constant(f"{node.origin.layer or name}/bound", np.array(bound, np.float32))
    return lowering.emit(name, [value, constant], value.shape, node.origin)


def _scaled(lowering: Lowering, node: Node, value: Value, factor: float) -> Value:
    constant = lowering.new_constant(f"{node.origin.layer or 'mul'}/factor", np.array(factor, np.float32))
    return lowering.emit("mul", [value, constant], value.shape, node.origin, dict(_FUSED))
