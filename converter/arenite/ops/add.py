"""ADD: a + b, element-wise with numpy's broadcasting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..activation import clamp
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Affine, Declaration, attribute


def shape(op: Op) -> list[tuple[int, ...]]:
    a, b = op.operand(0).shape, op.operand(1).shape
    try:
        return [np.broadcast_shapes(a, b)]
    except ValueError:
        raise GraphError(f"shapes {list(a)} and {list(b)} do not broadcast") from None


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    a, b = inputs
    assert a is not None and b is not None
    return [clamp(a + b, attribute(op, "fused_activation_function"))]


def case(draw: Draw, dtype: str) -> Op:
    a, b = cases.broadcast_pair(draw)
    activation = "NONE" if dtype == "int32" and draw.choice([False, True]) else cases.activation(draw)
    attrs = {"fused_activation_function": activation, "pot_scale_int16": False}
    op = Op("add", [cases.tensor(draw, dtype, a), cases.tensor(draw, dtype, b)], [], attrs)
    return cases.finished(op, shape(op), cases.quantization(draw))


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    attrs={"fused_activation_function": "NONE", "pot_scale_int16": True},
    activation=True,
    affine=Affine.SHIFT,
    commutative=True,
    elementwise=True,
)
