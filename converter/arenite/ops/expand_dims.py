"""EXPAND_DIMS: the same elements with a new axis of size 1, where operand 1 (constant) says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, QuantRule, constant_data, resolved_axis


def shape(op: Op) -> list[tuple[int, ...]]:
    x = op.operand(0).shape
    axis = resolved_axis(int(constant_data(op, 1, "axis").ravel()[0]), len(x) + 1)
    return [(*x[:axis], 1, *x[axis:])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, axis = inputs
    assert x is not None and axis is not None
    return [np.expand_dims(x, int(axis.ravel()[0]))]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 4), 6))
    op = Op("expand_dims", [x, cases.indices(draw, draw.integer(-len(x.shape) - 1, len(x.shape)))], [])
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    passes_clamp=True,
    moves=True,
    limits="the axis is constant",
)
