"""BROADCAST_ARGS: the shape that the shapes in operands 0 and 1 broadcast to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration


def shape(op: Op) -> list[tuple[int, ...]]:
    ranks = [op.operand(i).shape for i in range(2)]
    if any(len(rank) != 1 for rank in ranks):
        raise GraphError(f"{[list(rank) for rank in ranks]} are no lists of dimensions")
    return [max(ranks)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    a, b = inputs
    assert a is not None and b is not None
    result = np.broadcast_shapes(tuple(int(n) for n in a), tuple(int(n) for n in b))
    return [np.array(result, a.dtype)]


def case(draw: Draw, dtype: str) -> Op:
    operands: list[Value | None] = [
        Value("", dtype, (len(dims),), np.array(dims, dtype)) for dims in cases.broadcast_pair(draw)
    ]
    op = Op("broadcast_args", operands, [])
    return cases.finished(op, shape(op), None)


OP = Declaration(shape=shape, reference=reference, case=case, moves=True)
