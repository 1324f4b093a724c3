"""ZEROS_LIKE: zeros in the operand's shape; an int8 result holds code 0, whatever its zero point, as in TFLite."""

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
    return [np.zeros_like(x)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw))
    return cases.finished(Op("zeros_like", [x], []), [x.shape], x.quant)


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    moves=True,
)
