"""QUANTIZE: a float32 tensor to the grid of its output, or an int8 or int16 tensor to another. On real values: nothing."""

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
    op = Op("quantize", [cases.tensor(draw, dtype, cases.shape(draw))], [])
    return cases.finished(op, [op.operand(0).shape], cases.quantization(draw), draw.choice(["int8", "int8", "int16"]))


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    identity=lambda op: (
        op.output.quant is not None
        and op.operand(0).quant == op.output.quant
        and op.operand(0).dtype == op.output.dtype
    ),
    role=Role.QUANTIZE,
    elementwise=True,
)
