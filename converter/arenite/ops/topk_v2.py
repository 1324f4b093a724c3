"""TOPK_V2: the ``k`` (operand 1, constant) largest elements along the last axis, descending, and their int32 places.

Of equal elements the first comes first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, QuantRule, constant_data


def shape(op: Op) -> list[tuple[int, ...]]:
    x, k = op.operand(0).shape, int(constant_data(op, 1, "k").ravel()[0])
    if not x or not 0 <= k <= x[-1]:
        raise GraphError(f"{list(x)} has no {k} elements along its last axis")
    return [(*x[:-1], k)] * 2


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, k = inputs
    assert x is not None and k is not None
    ascending = np.argsort(np.flip(x, -1), -1, kind="stable")  # of equal ones the last comes first
    places = (x.shape[-1] - 1 - np.flip(ascending, -1))[..., : int(k.ravel()[0])].astype(np.int32)
    return [np.take_along_axis(x, places, -1), places]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, (*cases.shape(draw, (0, 3), 4), draw.integer(1, 12)))
    op = Op("topk_v2", [x, cases.scalar(draw.integer(1, x.shape[-1]))], [])
    values, places = shape(op)
    op.outputs = [Value("", dtype, values, None, x.quant), Value("", "int32", places)]
    return op


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    moves=True,
    limits="k is constant",
)
