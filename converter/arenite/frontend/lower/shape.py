"""Operations that rearrange: RESHAPE, PAD, CONCATENATION."""

from __future__ import annotations

import numpy as np

from ...graph import Value
from ..program import Node
from .conv import pad
from .lowering import Lowering
from .registry import Refusal, lowers


@lowers("Reshape", "Squeeze", "ExpandDims")
def reshape(lowering: Lowering, node: Node) -> None:
    """RESHAPE to the shape that the trace found; nothing when it stays the same."""
    value = lowering.value(node.inputs[0])
    lowering.bind(node.outputs[0], lowering.reshape(value, lowering.shape(node.outputs[0]), node.origin))


@lowers("Transpose")
def transpose(lowering: Lowering, node: Node) -> None:
    """RESHAPE, when only dimensions of size one change places; there is no kernel for the others."""
    value = lowering.value(node.inputs[0])
    order = [int(axis) for axis in lowering.data(node.inputs[1], "permutation")]
    moved = [axis for axis in order if value.shape[axis] != 1]
    if moved != sorted(moved):
        raise Refusal("transposing data has no kernel here", "arrange the data before the model, channels last")
    lowering.bind(node.outputs[0], lowering.reshape(value, lowering.shape(node.outputs[0]), node.origin))


@lowers("Pad", "PadV2")
def pad_zeros(lowering: Lowering, node: Node) -> None:
    """PAD with zeros."""
    amounts = lowering.data(node.inputs[1], "amount of padding")
    if len(node.inputs) > 2 and np.any(lowering.data(node.inputs[2], "padding value")):
        raise Refusal("it pads with a value other than zero", "pad with zeros, or add the value before and subtract it")
    lowering.bind(node.outputs[0], pad(lowering, lowering.value(node.inputs[0]), amounts, node))


@lowers("ConcatV2")
def concat(lowering: Lowering, node: Node) -> None:
    """CONCATENATION; the operand itself when there is one."""
    *parts, axis = node.inputs
    _concatenate(lowering, node, [lowering.value(part) for part in parts], int(lowering.data(axis, "axis")))


@lowers("Pack")
def pack(lowering: Lowering, node: Node) -> None:
    """CONCATENATION of the operands, each with a new dimension of size one."""
    axis = node.attrs["axis"] % len(lowering.shape(node.outputs[0]))
    widened = []
    for tensor in node.inputs:
        value = lowering.value(tensor)
        shape = (*value.shape[:axis], 1, *value.shape[axis:])
        widened.append(lowering.reshape(value, shape, node.origin))
    _concatenate(lowering, node, widened, axis)


def _concatenate(lowering: Lowering, node: Node, values: list[Value], axis: int) -> None:
    shape = lowering.shape(node.outputs[0])
    if len(values) == 1:
        lowering.bind(node.outputs[0], lowering.reshape(values[0], shape, node.origin))
        return
    attrs = {"axis": axis % len(shape), "fused_activation_function": "NONE"}
    lowering.bind(node.outputs[0], lowering.emit("concatenation", values, shape, node.origin, attrs))
