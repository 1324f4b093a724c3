"""SignalWindow: each frame of samples times a window, shifted right by ``shift`` and saturated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute


def shape(op: Op) -> list[tuple[int, ...]]:
    x, window = op.operand(0), op.operand(1)
    if len(window.shape) != 1 or window.size == 0 or x.size % window.size:
        raise GraphError(f"{list(x.shape)} are no frames for a window of {list(window.shape)}")
    return [x.shape]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, window = inputs
    assert x is not None and window is not None
    products = x.reshape(-1, window.size).astype(np.int64) * window >> attribute(op, "shift")
    return [np.clip(products, -(2**15), 2**15 - 1).astype(np.int16).reshape(x.shape)]


def case(draw: Draw, dtype: str) -> Op:
    window = Value("", dtype, (draw.integer(1, 40),))
    x = Value("", dtype, (*cases.shape(draw, (0, 2), 3), *window.shape))
    op = Op("signal_window", [x, window], [], {"shift": draw.choice([0, 12, 15, draw.integer(0, 31)])})
    return cases.finished(op, shape(op), None)


OP = Declaration(shape=shape, reference=reference, case=case, attrs={"shift": 0})
