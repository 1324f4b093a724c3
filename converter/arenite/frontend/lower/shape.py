"""Operations that join and pad: RESHAPE, PAD, CONCATENATION."""

from __future__ import annotations

import numpy as np

from ...graph import Value
from ..program import Node
from .conv import pad
from .lowering import Lowering
from .registry import lowers


@lowers("Reshape", "Squeeze", "ExpandDims")
def reshape(lowering: Lowering, node: Node) -> None:
    """RESHAPE to the shape that the trace found; nothing when it stays the same."""
    value = lowering.value(node.inputs[0])
    lowering.bind(node.outputs[0], lowering.reshape(value, lowering.shape(node.outputs[0]), node.origin))


@lowers("Pad", "PadV2")
def pad_constant(lowering: Lowering, node: Node) -> None:
    """PAD with zeros, PADV2 with another value."""
    amounts, source = lowering.data(node.inputs[1], "amount of padding"), lowering.value(node.inputs[0])
    if len(node.inputs) < 3 or not np.any(lowering.data(node.inputs[2], "padding value")):
        lowering.bind(node.outputs[0], pad(lowering, source, amounts, node))
        return
    operands = [source, lowering.integers("paddings", amounts, node.origin), lowering.value(node.inputs[2])]
    lowering.bind(node.outputs[0], lowering.emit("padv2", operands, lowering.shape(node.outputs[0]), node.origin))


@lowers("ConcatV2")
def concat(lowering: Lowering, node: Node) -> None:
    """CONCATENATION; the operand itself when there is one."""
    *parts, axis = node.inputs
    _concatenate(lowering, node, [lowering.value(part) for part in parts], int(lowering.data(axis, "axis")))


def _concatenate(lowering: Lowering, node: Node, values: list[Value], axis: int) -> None:
    shape = lowering.shape(node.outputs[0])
    if len(values) == 1:
        lowering.bind(node.outputs[0], lowering.reshape(values[0], shape, node.origin))
        return
    attrs = {"axis": axis % len(shape), "fused_activation_function": "NONE"}
    lowering.bind(node.outputs[0], lowering.emit("concatenation", values, shape, node.origin, attrs))
