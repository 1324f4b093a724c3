"""BATCH_MATMUL: products of the last two axes, the others broadcast; ``adj_x`` and ``adj_y`` swap the last two first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute

ATTRS = {"adj_x": False, "adj_y": False, "asymmetric_quantize_inputs": False}


def _matrix(op: Op, index: int) -> tuple[int, int]:
    """(rows, columns) of an operand as the product sees it."""
    rows, columns = op.operand(index).shape[-2:]
    return (columns, rows) if attribute(op, ("adj_x", "adj_y")[index]) else (rows, columns)


def shape(op: Op) -> list[tuple[int, ...]]:
    x, y = op.operand(0).shape, op.operand(1).shape
    if min(len(x), len(y)) < 2 or _matrix(op, 0)[1] != _matrix(op, 1)[0]:
        raise GraphError(f"matrices {list(x)} and {list(y)} do not fit each other")
    try:
        batch = np.broadcast_shapes(x[:-2], y[:-2])
    except ValueError as problem:
        raise GraphError(f"matrices {list(x)} and {list(y)} do not broadcast") from problem
    return [(*batch, _matrix(op, 0)[0], _matrix(op, 1)[1])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, y = inputs
    assert x is not None and y is not None
    left = x.swapaxes(-1, -2) if attribute(op, "adj_x") else x
    right = y.swapaxes(-1, -2) if attribute(op, "adj_y") else y
    return [np.asarray(left @ right)]


def macs(op: Op) -> int:
    return op.output.size * _matrix(op, 0)[1]


def _column_axis(op: Op) -> int:
    """The axis of the right operand that becomes the result's last."""
    return len(op.operand(1).shape) - (2 if attribute(op, "adj_y") else 1)


def _right_operand(draw: Draw, dtype: str, shape: tuple[int, ...], columns: int) -> Value:
    """Computed like the left one, or the weights of float activations."""
    if not cases.is_hybrid(dtype):
        return cases.tensor(draw, dtype, shape)
    if draw.choice([False, True]):
        return cases.weights(draw, dtype, shape, cases.without_zero_point(cases.quantization(draw)))
    return cases.weights(draw, dtype, shape, cases.channel_quantization(draw, shape[columns], columns))


def case(draw: Draw, dtype: str) -> Op:
    rows, depth, columns = draw.integer(1, 9), draw.choice([1, 3, 8, 17, 40]), draw.integer(1, 9)
    batch = cases.shape(draw, (0, 3), 3)
    parts = tuple(draw.choice([n, n, 1]) for n in batch)
    batches = (batch, parts[draw.integer(0, len(parts)) :])
    flip, swap = [draw.choice([False, True]) for _ in "xy"], draw.choice([False, True])
    matrices = [(rows, depth)[:: -1 if flip[0] else 1], (depth, columns)[:: -1 if flip[1] else 1]]
    shapes = [(*leading, *matrix) for leading, matrix in zip(batches[:: -1 if swap else 1], matrices, strict=True)]
    x = cases.tensor(draw, cases.data_dtype(dtype), shapes[0])
    y = _right_operand(draw, dtype, shapes[1], len(shapes[1]) - (2 if flip[1] else 1))
    op = Op("batch_matmul", [x, y], [], {"adj_x": flip[0], "adj_y": flip[1]})
    if cases.is_hybrid(dtype):
        op.attrs["asymmetric_quantize_inputs"] = draw.choice([False, True])
    return cases.finished(op, shape(op), cases.product_quantization(draw, x, y))


OP = Declaration(
    case=case, shape=shape, reference=reference, factor=(1, _column_axis), attrs=ATTRS, macs=macs, half=(1,)
)
