"""PADV2: the value of operand 2 around the input; operand 1 [rank, 2] counts it before and after each axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, constant_data


def _pads(op: Op) -> list[tuple[int, int]]:
    x, counts = op.operand(0).shape, constant_data(op, 1, "paddings")
    if counts.shape != (len(x), 2) or counts.min(initial=0) < 0:
        raise GraphError(f"paddings {counts.tolist()} do not fit shape {list(x)}")
    return [(int(before), int(after)) for before, after in counts]


def shape(op: Op) -> list[tuple[int, ...]]:
    return [tuple(n + before + after for n, (before, after) in zip(op.operand(0).shape, _pads(op), strict=True))]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, _, value = inputs
    assert x is not None and value is not None
    return [np.pad(x, _pads(op), constant_values=value.ravel()[0])]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 5), 5))
    paddings = [[draw.choice([0, 0, 1, 2]), draw.choice([0, 0, 1, 3])] for _ in x.shape]
    op = Op("padv2", [x, cases.indices(draw, paddings), cases.constant(draw, dtype, (1,), x.quant)], [])
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0, 2),
    moves=True,
    identity=lambda op: op.operand(0).shape == op.output.shape,
    limits="the paddings are constant",
)
