"""DEPTH_TO_SPACE: the channels of one pixel become a block of ``block_size`` × ``block_size`` pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute


def shape(op: Op) -> list[tuple[int, ...]]:
    x, b = op.operand(0).shape, attribute(op, "block_size")
    if len(x) != 4 or b < 1 or x[3] % (b * b):
        raise GraphError(f"the channels of {list(x)} are no blocks of {b} × {b} pixels")
    return [(x[0], x[1] * b, x[2] * b, x[3] // (b * b))]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, b = inputs[0], attribute(op, "block_size")
    assert x is not None
    _, height, width, channels = shape(op)[0]
    blocks = x.reshape(-1, height // b, width // b, b, b, channels)
    return [blocks.transpose(0, 1, 3, 2, 4, 5).reshape(-1, height, width, channels)]


def case(draw: Draw, dtype: str) -> Op:
    b, (n, h, w, c) = draw.integer(1, 3), cases.shape(draw, (4, 4), 4)
    x = cases.tensor(draw, dtype, (n, h, w, c * b * b))
    op = Op("depth_to_space", [x], [], {"block_size": b})
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    moves=True,
    attrs={"block_size": 0},
    passes_clamp=True,
)
