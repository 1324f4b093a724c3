"""MAX_POOL_2D: the largest pixel under the window, per channel; padding never wins. NHWC."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from .. import pooling
from ..activation import clamp, is_homogeneous
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    y = reduce(np.maximum, (pixels for _, pixels in pooling.window(op).taps(x, -np.inf)))
    return [clamp(y, attribute(op, "fused_activation_function"))]


def case(draw: Draw, dtype: str) -> Op:
    return pooling.case(draw, "max_pool_2d", dtype)


OP = Declaration(
    case=case,
    shape=pooling.shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    extremes=True,
    attrs=pooling.ATTRS,
    activation=True,
    window=pooling.window,
    per_channel=lambda op: is_homogeneous(attribute(op, "fused_activation_function")),
    passes_clamp=True,
)
