"""MUL: a · b, element-wise with numpy's broadcasting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..activation import clamp
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


OP = Declaration(
    shape=shape,
    reference=reference,
    attrs={"fused_activation_function": "NONE"},
    activation=True,
    affine=Affine.SCALE,
    commutative=True,
)
