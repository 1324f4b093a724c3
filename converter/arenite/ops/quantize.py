"""QUANTIZE: a float32 tensor to the grid of its output, or codes to another. On real values: nothing."""

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
    return [x]


#: dtype → those that it can become
RESULTS = {
    "float32": ("int8", "int8", "int16", "uint8"),
    "int8": ("int8", "int8", "int16", "uint8", "int32"),
    "int16": ("int8", "int16", "int32"),
    "uint8": ("int8", "int8", "int16", "uint8"),
    "int32": ("int8", "int16"),
}


def case(draw: Draw, dtype: str) -> Op:
    shape, result = cases.shape(draw), draw.choice(RESULTS[dtype])
    x = Value("", dtype, shape, None, cases.grid(draw, dtype))
    return Op("quantize", [x], [Value("", result, shape, None, cases.grid(draw, result))])


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
