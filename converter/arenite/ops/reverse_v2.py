"""REVERSE_V2: the axes that operand 1 (int32, constant) lists, backwards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, constant_data, resolved_axis


def _axes(op: Op) -> tuple[int, ...]:
    axes = [int(axis) for axis in constant_data(op, 1, "axes").ravel()]
    return tuple(resolved_axis(axis, len(op.operand(0).shape)) for axis in axes)


def shape(op: Op) -> list[tuple[int, ...]]:
    if len(set(_axes(op))) != len(_axes(op)):
        raise GraphError(f"axes {list(_axes(op))} of reverse_v2 are listed twice")
    return [op.operand(0).shape]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    return [np.ascontiguousarray(np.flip(x, _axes(op)))]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 5), 6))
    first = draw.integer(0, len(x.shape) - 1)  # neighbouring axes: LiteRT takes no others
    last = draw.integer(first, len(x.shape) - 1)
    op = Op("reverse_v2", [x, cases.integers(list(range(first, last + 1)))], [])
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    passes_clamp=True,
    moves=True,
    limits="the axes are constant",
)
