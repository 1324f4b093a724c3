"""REDUCE_ALL: whether all of the elements are true, over the axes of operand 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases, reduction
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    return [np.asarray(x.all(reduction.axes(op), keepdims=reduction.keeps(op)))]


def case(draw: Draw, dtype: str) -> Op:
    op = reduction.instance(draw, "reduce_all", dtype)
    return cases.finished(op, reduction.reduced_shape(op), None)


OP = Declaration(
    case=case,
    shape=reduction.reduced_shape,
    reference=reference,
    data=(0,),
    attrs=reduction.ATTRS,
    limits="the axes are constant",
)
