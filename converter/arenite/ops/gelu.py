"""GELU: x · Φ(x) with the normal distribution's Φ, or its approximation by tanh, element-wise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, attribute


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    wide = x.astype(np.float64)
    if attribute(op, "approximate"):
        factor = 1 + np.tanh(math.sqrt(2 / math.pi) * wide * (1 + 0.044715 * wide**2))
    else:
        factor = np.vectorize(math.erfc, otypes=[np.float64])(-wide * math.sqrt(0.5))
    return [(0.5 * wide * factor).astype(np.float32)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw))
    op = Op("gelu", [x], [], {"approximate": draw.choice([False, True])})
    return cases.finished(op, [x.shape], cases.near_quantization(draw, x))


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    attrs={"approximate": False},
    elementwise=True,
)
