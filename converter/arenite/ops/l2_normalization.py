"""L2_NORMALIZATION: vectors of the last axis, divided by their length. The int8 result has scale 1/128, zero point 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op, Quantization
from ..opdef import Declaration, QuantRule
from ..restating import Steps

#: Lengths below this count as this.
SHORTEST = np.float32(1e-6)


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    length = np.sqrt((x * x).sum(-1, keepdims=True))
    return [x / np.maximum(length, SHORTEST)]


def restated(op: Op, steps: Steps) -> list[Op]:
    """x · rsqrt(Σ x²)."""
    x = op.operand(0)
    square = steps.add("mul", [x, x], x.shape, fused_activation_function="NONE")
    axes = steps.constant(np.array([len(x.shape) - 1], np.int32))
    length = steps.add("sum", [square, axes], (*x.shape[:-1], 1), keep_dims=True)
    bounded = steps.add(
        "add", [length, steps.number(float(SHORTEST) ** 2)], length.shape, fused_activation_function="NONE"
    )
    factor = steps.add("rsqrt", [bounded], length.shape)
    steps.add("mul", [x, factor], x.shape, fused_activation_function="NONE")
    return steps.finish()


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, (*cases.shape(draw, (0, 3)), draw.integer(1, 24)))
    op = Op("l2_normalization", [x], [], {"fused_activation_function": "NONE"})
    return cases.finished(op, [x.shape], Quantization.per_tensor(1 / 128, 0))


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    quant=QuantRule.FIXED,
    fixed={"int8": (1 / 128, 0)},
    restated=restated,
    attrs={"fused_activation_function": "NONE"},
    limits="int8 rows of at most 33,025 elements",
)
