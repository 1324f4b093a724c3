"""SCATTER_ND: zeros of the shape in operand 2 (int32, constant), to which the parts in operand 1 are added at the places
that stand along the last axis of operand 0 (int32). Numbers as they are stored; integers wrap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, QuantRule, constant_data


def shape(op: Op) -> list[tuple[int, ...]]:
    indices, updates = op.operand(0).shape, op.operand(1).shape
    whole = tuple(int(n) for n in constant_data(op, 2, "shape").ravel())
    if not indices or not 1 <= indices[-1] <= len(whole) or updates != (*indices[:-1], *whole[indices[-1] :]):
        raise GraphError(f"parts {list(updates)} at places {list(indices)} do not fit {list(whole)}")
    return [whole]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    indices, updates, _ = inputs
    assert indices is not None and updates is not None
    result = np.zeros(shape(op)[0], updates.dtype)
    np.add.at(result, tuple(np.moveaxis(indices, -1, 0)), updates)
    return [result]


def case(draw: Draw, dtype: str) -> Op:
    whole = cases.shape(draw, (1, 4), 4)
    depth, listed, rng = draw.integer(1, len(whole)), cases.shape(draw, (0, 2), 4), cases.rng_of(draw)
    places = np.stack([rng.integers(0, n, listed) for n in whole[:depth]], -1).astype(np.int32)
    updates = cases.tensor(draw, dtype, (*listed, *whole[depth:]))
    op = Op("scatter_nd", [Value("", "int32", places.shape, places), updates, cases.integers(whole)], [])
    return cases.finished(op, shape(op), updates.quant, dtype)


OP = Declaration(case=case, shape=shape, reference=reference, quant=QuantRule.PLAIN, data=(1,), moves=True)
