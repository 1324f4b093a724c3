"""MEAN over the axes of operand 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases, reduction
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    return [np.asarray(x.mean(reduction.axes(op), keepdims=reduction.keeps(op), dtype=np.float32))]


def case(draw: Draw, dtype: str) -> Op:
    op = reduction.instance(draw, "mean", dtype)
    return cases.finished(op, reduction.reduced_shape(op), cases.near_quantization(draw, op.operand(0)))


OP = Declaration(
    case=case,
    shape=reduction.reduced_shape,
    reference=reference,
    data=(0,),
    attrs=reduction.ATTRS,
    per_channel=reduction.keeps_channels,
    limits="the axes are constant; sums of fewer than 2²³ codes in int8, 2¹⁵ in int16",
)
