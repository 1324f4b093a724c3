"""ARG_MAX: index of the largest element along the axis in operand 1 (int32, constant), the first of equal ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import reduction
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    (axis,) = reduction.axes(op)
    return [np.asarray(x.argmax(axis).astype(op.output.dtype))]


def case(draw: Draw, dtype: str) -> Op:
    return reduction.index_case(draw, "arg_max", dtype)


OP = Declaration(
    case=case,
    shape=reduction.index_shape,
    reference=reference,
    data=(0,),
    attrs=reduction.INDEX_ATTRS,
    limits="the axis is constant",
)
