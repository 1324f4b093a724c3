"""TILE: axis i written ``multiples[i]`` times, one after the other; operand 1 (int32) is constant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, constant_data


def shape(op: Op) -> list[tuple[int, ...]]:
    x, multiples = op.operand(0).shape, constant_data(op, 1, "multiples")
    if multiples.shape != (len(x),) or multiples.min(initial=0) < 0:
        raise GraphError(f"multiples {multiples.tolist()} do not fit shape {list(x)}")
    return [tuple(n * int(times) for n, times in zip(x, multiples, strict=True))]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, multiples = inputs
    assert x is not None and multiples is not None
    return [np.tile(x, multiples)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 5), 4))
    op = Op("tile", [x, cases.integers([draw.choice([1, 1, 2, 3]) for _ in x.shape])], [])
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
    limits="the multiples are constant",
)
