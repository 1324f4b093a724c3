"""Reductions."""

from __future__ import annotations

import numpy as np

from ..program import Node
from .lowering import Lowering
from .registry import Refusal, lowers


@lowers("Mean")
def mean(lowering: Lowering, node: Node) -> None:
    """MEAN."""
    _reduction(lowering, node, "mean")


@lowers("Sum")
def total(lowering: Lowering, node: Node) -> None:
    """SUM."""
    _reduction(lowering, node, "sum")


@lowers("Prod")
def product(lowering: Lowering, node: Node) -> None:
    """REDUCE_PROD."""
    _reduction(lowering, node, "reduce_prod")


@lowers("Min")
def minimum(lowering: Lowering, node: Node) -> None:
    """REDUCE_MIN."""
    _reduction(lowering, node, "reduce_min")


@lowers("Any")
def any_of(lowering: Lowering, node: Node) -> None:
    """REDUCE_ANY."""
    _reduction(lowering, node, "reduce_any")


@lowers("All")
def all_of(lowering: Lowering, node: Node) -> None:
    """REDUCE_ALL."""
    _reduction(lowering, node, "reduce_all")


@lowers("Max")
def maximum(lowering: Lowering, node: Node) -> None:
    """MAX_POOL_2D over the whole image where it reduces height and width of NHWC (or time of NTC), else REDUCE_MAX.

    Pooling runs on a few rows at a time behind a convolution; a reduction needs the whole tensor.
    """
    value = lowering.value(node.inputs[0])
    axes = _axes(lowering, node)
    if len(value.shape) == 3 and axes == [1]:
        batch, time, channels = value.shape
        value, axes = lowering.reshape(value, (batch, time, 1, channels), node.origin), [1, 2]
    if len(value.shape) != 4 or axes != [1, 2]:
        _reduction(lowering, node, "reduce_max")
        return
    batch, height, width, channels = value.shape
    attrs = {
        "padding": "VALID",
        "stride_h": 1,
        "stride_w": 1,
        "filter_height": height,
        "filter_width": width,
        "fused_activation_function": "NONE",
    }
    pooled = lowering.emit("max_pool_2d", [value], (batch, 1, 1, channels), node.origin, attrs)
    lowering.bind(node.outputs[0], lowering.reshape(pooled, lowering.shape(node.outputs[0]), node.origin))


@lowers("ArgMax")
def arg_max(lowering: Lowering, node: Node) -> None:
    """ARG_MAX."""
    _index(lowering, node, "arg_max")


@lowers("ArgMin")
def arg_min(lowering: Lowering, node: Node) -> None:
    """ARG_MIN."""
    _index(lowering, node, "arg_min")


@lowers("Cumsum")
def cumsum(lowering: Lowering, node: Node) -> None:
    """CUMSUM."""
    value, (axis,) = lowering.value(node.inputs[0]), _axes(lowering, node)
    operands = [value, lowering.constant(node.inputs[1], np.array(axis, np.int32), "axis")]
    attrs = {name: bool(node.attrs[name]) for name in ("exclusive", "reverse")}
    lowering.bind(node.outputs[0], lowering.emit("cumsum", operands, value.shape, node.origin, attrs))


@lowers("TopKV2")
def top_k(lowering: Lowering, node: Node) -> None:
    """TOPK_V2, always sorted."""
    if node.outputs[1].dtype != "int32":
        raise Refusal(f"its indices are {node.outputs[1].dtype}", "use index_type=tf.int32")
    value, k = lowering.value(node.inputs[0]), int(lowering.data(node.inputs[1], "k"))
    operands = [value, lowering.constant(node.inputs[1], np.array(k, np.int32), "k")]
    shapes = [lowering.shape(output) for output in node.outputs]
    results = lowering.emit_all("topk_v2", operands, shapes, node.origin, None, value.dtype)
    results[1].dtype = "int32"
    for output, result in zip(node.outputs, results, strict=True):
        lowering.bind(output, result)


def _index(lowering: Lowering, node: Node, name: str) -> None:
    """int64 only where TensorFlow's int64 is really used: Keras asks for it and casts to int32 at once."""
    (axis,) = _axes(lowering, node)
    axes = lowering.constant(node.inputs[1], np.array([axis], np.int32), "axis")
    result = node.outputs[0]
    dtype = "int32" if lowering.is_only_cast_to(result, "int32") else result.dtype
    operands, attrs = [lowering.value(node.inputs[0]), axes], {"output_type": dtype.upper()}
    value = lowering.emit(name, operands, lowering.shape(result), node.origin, attrs, dtype)
    lowering.bind(result, value)


def _axes(lowering: Lowering, node: Node) -> list[int]:
    rank = len(lowering.value(node.inputs[0]).shape)
    return sorted(int(axis) % rank for axis in np.atleast_1d(lowering.data(node.inputs[1], "axes")))


def _reduction(lowering: Lowering, node: Node, name: str) -> None:
    axes = lowering.constant(node.inputs[1], np.array(_axes(lowering, node), np.int32), "axes")
    attrs = {"keep_dims": bool(node.attrs["keep_dims"])}
    operands, shape = [lowering.value(node.inputs[0]), axes], lowering.shape(node.outputs[0])
    lowering.bind(node.outputs[0], lowering.emit(name, operands, shape, node.origin, attrs))
