"""SignalDelay: each row of samples ``delay_length`` samples later. The reference starts anew: zeroes before the first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute


def shape(op: Op) -> list[tuple[int, ...]]:
    x = op.operand(0).shape
    if not x or 0 in x or attribute(op, "delay_length") < 0:
        raise GraphError(f"{list(x)} are no rows of samples to be delayed by {attribute(op, 'delay_length')}")
    return [x]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    zeroes = np.zeros((*x.shape[:-1], attribute(op, "delay_length")), x.dtype)
    return [np.concatenate([zeroes, x], -1)[..., : x.shape[-1]]]


def case(draw: Draw, dtype: str) -> Op:
    x = Value("", dtype, cases.shape(draw, (1, 3)))
    op = Op("signal_delay", [x], [], {"delay_length": draw.integer(0, 12)})
    return cases.finished(op, shape(op), None)


OP = Declaration(shape=shape, reference=reference, case=case, attrs={"delay_length": 0})
