"""SPACE_TO_BATCH_ND: pads (operand 2), then makes the images that a block (operand 1) interleaves into batches."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, constant_data


def _steps(op: Op) -> list[tuple[int, int, int]]:
    """Block size and paddings (before, after) of each axis from 1 on."""
    block, edges = constant_data(op, 1, "block"), constant_data(op, 2, "paddings")
    if block.ndim != 1 or edges.shape != (len(block), 2) or len(block) >= len(op.operand(0).shape):
        raise GraphError(f"block {block.tolist()} and paddings {edges.tolist()} do not fit {list(op.operand(0).shape)}")
    if block.min(initial=1) < 1 or edges.min(initial=0) < 0:
        raise GraphError(f"block {block.tolist()} or paddings {edges.tolist()} are negative")
    return [(int(b), int(before), int(after)) for b, (before, after) in zip(block, edges, strict=True)]


def shape(op: Op) -> list[tuple[int, ...]]:
    x, steps = op.operand(0).shape, _steps(op)
    padded = [n + before + after for n, (_, before, after) in zip(x[1:], steps, strict=False)]
    if any(n % b for n, (b, _, _) in zip(padded, steps, strict=True)):
        raise GraphError(f"padded to {padded}, {list(x)} is no multiple of the block")
    sizes = [n // b for n, (b, _, _) in zip(padded, steps, strict=True)]
    return [(x[0] * math.prod(b for b, _, _ in steps), *sizes, *x[len(steps) + 1 :])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, steps = inputs[0], _steps(op)
    assert x is not None
    quant = op.operand(0).quant
    zero = int(quant.zero_point[0]) if quant is not None and x.dtype.name == op.operand(0).dtype else 0
    pads = [(0, 0), *((before, after) for _, before, after in steps)]
    padded = np.pad(x, pads + [(0, 0)] * (x.ndim - len(pads)), constant_values=zero)
    blocks = [b for b, _, _ in steps]
    phases = [padded[(slice(None), *map(slice, place, [None] * len(blocks), blocks))] for place in np.ndindex(*blocks)]
    return [np.concatenate(phases)]


def case(draw: Draw, dtype: str) -> Op:
    dims = cases.shape(draw, (3, 4), 5)
    axes = len(dims) - 2
    block = [draw.integer(1, 3) for _ in range(axes)]
    padded = draw.choice([False, True])
    before = [draw.integer(0, 4) if padded else 0 for _ in range(axes)]
    if not padded:
        dims = (dims[0], *(n * b for n, b in zip(dims[1:], block, strict=False)), dims[-1])
    edges = [
        [p, -(n + p) % b + b * draw.integer(0, int(padded))] for n, b, p in zip(dims[1:], block, before, strict=False)
    ]
    op = Op("space_to_batch_nd", [cases.tensor(draw, dtype, dims), cases.integers(block), cases.integers(edges)], [])
    return cases.finished(op, shape(op), op.operand(0).quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    moves=True,
    limits="block and paddings are constant",
)
