"""SPLIT: operand 1 in ``num_splits`` equal parts along the axis that operand 0 states."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute, constant_data, resolved_axis


def shape(op: Op) -> list[tuple[int, ...]]:
    x, parts = op.operand(1).shape, attribute(op, "num_splits")
    axis = resolved_axis(int(constant_data(op, 0, "axis").ravel()[0]), len(x))
    if parts < 1 or x[axis] % parts:
        raise GraphError(f"dimension {axis} of {list(x)} has no {parts} equal parts")
    return [(*x[:axis], x[axis] // parts, *x[axis + 1 :])] * parts


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    axis, x = inputs
    assert x is not None and axis is not None
    return [np.ascontiguousarray(part) for part in np.split(x, attribute(op, "num_splits"), int(axis.ravel()[0]))]


def case(draw: Draw, dtype: str) -> Op:
    shape_of, parts = list(cases.shape(draw, (1, 4), 6)), draw.integer(1, 4)
    axis = draw.integer(-len(shape_of), len(shape_of) - 1)
    shape_of[axis] *= parts
    x = cases.tensor(draw, dtype, shape_of)
    op = Op("split", [cases.indices(draw, axis), x], [], {"num_splits": parts})
    return cases.finished(op, shape(op), x.quant, dtype)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(1,),
    attrs={"num_splits": 0},
    moves=True,
    limits="the axis is constant",
)
