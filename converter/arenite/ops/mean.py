"""MEAN over the axes of operand 1 (int32, constant; negative: from the end); ``keep_dims`` leaves them with size 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, attribute


def _axes(op: Op) -> tuple[int, ...]:
    """The reduced axes, each once, in [0, rank)."""
    rank, operand = len(op.operand(0).shape), op.operand(1)
    if operand.data is None:
        raise GraphError("the axes of a mean must be a constant")
    axes = [int(axis) for axis in operand.data.ravel()]
    if any(not -rank <= axis < rank for axis in axes):
        raise GraphError(f"axes {axes} are not among the {rank} dimensions of {list(op.operand(0).shape)}")
    return tuple(sorted({axis % rank for axis in axes}))


def shape(op: Op) -> list[tuple[int, ...]]:
    axes, keep = _axes(op), attribute(op, "keep_dims")
    dims = ((i, 1 if i in axes else n) for i, n in enumerate(op.operand(0).shape))
    return [tuple(n for i, n in dims if keep or i not in axes)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    return [np.asarray(x.mean(_axes(op), keepdims=attribute(op, "keep_dims"), dtype=np.float32))]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 4), 12))
    rank = len(x.shape)
    axes = [draw.integer(-rank, rank - 1) for _ in range(draw.integer(1, rank))]
    op = Op("mean", [x, cases.integers(axes)], [], {"keep_dims": draw.choice([False, True])})
    return cases.finished(op, shape(op), cases.near_quantization(draw, x))


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0,),
    attrs={"keep_dims": False},
    per_channel=lambda op: len(op.operand(0).shape) - 1 not in _axes(op),
)
