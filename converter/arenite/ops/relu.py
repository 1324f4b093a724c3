"""RELU: max(x, 0), element-wise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..activation import clamp
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    return [clamp(x, "RELU")]


def case(draw: Draw, dtype: str) -> Op:
    op = Op("relu", [cases.tensor(draw, dtype, cases.shape(draw))], [])
    return cases.finished(op, [op.operand(0).shape], cases.near_quantization(draw, op.operand(0)))


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    fuses_as="RELU",
    per_channel=lambda op: True,
    elementwise=True,
)
