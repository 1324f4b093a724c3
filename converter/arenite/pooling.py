"""What the pooling operators share: options, window, shape rule, generated cases. NHWC."""

from __future__ import annotations

from .cases import Draw, channels, finished, image, sliding, tensor
from .graph import Op
from .spatial import Window, image_size, window_of

#: Options of Pool2DOptions.
ATTRS = {
    "padding": "SAME",
    "stride_w": 1,
    "stride_h": 1,
    "filter_width": 1,
    "filter_height": 1,
    "fused_activation_function": "NONE",
}


def window(op: Op) -> Window:
    """How the filter slides over the image."""
    attrs = {**ATTRS, **op.attrs}
    return window_of(attrs, (attrs["filter_height"], attrs["filter_width"]))


def shape(op: Op) -> list[tuple[int, ...]]:
    """The shape rule."""
    x = op.operand(0).shape
    return [(x[0], *window(op).output_size(image_size(x)), x[3])]


def case(draw: Draw, name: str, dtype: str) -> Op:
    """An instance of operator ``name``; the result keeps the input's quantization."""
    x = tensor(draw, dtype, image(draw, channels(draw)))
    kernel = draw.integer(1, 5), draw.integer(1, 5)
    attrs = sliding(draw, (x.shape[1], x.shape[2]), kernel, dilated=False)
    attrs |= {"filter_height": kernel[0], "filter_width": kernel[1]}
    op = Op(name, [x], [], attrs)
    return finished(op, shape(op), x.quant)
