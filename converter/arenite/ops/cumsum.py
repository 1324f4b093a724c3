"""CUMSUM: running sums along the axis in operand 1 (int32, constant).

``exclusive``: of the elements before each. ``reverse``: from the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, attribute, constant_data, resolved_axis


def shape(op: Op) -> list[tuple[int, ...]]:
    axis_of(op)
    return [op.operand(0).shape]


def axis_of(op: Op) -> int:
    """The axis in [0, rank)."""
    return resolved_axis(int(constant_data(op, 1, "axis").ravel()[0]), len(op.operand(0).shape))


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    axis = axis_of(op)
    line = np.flip(x, axis) if attribute(op, "reverse") else x
    sums = np.cumsum(line, axis, dtype=x.dtype)
    if attribute(op, "exclusive"):
        start = np.zeros_like(np.take(sums, [0], axis))
        sums = np.concatenate([start, np.take(sums, range(x.shape[axis] - 1), axis)], axis)
    return [np.ascontiguousarray(np.flip(sums, axis) if attribute(op, "reverse") else sums)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw), cases.often_without_zero_point(draw))
    axis = draw.integer(-len(x.shape), len(x.shape) - 1)
    attrs = {name: draw.choice([False, True]) for name in ("exclusive", "reverse")}
    op = Op("cumsum", [x, cases.scalar(axis)], [], attrs)
    return cases.finished(op, [x.shape], cases.near_quantization(draw, x))


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0,),
    attrs={"exclusive": False, "reverse": False},
    limits="the axis is constant; int16 lines shorter than 65,536",
)
