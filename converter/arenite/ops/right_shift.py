"""RIGHT_SHIFT: a / 2**b rounded down, element-wise with numpy's broadcasting, on integers as they are stored.

b counts as 0 when it is negative, and as the last bit when it is more.
"""

from __future__ import annotations

import numpy as np

from ..elementwise import binary
from ..opdef import QuantRule


def shift(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    shifted: np.ndarray = np.right_shift(a, np.clip(b, 0, 8 * a.dtype.itemsize - 1))
    return shifted


OP = binary("right_shift", shift, quant=QuantRule.PLAIN, moves=True)
