"""RESIZE_NEAREST_NEIGHBOR: [N, H, W, C] to the size [H', W'] in operand 1 (int32); pixels are copies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute, constant_data


def shape(op: Op) -> list[tuple[int, ...]]:
    x, size = op.operand(0).shape, constant_data(op, 1, "size")
    if len(x) != 4 or size.shape != (2,) or size.min() < 1:
        raise GraphError(f"{list(x)} cannot be resized to {size.tolist()}")
    return [(x[0], int(size[0]), int(size[1]), x[3])]


def places(op: Op, axis: int) -> np.ndarray:
    """Index of the input pixel for each output pixel along ``axis``, computed in float32 as TFLite does."""
    n, size = op.operand(0).shape[axis], shape(op)[0][axis]
    corners, centres = attribute(op, "align_corners"), attribute(op, "half_pixel_centers")
    scale = np.float32(n - 1) / np.float32(size - 1) if corners and size > 1 else np.float32(n) / np.float32(size)
    place = (np.arange(size, dtype=np.float32) + np.float32(0.5 if centres else 0)) * scale
    nearest = np.floor(place.astype(np.float64) + 0.5) if corners else np.floor(place)
    return np.asarray(np.minimum(nearest.astype(np.int64), n - 1))


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    return [x[:, places(op, 1)][:, :, places(op, 2)]]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.image(draw, draw.integer(1, 4)))
    attrs = draw.choice([{}, {"align_corners": True}, {"half_pixel_centers": True}])
    op = Op("resize_nearest_neighbor", [x, cases.integers([draw.integer(1, 13), draw.integer(1, 13)])], [], attrs)
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    moves=True,
    attrs={"align_corners": False, "half_pixel_centers": False},
    passes_clamp=True,
    per_channel=lambda op: True,
    limits="the size is constant",
)
