"""DEQUANTIZE: an int8 or int16 tensor, or a float16 constant, to float32. On real values: nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op, Value
from ..opdef import Declaration, Role


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    return [x.astype(np.float32, copy=False)]


def case(draw: Draw, dtype: str) -> Op:
    x = Value("", dtype, cases.shape(draw), None, cases.grid(draw, dtype))
    return cases.finished(Op("dequantize", [x], []), [x.shape], None, "float32")


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    role=Role.DEQUANTIZE,
    elementwise=True,
)
