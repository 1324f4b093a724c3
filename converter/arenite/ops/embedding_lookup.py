"""EMBEDDING_LOOKUP: the rows of operand 1 that operand 0 (int32) lists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule


def shape(op: Op) -> list[tuple[int, ...]]:
    ids, table = op.operand(0).shape, op.operand(1).shape
    if len(ids) != 1 or len(table) < 2:
        raise GraphError(f"ids {list(ids)} and a table {list(table)} are no lookup")
    return [(*ids, *table[1:])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    ids, table = inputs
    assert ids is not None and table is not None
    return [table[ids]]


def case(draw: Draw, dtype: str) -> Op:
    table = cases.constant(draw, dtype, cases.shape(draw, (2, 2), 8))
    ids = [draw.integer(0, table.shape[0] - 1) for _ in range(draw.integer(1, 5))]
    op = Op("embedding_lookup", [cases.integers(ids), table], [])
    return cases.finished(op, shape(op), table.quant, dtype)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(1,),
    moves=True,
)
