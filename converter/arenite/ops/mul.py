"""MUL: a · b, element-wise with numpy's broadcasting."""

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
    return [clamp(a * b, attribute(op, "fused_activation_function"))]


def case(draw: Draw, dtype: str) -> Op:
    a, b = (cases.tensor(draw, dtype, s) for s in cases.broadcast_pair(draw))
    op = Op("mul", [a, b], [], {"fused_activation_function": cases.activation(draw)})
    return cases.finished(op, shape(op), cases.product_quantization(draw, a, b))


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    attrs={"fused_activation_function": "NONE"},
    activation=True,
    affine=Affine.SCALE,
    commutative=True,
    elementwise=True,
)
