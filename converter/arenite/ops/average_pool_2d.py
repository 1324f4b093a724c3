"""AVERAGE_POOL_2D: the mean of the pixels under the window, per channel; padding is not counted. NHWC."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import pooling
from ..activation import clamp, is_homogeneous
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    total = sum(pixels for _, pixels in pooling.window(op).taps(x, 0))
    count = sum(pixels for _, pixels in pooling.window(op).taps(np.ones((1, *x.shape[1:3], 1), np.float32), 0))
    return [clamp(np.divide(total, count), attribute(op, "fused_activation_function"))]


def case(draw: Draw, dtype: str) -> Op:
    return pooling.case(draw, "average_pool_2d", dtype)


OP = Declaration(
    case=case,
    shape=pooling.shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    attrs=pooling.ATTRS,
    activation=True,
    window=pooling.window,
    per_channel=lambda op: is_homogeneous(attribute(op, "fused_activation_function")),
    limits="windows of fewer than 2²³ taps in int8, 2¹⁵ in int16",
)
