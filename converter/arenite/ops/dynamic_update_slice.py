"""DYNAMIC_UPDATE_SLICE: operand 0 with operand 1 laid over it at the indices of operand 2, moved so that it fits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule


def shape(op: Op) -> list[tuple[int, ...]]:
    x, update = op.operand(0).shape, op.operand(1).shape
    if len(x) != len(update) or any(part > whole for part, whole in zip(update, x, strict=True)):
        raise GraphError(f"{list(update)} does not fit into {list(x)}")
    return [x]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, update, start = inputs
    assert x is not None and update is not None and start is not None
    room = np.array(x.shape) - np.array(update.shape)
    result = np.array(x)
    result[tuple(slice(b, b + n) for b, n in zip(np.clip(start, 0, room), update.shape, strict=True))] = update
    return [result]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 4), 6))
    update = cases.tensor(draw, dtype, [draw.integer(1, n) for n in x.shape], x.quant)
    start = cases.indices(draw, [draw.integer(-2, n + 1) for n in x.shape])
    op = Op("dynamic_update_slice", [x, update, start], [])
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0, 1),
    moves=True,
)
