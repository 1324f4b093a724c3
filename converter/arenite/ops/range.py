"""RANGE: from operand 0 up or down to operand 1, which is not reached, in steps of operand 2; all constant."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, QuantRule, constant_data


def shape(op: Op) -> list[tuple[int, ...]]:
    start, limit, delta = (constant_data(op, i, what).item() for i, what in enumerate(("start", "limit", "delta")))
    if delta == 0 or (limit - start) * delta < 0:
        raise GraphError(f"no steps of {delta} lead from {start} to {limit}")
    if op.operand(0).dtype == "float32":
        return [(math.ceil(abs((np.float32(limit) - np.float32(start)) / np.float32(delta))),)]
    return [(len(range(start, limit, delta)),)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    start, _, delta = inputs
    assert start is not None and delta is not None
    steps = np.full(shape(op)[0], delta.item(), start.dtype)
    steps[:1] = start.item()
    return [np.cumsum(steps, dtype=start.dtype)]


def case(draw: Draw, dtype: str) -> Op:
    start, distance, sign = draw.integer(-40, 40), draw.integer(1, 80), draw.choice([-1, 1])
    limit, delta = start + sign * distance, sign * draw.integer(1, 7)
    unit = 0.375 if dtype == "float32" else 1
    operands = [Value("", dtype, (), np.array(unit * number).astype(dtype)) for number in (start, limit, delta)]
    op = Op("range", [*operands], [])
    return cases.finished(op, shape(op), None)


OP = Declaration(
    case=case, shape=shape, reference=reference, quant=QuantRule.PLAIN, limits="start, limit and delta are constant"
)
