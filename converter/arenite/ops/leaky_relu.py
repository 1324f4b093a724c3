"""LEAKY_RELU: x, or alpha · x where x is negative, element-wise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, attribute


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    return [np.where(x > 0, x, x * np.float32(attribute(op, "alpha")))]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw))
    alpha = draw.choice([0.0, 0.01, 0.3, 1.0, 1.75, -0.5, draw.integer(-1000, 1000) / 512])
    return cases.finished(Op("leaky_relu", [x], [], {"alpha": alpha}), [x.shape], cases.near_quantization(draw, x))


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    attrs={"alpha": 0.0},
    per_channel=lambda op: True,
    elementwise=True,
)
