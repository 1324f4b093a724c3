"""TRANSPOSE: axis i of the result is axis ``permutation[i]`` of the operand; operand 1 (int32) is the permutation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, constant_data, resolved_axis


def permutation(op: Op) -> list[int]:
    rank = len(op.operand(0).shape)
    axes = [resolved_axis(int(axis), rank) for axis in constant_data(op, 1, "permutation").ravel()]
    if sorted(axes) != list(range(rank)):
        raise GraphError(f"{axes} is not a permutation of the dimensions of {list(op.operand(0).shape)}")
    return axes


def shape(op: Op) -> list[tuple[int, ...]]:
    return [tuple(op.operand(0).shape[axis] for axis in permutation(op))]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    return [np.ascontiguousarray(x.transpose(permutation(op)))]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (2, 5), 6))
    axes = list(range(len(x.shape)))
    order = [axes.pop(draw.integer(0, len(axes) - 1)) for _ in x.shape]
    op = Op("transpose", [x, cases.integers(order)], [])
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    passes_clamp=True,
    moves=True,
    identity=lambda op: permutation(op) == sorted(permutation(op)),
    limits="the permutation is constant",
)
