"""SOFTMAX over the last axis of ``beta`` · x. The result always has scale 1/256 and zero point −128, in int16
2**−15 and 0."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute

FIXED = {"int8": (1 / 256, -128), "int16": (2.0**-15, 0)}


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    powers = np.exp((x - x.max(axis=-1, keepdims=True)) * np.float32(attribute(op, "beta")))
    return [powers / powers.sum(axis=-1, keepdims=True)]


def case(draw: Draw, dtype: str) -> Op:
    attrs = {"beta": draw.choice([1.0, 1.0, 0.25, 2.5])}
    op = Op("softmax", [cases.tensor(draw, dtype, (*cases.shape(draw, (0, 3)), draw.integer(1, 40)))], [], attrs)
    return cases.finished(op, [op.operand(0).shape], cases.fixed(FIXED, dtype))


def negligible(op: Op, dtype: str) -> float:
    """Where all other elements of a row together give less than half a step."""
    steps = {"int8": 2**8, "int16": 2**15}[dtype]
    return math.log(2 * steps * max(op.operand(0).shape[-1:], default=1))


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    negligible=negligible,
    quant=QuantRule.FIXED,
    fixed=FIXED,
    attrs={"beta": 1.0},
    limits="rows shorter than 8,192 (int8), 65,536 (int16)",
)
