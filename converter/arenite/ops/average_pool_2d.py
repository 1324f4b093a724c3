"""AVERAGE_POOL_2D: the mean of the pixels under the window, per channel; padding is not counted. NHWC."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..activation import clamp, is_homogeneous
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute
from ..spatial import Window, image_size, window_of

ATTRS = {
    "padding": "SAME",
    "stride_w": 1,
    "stride_h": 1,
    "filter_width": 1,
    "filter_height": 1,
    "fused_activation_function": "NONE",
}


def window(op: Op) -> Window:
    attrs = {**ATTRS, **op.attrs}
    return window_of(attrs, (attrs["filter_height"], attrs["filter_width"]))


def shape(op: Op) -> list[tuple[int, ...]]:
    x = op.operand(0).shape
    return [(x[0], *window(op).output_size(image_size(x)), x[3])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    total = sum(pixels for _, pixels in window(op).taps(x, 0))
    count = sum(pixels for _, pixels in window(op).taps(np.ones((1, *x.shape[1:3], 1), np.float32), 0))
    return [clamp(np.divide(total, count), attribute(op, "fused_activation_function"))]


def case(draw: Draw, dtype: str) -> Op:
    return cases.pool(draw, "average_pool_2d", dtype, shape)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    attrs=ATTRS,
    activation=True,
    window=window,
    per_channel=lambda op: is_homogeneous(attribute(op, "fused_activation_function")),
)
