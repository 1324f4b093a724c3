"""PAD: zeros around the input; operand 1 [rank, 2] counts them before and after each axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule


def padding(op: Op) -> list[tuple[int, int]] | None:
    counts = op.operand(1).data
    return None if counts is None else [(int(before), int(after)) for before, after in counts]


def shape(op: Op) -> list[tuple[int, ...]]:
    x, counts = op.operand(0).shape, op.operand(1)
    if counts.data is None:
        raise GraphError("the paddings of a pad must be a constant")
    if counts.shape != (len(x), 2) or counts.data.min(initial=0) < 0:
        raise GraphError(f"paddings {counts.data.tolist()} do not fit shape {list(x)}")
    return [tuple(n + int(before) + int(after) for n, (before, after) in zip(x, counts.data, strict=True))]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, counts = inputs[0], padding(op)
    assert x is not None and counts is not None
    return [np.pad(x, counts)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 5), 5))
    paddings = [[draw.choice([0, 0, 1, 2, 5]), draw.choice([0, 0, 1, 3])] for _ in x.shape]
    op = Op("pad", [x, cases.indices(draw, paddings)], [])
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    padding=padding,
    per_channel=lambda op: (zeros := padding(op)) is not None and zeros[-1:] == [(0, 0)],
    passes_clamp=True,
    identity=lambda op: op.operand(0).shape == op.output.shape,
    limits="the paddings are constant",
)
