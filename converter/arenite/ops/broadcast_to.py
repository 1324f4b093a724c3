"""BROADCAST_TO: axes of size 1 repeated until the operand has the shape in operand 1 (constant)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, constant_data


def shape(op: Op) -> list[tuple[int, ...]]:
    target = tuple(int(n) for n in constant_data(op, 1, "shape").ravel())
    try:
        np.broadcast_to(np.empty(op.operand(0).shape, np.bool_), target)
    except ValueError:
        raise GraphError(f"shape {list(op.operand(0).shape)} does not broadcast to {list(target)}") from None
    return [target]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, target = inputs
    assert x is not None and target is not None
    return [np.ascontiguousarray(np.broadcast_to(x, [int(n) for n in target]))]


def case(draw: Draw, dtype: str) -> Op:
    target = cases.shape(draw, (1, 5), 5)
    dims = tuple(draw.choice([1, n]) for n in target)[draw.integer(0, len(target) - 1) :]
    x = cases.tensor(draw, dtype, dims)
    op = Op("broadcast_to", [x, cases.indices(draw, target)], [])
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    passes_clamp=True,
    moves=True,
    identity=lambda op: op.operand(0).shape == op.output.shape,
    limits="the shape is constant",
)
