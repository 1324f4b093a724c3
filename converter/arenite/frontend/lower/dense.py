"""Matrix products with constant weights. TensorFlow's are [in, out], ours [out, in]."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...graph import Origin, Value
from ...opdef import declaration
from ..program import Node, Tensor
from .lowering import Lowering
from .registry import Refusal, lowers


@lowers("MatMul")
def mat_mul(lowering: Lowering, node: Node) -> None:
    """FULLY_CONNECTED for a constant right side, else BATCH_MATMUL."""
    if node.attrs["transpose_a"] or node.inputs[1].data is None:
        _batch_matmul(lowering, node, node.attrs["transpose_a"], node.attrs["transpose_b"])
        return
    weights = _right_side(lowering, node)
    _product(lowering, node, weights if node.attrs["transpose_b"] else weights.T)


@lowers("BatchMatMulV2", "BatchMatMulV3")
def batch_mat_mul(lowering: Lowering, node: Node) -> None:
    """FULLY_CONNECTED over the flattened leading dimensions when one constant matrix serves all of them, else BATCH_MATMUL."""
    right = node.inputs[1].data
    if node.attrs["adj_x"] or right is None or math.prod(right.shape[:-2]) != 1:
        _batch_matmul(lowering, node, node.attrs["adj_x"], node.attrs["adj_y"])
        return
    weights = right.reshape(right.shape[-2:])
    _product(lowering, node, weights if node.attrs["adj_y"] else weights.T)


def _right_side(lowering: Lowering, node: Node) -> np.ndarray:
    if node.inputs[1].data is None:
        raise Refusal(
            "its right side is computed by the model, and there are kernels for constant weights only",
            "multiply with weights, or compute the product outside the model",
        )
    return lowering.data(node.inputs[1], "right side")


def _batch_matmul(lowering: Lowering, node: Node, adj_x: bool, adj_y: bool) -> None:
    left, right = (lowering.value(tensor) for tensor in node.inputs)
    if min(len(left.shape), len(right.shape)) < 2:
        raise Refusal("one side is a vector", "give it two dimensions")
    attrs = {"adj_x": bool(adj_x), "adj_y": bool(adj_y)}
    shape = lowering.shape(node.outputs[0])
    lowering.bind(node.outputs[0], lowering.emit("batch_matmul", [left, right], shape, node.origin, attrs))


def _product(lowering: Lowering, node: Node, weights: np.ndarray) -> None:
    """weights [out, in]."""
    listed = lowering.constant(node.inputs[1], weights, "out,in")
    shape = lowering.shape(node.outputs[0])
    result = fully_connected(lowering, lowering.value(node.inputs[0]), listed, shape, node.origin)
    lowering.bind(node.outputs[0], result)


def fully_connected(lowering: Lowering, source: Value, weights: Value, shape: Sequence[int], origin: Origin) -> Value:
    """FULLY_CONNECTED with weights [out, in], its result in ``shape``.

    Other ranks than two keep their leading dimensions, or are flattened if axes are merged.
    """
    units, depth = weights.shape
    keeps = len(shape) != 2 and tuple(shape) == (*source.shape[:-1], units)
    rows = (source.size // depth, depth)
    operands = [source if keeps else lowering.reshape(source, rows, origin), weights, None]
    attrs = {"fused_activation_function": "NONE", "weights_format": "DEFAULT", "keep_num_dims": keeps}
    result = lowering.emit("fully_connected", operands, shape if keeps else (rows[0], units), origin, attrs)
    return lowering.reshape(result, shape, origin)


def absorbs_bias(lowering: Lowering, source: Tensor, bias: Tensor, result: Tensor) -> bool:
    """Give ``bias`` to the convolution or product that computes ``source``, and bind ``result`` to it, if possible.

    Possible when that operator has no bias yet, nobody else reads its result, and ``bias`` holds one constant per
    output channel. A reshape in between is fine while the channels stay last.
    """
    value = lowering.value(source)
    op, emitted = lowering.producer(value), 0
    if not lowering.has_readers(value, emitted):
        return False
    if op is not None and op.name == "reshape":
        op, emitted = lowering.producer(op.operand(0)), 1
    index = declaration(op.name).bias if op is not None else None
    if op is None or index is None or op.inputs[index] is not None:
        return False
    channels = op.output.shape[-1]
    if bias.data is None or not _spreads(bias.data.shape, value.shape, channels):
        return False
    if not lowering.has_readers(op.output, emitted):
        return False
    op.inputs[index] = lowering.constant(bias, bias.data.reshape(channels), "bias")
    lowering.bind(result, value)
    return True


def _spreads(bias: tuple[int, ...], shape: tuple[int, ...], channels: int) -> bool:
    """Whether ``bias`` holds one number per channel, and the last dimensions of ``shape`` are the channels."""
    while bias[:1] == (1,) and len(bias) > 1:
        bias = bias[1:]
    return bool(bias) and math.prod(bias) == channels and shape[-len(bias) :] == bias
