"""REDUCE_MAX: the largest element over the axes of operand 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases, reduction
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, QuantRule


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    return [np.asarray(x.max(reduction.axes(op), keepdims=reduction.keeps(op)))]


def case(draw: Draw, dtype: str) -> Op:
    op = reduction.instance(draw, "reduce_max", dtype)
    return cases.finished(op, reduction.reduced_shape(op), op.operand(0).quant)


OP = Declaration(
    case=case,
    shape=reduction.reduced_shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    attrs=reduction.ATTRS,
    passes_clamp=True,
    moves=True,
    per_channel=reduction.keeps_channels,
    limits="the axes are constant",
)
