"""Convolutions and pooling. TensorFlow filters are HWIO and HWCM; ours OHWI and 1HW(C·M)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...graph import Value
from ..program import Node
from .lowering import Lowering
from .registry import Refusal, lowers

#: TensorFlow's padding of a spatial axis: (before, after).
Pads = tuple[tuple[int, int], tuple[int, int]]


@lowers("Conv2D")
def conv_2d(lowering: Lowering, node: Node) -> None:
    """CONV_2D; grouped when the filter has fewer input channels, DEPTHWISE_CONV_2D when it has one per group."""
    _need_nhwc(node)
    filters = lowering.data(node.inputs[1], "filter")
    source, padding = _padded_input(lowering, node)
    channels, per_group = source.shape[3], filters.shape[2]
    if channels % per_group or filters.shape[3] % (channels // per_group):
        raise Refusal(f"{channels} channels do not divide into groups of {per_group}", "")
    attrs = {**_window(node, padding), **_dilation(node)}
    if per_group == 1 and channels > 1:
        _depthwise(lowering, node, source, filters.transpose(2, 0, 1, 3), attrs)
        return
    weights = lowering.constant(node.inputs[1], filters.transpose(3, 0, 1, 2), "OHWI")
    operands = [source, weights, None]
    shape = lowering.shape(node.outputs[0])
    lowering.bind(node.outputs[0], lowering.emit("conv_2d", operands, shape, node.origin, attrs))


@lowers("DepthwiseConv2dNative")
def depthwise_conv_2d(lowering: Lowering, node: Node) -> None:
    """DEPTHWISE_CONV_2D; output channel c·M + m stems from input channel c."""
    _need_nhwc(node)
    filters = lowering.data(node.inputs[1], "filter")
    source, padding = _padded_input(lowering, node)
    height, width, channels, multiplier = filters.shape
    weights = filters.reshape(1, height, width, channels * multiplier)
    _depthwise(lowering, node, source, weights, {**_window(node, padding), **_dilation(node)})


def _depthwise(lowering: Lowering, node: Node, source: Value, weights: np.ndarray, attrs: dict[str, Any]) -> None:
    attrs = {**attrs, "depth_multiplier": weights.shape[3] // source.shape[3]}
    operands = [source, lowering.constant(node.inputs[1], weights, "1HWC"), None]
    shape = lowering.shape(node.outputs[0])
    lowering.bind(node.outputs[0], lowering.emit("depthwise_conv_2d", operands, shape, node.origin, attrs))


@lowers("Conv2DBackpropInput")
def transpose_conv(lowering: Lowering, node: Node) -> None:
    """TRANSPOSE_CONV. TensorFlow's filter is HWOI seen from here."""
    _need_nhwc(node)
    if set(node.attrs["dilations"]) != {1}:
        raise Refusal("a transposed convolution with dilation has no kernel", "use dilation_rate=1")
    if node.attrs["padding"] not in ("SAME", "VALID"):
        raise Refusal("explicit padding has no equivalent here", "use 'same' or 'valid' padding")
    filters, shape = lowering.data(node.inputs[1], "filter"), lowering.shape(node.outputs[0])
    stated = lowering.new_constant(f"{node.origin.layer or 'transpose_conv'}/shape", np.array(shape, np.int32))
    weights = lowering.constant(node.inputs[1], filters.transpose(2, 0, 1, 3), "OHWI")
    source = lowering.value(node.inputs[2])
    operands = [stated, weights, source, None]
    attrs = _window(node, node.attrs["padding"])
    value = lowering.emit("transpose_conv", operands, shape, node.origin, attrs, source.dtype)
    lowering.bind(node.outputs[0], value)


@lowers("AvgPool")
def average_pool_2d(lowering: Lowering, node: Node) -> None:
    """AVERAGE_POOL_2D; like TensorFlow it does not count padding."""
    _pool(lowering, node, "average_pool_2d")


@lowers("MaxPool")
def max_pool_2d(lowering: Lowering, node: Node) -> None:
    """MAX_POOL_2D."""
    _pool(lowering, node, "max_pool_2d")


def _pool(lowering: Lowering, node: Node, name: str) -> None:
    _need_nhwc(node)
    batch, height, width, channels = node.attrs["ksize"]
    if (batch, channels) != (1, 1):
        raise Refusal("it pools over batch or channels", "pool over height and width only")
    if node.attrs["padding"] not in ("SAME", "VALID"):
        raise Refusal("explicit padding has no equivalent in pooling", "use 'same' or 'valid' padding")
    attrs = {**_window(node, node.attrs["padding"]), "filter_height": height, "filter_width": width}
    shape = lowering.shape(node.outputs[0])
    value = lowering.emit(name, [lowering.value(node.inputs[0])], shape, node.origin, attrs)
    lowering.bind(node.outputs[0], value)


def _need_nhwc(node: Node) -> None:
    if node.attrs.get("data_format", "NHWC") != "NHWC":
        raise Refusal("it computes channels first", "build the model with data_format='channels_last'")


def _window(node: Node, padding: str) -> dict[str, Any]:
    """Fields that every operator with a sliding window has."""
    _, stride_h, stride_w, _ = node.attrs["strides"]
    return {"padding": padding, "stride_h": stride_h, "stride_w": stride_w, "fused_activation_function": "NONE"}


def _dilation(node: Node) -> dict[str, Any]:
    _, dilation_h, dilation_w, _ = node.attrs["dilations"]
    return {"dilation_h_factor": dilation_h, "dilation_w_factor": dilation_w}


def _padded_input(lowering: Lowering, node: Node) -> tuple[Value, str]:
    """The input and the padding word; explicit padding becomes a PAD before a VALID convolution."""
    source = lowering.value(node.inputs[0])
    if node.attrs["padding"] != "EXPLICIT":
        return source, node.attrs["padding"]
    flat: Sequence[int] = node.attrs["explicit_paddings"]
    return pad(lowering, source, np.array(flat, np.int32).reshape(4, 2), node), "VALID"


def pad(lowering: Lowering, source: Value, amounts: np.ndarray, node: Node) -> Value:
    """PAD with zeros. amounts int32 [rank, 2]: elements before and after, per axis."""
    if not amounts.any():
        return source
    paddings = lowering.new_constant(f"{node.origin.layer or 'pad'}/paddings", amounts.astype(np.int32))
    shape = [d + int(a.sum()) for d, a in zip(source.shape, amounts, strict=True)]
    return lowering.emit("pad", [source, paddings], shape, node.origin)
