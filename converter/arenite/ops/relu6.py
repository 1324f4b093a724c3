"""RELU6: x limited to [0, 6], element-wise.

int8 input and output share one scale: LiteRT's kernel changes the scale, TFLite Micro's does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..activation import clamp
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, QuantRule


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    return [clamp(x, "RELU6")]


def case(draw: Draw, dtype: str) -> Op:
    op = Op("relu6", [cases.tensor(draw, dtype, cases.shape(draw))], [])
    same, near = op.operand(0).quant, cases.near_quantization(draw, op.operand(0))
    return cases.finished(op, [op.operand(0).shape], draw.choice([same, near]))


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    fuses_as="RELU6",
    elementwise=True,
)
