"""RESIZE_BILINEAR: [N, H, W, C] to the size [H', W'] in operand 1 (int32), the four pixels around weighted."""

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


def _neighbours(op: Op, axis: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each output pixel along ``axis`` the input pixels around its place and the weight of the second, float32."""
    n, size = op.operand(0).shape[axis], shape(op)[0][axis]
    corners = attribute(op, "align_corners") and size > 1
    scale = np.float32(n - 1) / np.float32(size - 1) if corners else np.float32(n) / np.float32(size)
    half = np.float32(0.5 if attribute(op, "half_pixel_centers") else 0)
    place = (np.arange(size, dtype=np.float32) + half) * scale - half
    below = np.maximum(np.floor(place), 0).astype(np.int64)
    above = np.clip(np.ceil(place), 0, n - 1).astype(np.int64)
    weight = (place - below).astype(np.float32)
    return np.minimum(below, n - 1), above, weight


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    (top, bottom, v), (left, right, u) = _neighbours(op, 1), _neighbours(op, 2)
    v, u = v[:, None, None], u[:, None]
    rows = x[:, top] * (1 - v) + x[:, bottom] * v
    return [np.asarray(rows[:, :, left] * (1 - u) + rows[:, :, right] * u, np.float32)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.image(draw, draw.integer(1, 4)))
    attrs = draw.choice([{}, {"align_corners": True}, {"half_pixel_centers": True}])
    op = Op("resize_bilinear", [x, cases.integers([draw.integer(1, 13), draw.integer(1, 13)])], [], attrs)
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    attrs={"align_corners": False, "half_pixel_centers": False},
    per_channel=lambda op: True,
    limits="the size is constant",
)
