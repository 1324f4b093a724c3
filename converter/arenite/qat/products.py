"""What weighted Keras layers compute before bias and activation, for a kernel that is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

#: Layers whose kernel is rounded.
WEIGHTED = (
    keras.layers.Dense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.Conv2DTranspose,
)
_DEPTHWISE = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)


def product(layer: Any, x: Any, kernel: Any) -> Any:
    """``layer``'s product of ``x`` and ``kernel``, without bias and activation."""
    if isinstance(layer, keras.layers.Dense):
        return ops.matmul(x, kernel)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return ops.conv_transpose(
            x, kernel, list(layer.strides), layer.padding, layer.output_padding, layer.data_format, layer.dilation_rate
        )
    compute = ops.depthwise_conv if isinstance(layer, _DEPTHWISE) else ops.conv
    padding = layer.padding
    if padding == "causal":
        past = layer.dilation_rate[0] * (layer.kernel_size[0] - 1)
        x, padding = ops.pad(x, [[0, 0], [past, 0], [0, 0]]), "valid"
    return compute(
        x,
        kernel,
        strides=tuple(layer.strides),
        padding=padding,
        dilation_rate=layer.dilation_rate,
        data_format=layer.data_format,
    )


def channel_axes(layer: Any) -> tuple[int, ...]:
    """Axes of the kernel that run along the output channels."""
    rank = len(layer.kernel.shape)
    if isinstance(layer, _DEPTHWISE):
        return (rank - 2, rank - 1)
    return (rank - 2,) if isinstance(layer, keras.layers.Conv2DTranspose) else (rank - 1,)


def other_axes(layer: Any) -> tuple[int, ...]:
    """The other axes of the kernel."""
    own = channel_axes(layer)
    return tuple(axis for axis in range(len(layer.kernel.shape)) if axis not in own)


def along_channels(layer: Any, vector: Any) -> Any:
    """``vector`` [out] shaped so that it broadcasts over the kernel."""
    own, shape = channel_axes(layer), layer.kernel.shape
    return ops.reshape(vector, [shape[axis] if axis in own else 1 for axis in range(len(shape))])


def over_result(layer: Any, vector: Any, rank: int) -> Any:
    """``vector`` [out] shaped so that it broadcasts over the result, of ``rank`` axes."""
    first = getattr(layer, "data_format", "channels_last") == "channels_first"
    return ops.reshape(vector, [1, -1, *[1] * (rank - 2)]) if first else vector


def result_axes(layer: Any, rank: int) -> Sequence[int]:
    """All axes of the result but its channels'."""
    first = getattr(layer, "data_format", "channels_last") == "channels_first"
    return [axis for axis in range(rank) if axis != (1 if first else rank - 1)]
