"""SHAPE: the operand's dimensions, int32."""

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
    return [np.array(x.shape, np.int32)]


def case(draw: Draw, dtype: str) -> Op:
    op = Op("shape", [cases.tensor(draw, dtype, cases.shape(draw))], [], {"out_type": "INT32"})
    return cases.finished(op, [(len(op.operand(0).shape),)], None, "int32")


OP = Declaration(
    case=case,
    shape=lambda op: [(len(op.operand(0).shape),)],
    reference=reference,
    attrs={"out_type": "INT32"},
    moves=True,
)
