"""LOG_SOFTMAX over the last axis. The int8 result always has scale 1/16 and zero point 127: down to −16."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op, Quantization
from ..opdef import Declaration, QuantRule


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    below = x - x.max(axis=-1, keepdims=True)
    return [below - np.log(np.exp(below).sum(axis=-1, keepdims=True))]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, (*cases.shape(draw, (0, 3)), draw.integer(1, 40)))
    return cases.finished(Op("log_softmax", [x], []), [x.shape], Quantization.per_tensor(1 / 16, 127))


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    quant=QuantRule.FIXED,
    fixed={"int8": (1 / 16, 127)},
    limits="int8 rows shorter than 4,096",
)
