"""LOGISTIC: 1 / (1 + exp(−x)), element-wise. The int8 result always has scale 1/256 and zero point −128."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..graph import Op
from ..opdef import Declaration, QuantRule


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    small = np.exp(-np.abs(x))  # never overflows
    return [np.where(x >= 0, 1, small) / (1 + small)]


OP = Declaration(
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    quant=QuantRule.FIXED,
    fixed=(1 / 256, -128),
)
