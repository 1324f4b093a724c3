"""GATHER_ND: the parts of operand 0 whose leading indices stand along the last axis of operand 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule


def shape(op: Op) -> list[tuple[int, ...]]:
    x, indices = op.operand(0).shape, op.operand(1).shape
    if not indices or not 1 <= indices[-1] <= len(x):
        raise GraphError(f"indices {list(indices)} have no places in {list(x)}")
    return [(*indices[:-1], *x[indices[-1] :])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, indices = inputs
    assert x is not None and indices is not None
    return [x[tuple(np.moveaxis(indices, -1, 0))]]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 4), 5))
    depth = draw.integer(1, len(x.shape))
    listed = cases.shape(draw, (1, 2), 4)
    rng = cases.rng_of(draw)
    places = np.stack([rng.integers(0, n, listed) for n in x.shape[:depth]], -1)
    op = Op("gather_nd", [x, cases.indices(draw, places)], [])
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    moves=True,
)
