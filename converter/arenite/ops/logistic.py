"""LOGISTIC: 1 / (1 + exp(−x)), element-wise. The result always has scale 1/256 and zero point −128, in int16
2**−15 and 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, QuantRule

FIXED = {"int8": (1 / 256, -128), "int16": (2.0**-15, 0)}


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    small = np.exp(-np.abs(x))  # never overflows
    return [np.where(x >= 0, 1, small) / (1 + small)]


def case(draw: Draw, dtype: str) -> Op:
    op = Op("logistic", [cases.tensor(draw, dtype, cases.shape(draw))], [])
    return cases.finished(op, [op.operand(0).shape], cases.fixed(FIXED, dtype))


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    quant=QuantRule.FIXED,
    fixed=FIXED,
    elementwise=True,
)
