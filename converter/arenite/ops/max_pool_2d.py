"""MAX_POOL_2D: the largest pixel under the window, per channel; padding never wins. NHWC."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

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
    y = reduce(np.maximum, (pixels for _, pixels in window(op).taps(x, -np.inf)))
    return [clamp(y, attribute(op, "fused_activation_function"))]


def case(draw: Draw, dtype: str) -> Op:
    return cases.pool(draw, "max_pool_2d", dtype, shape)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    attrs=ATTRS,
    activation=True,
    window=window,
    per_channel=lambda op: is_homogeneous(attribute(op, "fused_activation_function")),
    passes_clamp=True,
)
