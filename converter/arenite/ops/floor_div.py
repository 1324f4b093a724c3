"""FLOOR_DIV: ⌊a / b⌋, element-wise with numpy's broadcasting, on numbers as they are stored."""

from __future__ import annotations

import numpy as np

from ..elementwise import binary, division
from ..opdef import QuantRule


def floor_div(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.floor(a / b) if a.dtype == np.float32 else np.floor_divide(a, b)
    return result


OP = binary("floor_div", floor_div, case=division("floor_div"), quant=QuantRule.PLAIN)
