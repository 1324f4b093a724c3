"""SHAPE: the operand's dimensions, int32 or int64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    return [np.array(x.shape, op.output.dtype)]


def case(draw: Draw, dtype: str) -> Op:
    result = draw.choice(["int32", "int32", "int64"])
    op = Op("shape", [cases.tensor(draw, dtype, cases.shape(draw))], [], {"out_type": result.upper()})
    return cases.finished(op, [(len(op.operand(0).shape),)], None, result)


OP = Declaration(
    case=case,
    shape=lambda op: [(len(op.operand(0).shape),)],
    reference=reference,
    attrs={"out_type": "INT32"},
    moves=True,
)
