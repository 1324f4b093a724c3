"""RSQRT: 1 / √x, element-wise; infinite at 0, NaN below."""

from __future__ import annotations

import numpy as np

from ..elementwise import quietly, unary


def rsqrt(x: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.float32(1) / np.sqrt(x)
    return result


OP = unary("rsqrt", quietly(rsqrt))
