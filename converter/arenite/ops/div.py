"""DIV: a / b, element-wise with numpy's broadcasting; an infinite quotient becomes the largest finite float.

Coded: a quotient by zero is the last code on the dividend's side. int32 rounds towards zero; a divisor of zero is refused
when the model runs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..activation import clamp
from ..cases import Draw
from ..elementwise import broadcast_shape, quietly
from ..graph import Op
from ..opdef import Declaration, attribute

LARGEST = np.finfo(np.float32).max


def truncated(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Towards zero; the one quotient of 2³¹ wraps."""
    wide, divisor = a.astype(np.int64), b.astype(np.int64)
    result: np.ndarray = (np.sign(wide) * np.sign(divisor) * (np.abs(wide) // np.abs(divisor))).astype(np.int32)
    return result


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    a, b = inputs
    assert a is not None and b is not None
    if a.dtype == np.int32:
        return [clamp(truncated(a, b), attribute(op, "fused_activation_function"))]
    quotient = np.clip(quietly(np.divide)(a, b), -LARGEST, LARGEST)
    return [clamp(quotient, attribute(op, "fused_activation_function"))]


def case(draw: Draw, dtype: str) -> Op:
    shape_a, shape_b = cases.broadcast_pair(draw)
    a, b = cases.tensor(draw, dtype, shape_a), cases.divisors(draw, dtype, shape_b)
    op = Op("div", [a, b], [], {"fused_activation_function": cases.activation(draw)})
    return cases.finished(op, broadcast_shape(op), cases.quotient_quantization(draw, a, b))


OP = Declaration(
    case=case,
    shape=broadcast_shape,
    reference=reference,
    attrs={"fused_activation_function": "NONE"},
    activation=True,
    elementwise=True,
)
