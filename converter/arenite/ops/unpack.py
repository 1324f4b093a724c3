"""UNPACK: the indices of one axis as tensors that lack it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute, resolved_axis


def shape(op: Op) -> list[tuple[int, ...]]:
    x, count = op.operand(0).shape, attribute(op, "num")
    axis = resolved_axis(attribute(op, "axis"), len(x))
    if x[axis] != count:
        raise GraphError(f"dimension {axis} of {list(x)} has {x[axis]} indices, not {count}")
    return [(*x[:axis], *x[axis + 1 :])] * count


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    axis = attribute(op, "axis")
    return [np.asarray(x.take(i, axis)) for i in range(attribute(op, "num"))]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (2, 4), 5))
    axis = draw.integer(-len(x.shape), len(x.shape) - 1)
    op = Op("unpack", [x], [], {"axis": axis, "num": x.shape[axis]})
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    attrs={"axis": 0, "num": 0},
    moves=True,
)
