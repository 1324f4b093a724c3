"""SUM over the axes of operand 1."""

from __future__ import annotations

import numpy as np

from ..elementwise import near_first
from ..reduction import keeps_channels, reducing


def total(x: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> np.ndarray:
    """In the operand's type: plain integers wrap."""
    return np.asarray(np.sum(x, axes, keepdims=keepdims, dtype=x.dtype))


OP = reducing(
    "sum",
    total,
    near_first,
    per_channel=keeps_channels,
    limits="the axes are constant; sums of fewer than 2²³ codes in int8, 2¹⁵ in int16",
)
