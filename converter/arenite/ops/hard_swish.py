"""HARD_SWISH: x · relu6(x + 3) / 6, element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary


def hard_swish(x: np.ndarray) -> np.ndarray:
    result: np.ndarray = x * np.clip(x + np.float32(3), np.float32(0), np.float32(6)) / np.float32(6)
    return result


OP = unary("hard_swish", hard_swish)
