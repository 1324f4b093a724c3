"""SELECT_V2: operand 1 where operand 0 (bool) is true, else operand 2; all three broadcast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule


def shape(op: Op) -> list[tuple[int, ...]]:
    shapes = [op.operand(i).shape for i in range(3)]
    try:
        return [np.broadcast_shapes(*shapes)]
    except ValueError:
        raise GraphError(f"shapes {[list(s) for s in shapes]} do not broadcast") from None


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    condition, x, y = inputs
    assert condition is not None and x is not None and y is not None
    return [np.where(condition, x, y)]


def case(draw: Draw, dtype: str) -> Op:
    full, quant = cases.shape(draw, (1, 4), 5), cases.quantization(draw)
    like = draw.choice([False, True])
    shapes = [full if like else tuple(draw.choice([1, n]) for n in full) for _ in range(2)] + [full]
    condition = cases.tensor(draw, "bool", shapes[0])
    op = Op("select_v2", [condition, *(cases.tensor(draw, dtype, s, quant) for s in shapes[1:])], [])
    return cases.finished(op, shape(op), quant, dtype)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(1, 2),
    moves=True,
    by_element=True,
)
