"""SignalFilterBankSquareRoot: rounded square roots, shifted right by operand 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration
from ..signal_arithmetic import constant


def shape(op: Op) -> list[tuple[int, ...]]:
    if len(op.operand(0).shape) != 1 or op.operand(1).shape:
        raise GraphError("square roots are taken of a row of channels, and the shift is one number")
    return [op.operand(0).shape]


def _root(x: int) -> int:
    """Rounded; of a number below 2**32 at most 2**16 - 1."""
    root = math.isqrt(x)
    rounded = root + (x - root * root > root)
    return min(rounded, 2**16 - 1 if x < 2**32 else 2**32 - 1)


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, shift = inputs
    assert x is not None and shift is not None
    return [np.array([_root(int(value)) >> int(shift) for value in x], np.uint32)]


def case(draw: Draw, dtype: str) -> Op:
    rng = cases.rng_of(draw)
    data = cases.values(rng, dtype, (draw.integer(1, 40),)) >> rng.integers(0, 64, 1, np.uint64)
    op = Op("signal_filter_bank_square_root", [constant(data), cases.scalar(draw.integer(0, 31))], [])
    return cases.finished(op, shape(op), None, "uint32")


OP = Declaration(shape=shape, reference=reference, case=case, data=(0,))
