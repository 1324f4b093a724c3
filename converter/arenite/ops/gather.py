"""GATHER: the indices of ``axis`` that operand 1 lists; with ``batch_dims`` each batch has its own list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute, resolved_axis


def _axes(op: Op) -> tuple[int, int]:
    """axis and batch_dims, not negative."""
    x, indices = op.operand(0).shape, op.operand(1).shape
    axis, batch = resolved_axis(attribute(op, "axis"), len(x)), attribute(op, "batch_dims")
    batch += len(indices) if batch < 0 else 0
    if not 0 <= batch <= min(axis, len(indices)) or x[:batch] != indices[:batch]:
        raise GraphError(f"{batch} batch dimensions of {list(x)} and {list(indices)} are not alike")
    return axis, batch


def shape(op: Op) -> list[tuple[int, ...]]:
    x, (axis, batch) = op.operand(0).shape, _axes(op)
    return [(*x[:axis], *op.operand(1).shape[batch:], *x[axis + 1 :])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, indices = inputs
    assert x is not None and indices is not None
    axis, batch = _axes(op)
    if not batch:
        return [np.asarray(x.take(indices, axis))]
    result = np.empty(shape(op)[0], x.dtype)
    for place in np.ndindex(x.shape[:batch]):
        result[place] = x[place].take(indices[place], axis - batch)
    return [result]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 4), 6))
    axis = draw.integer(0, len(x.shape) - 1)
    batch = draw.choice([0, 0, draw.integer(0, axis)])
    listed = (*x.shape[:batch], *cases.shape(draw, (0 if batch == 0 else 1, 2), 4))
    indices = cases.indices(draw, cases.rng_of(draw).integers(0, x.shape[axis], listed))
    given = axis - draw.choice([0, len(x.shape)])
    op = Op("gather", [x, indices], [], {"axis": given, "batch_dims": batch})
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    half=(0,),
    moves=True,
    attrs={"axis": 0, "batch_dims": 0},
)
