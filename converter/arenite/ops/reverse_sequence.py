"""REVERSE_SEQUENCE: of each entry along ``batch_dim``, the first elements along ``seq_dim`` backwards.

Operand 1, int32 or int64 [batch], says how many of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, QuantRule, attribute


def shape(op: Op) -> list[tuple[int, ...]]:
    x, lengths = op.operand(0).shape, op.operand(1).shape
    sequence, batch = attribute(op, "seq_dim"), attribute(op, "batch_dim")
    if sequence == batch or not (0 <= sequence < len(x) and 0 <= batch < len(x)) or lengths != (x[batch],):
        raise GraphError(f"axes {sequence} and {batch}, lengths {list(lengths)} do not fit a sequence of {list(x)}")
    return [x]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, lengths = inputs
    assert x is not None and lengths is not None
    axes = attribute(op, "batch_dim"), attribute(op, "seq_dim")
    result = x.copy()
    for source, target, n in zip(np.moveaxis(x, axes, (0, 1)), np.moveaxis(result, axes, (0, 1)), lengths, strict=True):
        target[:n] = source[:n][::-1]
    return [result]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (2, 5), 6))
    sequence = draw.integer(0, len(x.shape) - 1)
    batch = draw.choice([axis for axis in range(len(x.shape)) if axis != sequence])
    data = (
        cases.rng_of(draw).integers(0, x.shape[sequence] + 1, x.shape[batch]).astype(draw.choice([np.int32, np.int64]))
    )
    lengths = Value("", data.dtype.name, data.shape, data)
    op = Op("reverse_sequence", [x, lengths], [], {"seq_dim": sequence, "batch_dim": batch})
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    attrs={"seq_dim": 0, "batch_dim": 0},
    passes_clamp=True,
    moves=True,
)
