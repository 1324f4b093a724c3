"""ELU: x, or eˣ − 1 where x is negative, element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary


def elu(x: np.ndarray) -> np.ndarray:
    return np.where(x < 0, np.expm1(np.minimum(x, 0)), x)


OP = unary("elu", elu)
