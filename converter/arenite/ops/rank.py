"""RANK: the operand's number of dimensions, an int32 of rank 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    return [np.array(len(op.operand(0).shape), np.int32)]


def case(draw: Draw, dtype: str) -> Op:
    op = Op("rank", [cases.tensor(draw, dtype, cases.shape(draw, (0, 6), 4))], [])
    return cases.finished(op, [()], None, "int32")


OP = Declaration(shape=lambda op: [()], reference=reference, case=case, moves=True)
