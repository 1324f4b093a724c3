"""DIV: a / b, element-wise with numpy's broadcasting; an infinite quotient becomes the largest finite float."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..activation import clamp
from ..cases import Draw
from ..elementwise import broadcast_shape, quietly
from ..graph import Op
from ..opdef import Declaration, attribute
from ..restating import Steps

LARGEST = np.finfo(np.float32).max


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    a, b = inputs
    assert a is not None and b is not None
    quotient = np.clip(quietly(np.divide)(a, b), -LARGEST, LARGEST)
    return [clamp(quotient, attribute(op, "fused_activation_function"))]


def restated(op: Op, steps: Steps) -> list[Op] | None:
    """a · (1 / b); 1 / b is a function of one element. None when it is that already."""
    a, b = op.operand(0), op.operand(1)
    if b.is_constant or (a.is_constant and a.size == 1):
        return None
    reciprocal = steps.add("div", [steps.number(1.0), b], b.shape, fused_activation_function="NONE")
    steps.add("mul", [a, reciprocal], op.output.shape, **op.attrs)
    return steps.finish()


def case(draw: Draw, dtype: str) -> Op:
    a, b = cases.broadcast_pair(draw)
    attrs = {"fused_activation_function": cases.activation(draw)}
    op = Op("div", [cases.tensor(draw, dtype, a), cases.tensor(draw, dtype, b)], [], attrs)
    return cases.finished(op, broadcast_shape(op), None)


OP = Declaration(
    case=case,
    shape=broadcast_shape,
    reference=reference,
    attrs={"fused_activation_function": "NONE"},
    activation=True,
    elementwise=True,
    restated=restated,
)
