"""BATCH_TO_SPACE_ND: interleaves batches into images by a block (operand 1), then crops (operand 2)."""

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
    """Block size and crops (before, after) of each axis from 1 on."""
    block, edges = constant_data(op, 1, "block"), constant_data(op, 2, "crops")
    if block.ndim != 1 or edges.shape != (len(block), 2) or len(block) >= len(op.operand(0).shape):
        raise GraphError(f"block {block.tolist()} and crops {edges.tolist()} do not fit {list(op.operand(0).shape)}")
    if block.min(initial=1) < 1 or edges.min(initial=0) < 0:
        raise GraphError(f"block {block.tolist()} or crops {edges.tolist()} are negative")
    return [(int(b), int(before), int(after)) for b, (before, after) in zip(block, edges, strict=True)]


def shape(op: Op) -> list[tuple[int, ...]]:
    x, steps = op.operand(0).shape, _steps(op)
    batch, rest = divmod(x[0], math.prod(b for b, _, _ in steps))
    sizes = [n * b - before - after for n, (b, before, after) in zip(x[1:], steps, strict=False)]
    if rest or min(sizes, default=0) < 0:
        raise GraphError(f"{list(x)} has no batches for the block, or fewer pixels than are cropped")
    return [(batch, *sizes, *x[len(steps) + 1 :])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, steps = inputs[0], _steps(op)
    assert x is not None
    blocks = [b for b, _, _ in steps]
    batch = x.shape[0] // math.prod(blocks)
    whole = np.empty(
        (batch, *(n * b for n, b in zip(x.shape[1:], blocks, strict=False)), *x.shape[len(steps) + 1 :]), x.dtype
    )
    for i, place in enumerate(np.ndindex(*blocks)):
        phase = (slice(None), *map(slice, place, [None] * len(blocks), blocks))
        whole[phase] = x[i * batch : (i + 1) * batch]
    crop = [slice(before, n - after) for n, (_, before, after) in zip(whole.shape[1:], steps, strict=False)]
    return [np.ascontiguousarray(whole[(slice(None), *crop)])]


def case(draw: Draw, dtype: str) -> Op:
    dims = cases.shape(draw, (3, 4), 4)
    axes = len(dims) - 2
    block = [draw.integer(1, 3) for _ in range(axes)]
    edges = []
    for n, b in zip(dims[1:], block, strict=False):
        before = draw.integer(0, n * b - 1)
        edges.append([before, draw.integer(0, n * b - 1 - before)])
    x = cases.tensor(draw, dtype, (dims[0] * math.prod(block), *dims[1:]))
    op = Op("batch_to_space_nd", [x, cases.integers(block), cases.integers(edges)], [])
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    moves=True,
    limits="block and crops are constant",
)
