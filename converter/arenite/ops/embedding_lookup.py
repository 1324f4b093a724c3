"""EMBEDDING_LOOKUP: the rows of operand 1 that operand 0 (int32) lists; rows of int8 may become float32."""

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
    found = table[ids]
    if table.dtype == np.int8 and op.output.dtype == "float32":
        quant = op.operand(1).quant
        assert quant is not None
        scales = quant.scale[ids] if quant.is_per_channel else quant.scale
        found = found.astype(np.float32) * scales.reshape(-1, *[1] * (found.ndim - 1))
    return [found]


def case(draw: Draw, dtype: str) -> Op:
    table = cases.constant(draw, dtype, cases.shape(draw, (2, 2), 8))
    ids = [draw.integer(0, table.shape[0] - 1) for _ in range(draw.integer(1, 5))]
    op = Op("embedding_lookup", [cases.integers(ids), table], [])
    if dtype == "int8" and draw.choice([False, True]):
        by_row = draw.choice([False, True])
        grid = cases.channel_quantization(draw, table.shape[0], 0) if by_row else cases.quantization(draw)
        table.quant = cases.without_zero_point(grid)
        return cases.finished(op, shape(op), None, "float32")
    return cases.finished(op, shape(op), table.quant, dtype)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(1,),
    moves=True,
)
