"""MEAN over the axes of operand 1."""

from __future__ import annotations

import numpy as np

from ..elementwise import near_first
from ..reduction import keeps_channels, reducing


def mean(x: np.ndarray, axes: tuple[int, ...], keepdims: bool) -> np.ndarray:
    """Plain integers are rounded towards zero."""
    if x.dtype == np.float32:
        return np.asarray(np.mean(x, axes, keepdims=keepdims, dtype=np.float32))
    total = np.sum(x, axes, keepdims=keepdims, dtype=np.int64)
    count = x.size // max(total.size, 1)
    return np.asarray(np.sign(total) * (np.abs(total) // count), x.dtype)


OP = reducing(
    "mean",
    mean,
    near_first,
    per_channel=keeps_channels,
    limits="the axes are constant; sums of fewer than 2²³ codes in int8, 2¹⁵ in int16",
)
