"""SPLIT_V: operand 0 in parts of the sizes in operand 1 (one −1: what the others leave) along the axis in operand 2."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, constant_data, resolved_axis


def _axis(op: Op) -> int:
    return resolved_axis(int(constant_data(op, 2, "axis").ravel()[0]), len(op.operand(0).shape))


def _sizes(op: Op) -> list[int]:
    sizes, whole = [int(n) for n in constant_data(op, 1, "sizes").ravel()], op.operand(0).shape[_axis(op)]
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = whole - (sum(sizes) + 1)
    if sum(sizes) != whole or min(sizes, default=0) < 0:
        raise GraphError(f"sizes {sizes} do not add up to {whole}")
    return sizes


def shape(op: Op) -> list[tuple[int, ...]]:
    x, axis = op.operand(0).shape, _axis(op)
    return [(*x[:axis], n, *x[axis + 1 :]) for n in _sizes(op)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    return [np.ascontiguousarray(part) for part in np.split(x, np.cumsum(_sizes(op))[:-1], _axis(op))]


def case(draw: Draw, dtype: str) -> Op:
    dims = list(cases.shape(draw, (1, 4), 6))
    axis = draw.integer(-len(dims), len(dims) - 1)
    sizes = [draw.integer(1, 4) for _ in range(draw.integer(1, 4))]
    dims[axis] = sum(sizes)
    if draw.choice([False, True]):
        sizes[draw.integer(0, len(sizes) - 1)] = -1
    x = cases.tensor(draw, dtype, dims)
    op = Op("split_v", [x, cases.indices(draw, sizes), cases.indices(draw, axis)], [], {"num_splits": len(sizes)})
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    attrs={"num_splits": 0},
    moves=True,
    limits="sizes and axis are constant",
)
