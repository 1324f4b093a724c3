"""LOG_SOFTMAX over the last axis. The int8 result always has scale 1/16 and zero point 127: down to −16. There is no
int16 kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op, Quantization
from ..opdef import Declaration, QuantRule
from ..restating import Steps


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    below = x - x.max(axis=-1, keepdims=True)
    return [below - np.log(np.exp(below).sum(axis=-1, keepdims=True))]


def restated(op: Op, steps: Steps) -> list[Op]:
    """(x − max x) + log max softmax(x): the largest share is what the sum of exponentials divides 1 by, and lies well
    inside of log's range, which that sum need not."""
    x, plain = op.operand(0), {"fused_activation_function": "NONE"}
    row = (*x.shape[:-1], 1)
    axis = steps.constant(np.array([len(x.shape) - 1], np.int32))
    shares = steps.add("softmax", [x], x.shape, beta=1.0)
    share = steps.add("reduce_max", [shares, axis], row, keep_dims=True)
    logarithm = steps.add("log", [share], row)
    largest = steps.add("reduce_max", [x, axis], row, keep_dims=True)
    below = steps.add("sub", [x, largest], x.shape, **plain)
    steps.add("add", [below, logarithm], x.shape, **plain)
    return steps.finish()


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, (*cases.shape(draw, (0, 3)), draw.integer(1, 40)))
    return cases.finished(Op("log_softmax", [x], []), [x.shape], Quantization.per_tensor(1 / 16, 127))


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    quant=QuantRule.FIXED,
    fixed={"int8": (1 / 16, 127)},
    restated=restated,
    limits="int8 rows shorter than 4,096",
)
