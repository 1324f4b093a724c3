"""DEQUANTIZE: an int8 or int16 tensor to float32. On real values: nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, Role


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    return [x]


def case(draw: Draw, dtype: str) -> Op:
    op = Op("dequantize", [cases.tensor(draw, dtype, cases.shape(draw))], [])
    return cases.finished(op, [op.operand(0).shape], None, "float32")


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    role=Role.DEQUANTIZE,
    elementwise=True,
)
