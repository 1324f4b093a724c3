"""FILL: a tensor of the shape in operand 0 whose elements are operand 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, QuantRule, constant_data


def shape(op: Op) -> list[tuple[int, ...]]:
    return [tuple(int(n) for n in constant_data(op, 0, "shape").ravel())]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    value = inputs[1]
    assert value is not None
    return [np.full(shape(op)[0], value.ravel()[0], value.dtype)]


def case(draw: Draw, dtype: str) -> Op:
    value = cases.tensor(draw, dtype, ())
    op = Op("fill", [cases.indices(draw, cases.shape(draw)), value], [])
    return cases.finished(op, shape(op), value.quant, dtype)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(1,),
    moves=True,
)
