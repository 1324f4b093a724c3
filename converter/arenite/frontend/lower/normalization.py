"""Normalization by statistics of the value itself: what Keras 2 makes of LayerNormalization, as training's batch norm."""

from __future__ import annotations

import numpy as np

from ...graph import Value
from ..program import Node
from .lowering import Lowering
from .registry import Refusal

_FUSED = {"fused_activation_function": "NONE"}
#: data format → axes that the statistics run over.
_AXES = {"NHWC": (0, 1, 2), "NCHW": (0, 2, 3)}


def normalize_by_own_statistics(lowering: Lowering, node: Node) -> None:
    """FusedBatchNorm in training: (x − mean) · rsqrt(mean of squares + epsilon) · gamma + beta."""
    if any(lowering.is_read(tensor) for tensor in node.outputs[1:]):
        raise Refusal("the statistics of the batch are read", "call the model with training=False")
    layout = node.attrs["data_format"]
    x, axes = lowering.value(node.inputs[0]), _AXES[layout]
    centred = _emit(lowering, node, "sub", x, _mean(lowering, node, x, axes))
    variance = _mean(lowering, node, _emit(lowering, node, "mul", centred, centred), axes)
    epsilon = lowering.new_constant("epsilon", np.array(node.attrs["epsilon"], np.float32))
    factor = _emit(lowering, node, "add", variance, epsilon)
    factor = lowering.emit("rsqrt", [factor], factor.shape, node.origin)
    value = _emit(lowering, node, "mul", centred, factor)
    for name, tensor, neutral in (("mul", node.inputs[1], 1.0), ("add", node.inputs[2], 0.0)):
        data = lowering.data(tensor, "scale and offset")
        if not np.all(data == neutral):
            channels = data if layout == "NHWC" else data.reshape(-1, 1, 1)
            value = _emit(lowering, node, name, value, lowering.constant(tensor, channels, layout))
    lowering.bind(node.outputs[0], value)


def _mean(lowering: Lowering, node: Node, value: Value, axes: tuple[int, ...]) -> Value:
    """The mean over ``axes``, which stay as 1; axes of one element need none."""
    summed = [axis for axis in axes if value.shape[axis] > 1]
    shape = [1 if axis in axes else size for axis, size in enumerate(value.shape)]
    operands = [value, lowering.integers("axes", summed or [0], node.origin)]
    return lowering.emit("mean", operands, shape, node.origin, {"keep_dims": True})


def _emit(lowering: Lowering, node: Node, name: str, left: Value, right: Value) -> Value:
    shape = np.broadcast_shapes(left.shape, right.shape)
    return lowering.emit(name, [left, right], shape, node.origin, dict(_FUSED))
