"""Reductions."""

from __future__ import annotations

import math

import numpy as np

from ...graph import Value
from ..program import Node
from .lowering import Lowering
from .registry import Refusal, lowers


@lowers("Mean")
def mean(lowering: Lowering, node: Node) -> None:
    """MEAN."""
    lowering.bind(node.outputs[0], _mean(lowering, node))


@lowers("Sum")
def total(lowering: Lowering, node: Node) -> None:
    """MEAN, then MUL by the number of elements."""
    value = lowering.value(node.inputs[0])
    count = math.prod(value.shape[axis] for axis in _axes(lowering, node))
    average = _mean(lowering, node)
    factor = lowering.new_constant(f"{node.origin.layer or 'sum'}/count", np.array(count, np.float32))
    attrs = {"fused_activation_function": "NONE"}
    lowering.bind(node.outputs[0], lowering.emit("mul", [average, factor], average.shape, node.origin, attrs))


@lowers("Max")
def maximum(lowering: Lowering, node: Node) -> None:
    """MAX_POOL_2D over the whole image, when it reduces height and width of NHWC (or time of NTC)."""
    value = lowering.value(node.inputs[0])
    axes = _axes(lowering, node)
    if len(value.shape) == 3 and axes == [1]:
        batch, time, channels = value.shape
        value, axes = lowering.reshape(value, (batch, time, 1, channels), node.origin), [1, 2]
    if len(value.shape) != 4 or axes != [1, 2]:
        raise Refusal(f"a maximum over axes {axes} has no kernel here", "use a pooling layer over height and width")
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


def _axes(lowering: Lowering, node: Node) -> list[int]:
    rank = len(lowering.value(node.inputs[0]).shape)
    return sorted(int(axis) % rank for axis in np.atleast_1d(lowering.data(node.inputs[1], "axes")))


def _mean(lowering: Lowering, node: Node) -> Value:
    axes = np.array(_axes(lowering, node), np.int32)
    constant = lowering.constant(node.inputs[1], axes, "axes")
    attrs = {"keep_dims": bool(node.attrs["keep_dims"])}
    shape = lowering.shape(node.outputs[0])
    return lowering.emit("mean", [lowering.value(node.inputs[0]), constant], shape, node.origin, attrs)
