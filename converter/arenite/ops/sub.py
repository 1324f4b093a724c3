"""SUB: a − b, element-wise with numpy's broadcasting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..activation import clamp
from ..cases import Draw
from ..elementwise import broadcast_shape
from ..graph import Op
from ..opdef import Declaration, attribute


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    a, b = inputs
    assert a is not None and b is not None
    return [clamp(a - b, attribute(op, "fused_activation_function"))]


def case(draw: Draw, dtype: str) -> Op:
    a, b = cases.broadcast_pair(draw)
    attrs = {"fused_activation_function": cases.activation(draw), "pot_scale_int16": False}
    op = Op("sub", [cases.tensor(draw, dtype, a), cases.tensor(draw, dtype, b)], [], attrs)
    return cases.finished(op, broadcast_shape(op), cases.quantization(draw))


OP = Declaration(
    case=case,
    shape=broadcast_shape,
    reference=reference,
    attrs={"fused_activation_function": "NONE", "pot_scale_int16": True},
    activation=True,
    elementwise=True,
)
