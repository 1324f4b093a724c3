"""ONE_HOT: operand 2 at the places that operand 0 lists along a new axis of size operand 1 (constant), operand 3 elsewhere.

``axis``: of the result where the new one stands; −1: the last. An index outside marks no place.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, QuantRule, attribute, constant_data


def shape(op: Op) -> list[tuple[int, ...]]:
    indices, depth = op.operand(0).shape, int(constant_data(op, 1, "depth").ravel()[0])
    axis = _axis(op)
    return [(*indices[:axis], depth, *indices[axis:])]


def _axis(op: Op) -> int:
    axis, rank = int(attribute(op, "axis")), len(op.operand(0).shape)
    if not -1 <= axis <= rank:
        raise GraphError(f"axis {axis} is not one of {rank + 1} dimensions")
    return rank if axis == -1 else axis


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    indices, depth, on, off = inputs
    assert indices is not None and depth is not None and on is not None and off is not None
    marked = np.expand_dims(indices, -1) == np.arange(int(depth.ravel()[0]))
    chosen = np.where(marked, on.ravel()[0], off.ravel()[0]).astype(on.dtype)
    return [np.ascontiguousarray(np.moveaxis(chosen, -1, _axis(op) - indices.ndim - 1))]


def case(draw: Draw, dtype: str) -> Op:
    listed, depth = cases.shape(draw, (0, 3), 5), draw.integer(1, 6)
    integer = draw.choice(["int32", "int64"])
    data = cases.rng_of(draw).integers(-1, depth + 1, listed).astype(integer)
    on = cases.tensor(draw, dtype, ())
    operands = [Value("", integer, listed, data), cases.scalar(depth), on, cases.tensor(draw, dtype, (), on.quant)]
    op = Op("one_hot", [*operands], [], {"axis": draw.integer(-1, len(listed))})
    return cases.finished(op, shape(op), on.quant, dtype)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(2, 3),
    attrs={"axis": 0},
    moves=True,
    limits="the depth is constant",
)
