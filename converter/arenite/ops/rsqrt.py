"""RSQRT: 1 / √x, element-wise; infinite at 0 (coded: the highest code), NaN below (coded: refused when the model runs)."""

from __future__ import annotations

import numpy as np

from .. import cases
from ..cases import Draw
from ..elementwise import quietly, unary
from ..graph import Op, Quantization


def rsqrt(x: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.float32(1) / np.sqrt(x)
    return result


def case(draw: Draw, dtype: str) -> Op:
    x = cases.without_negatives(draw, dtype, cases.shape(draw))
    if x.quant is not None and draw.choice([False, True]):  # as fine as the variances of a normalization
        x.quant = Quantization(x.quant.scale * np.float32(2.0**-18), x.quant.zero_point)
    return cases.finished(Op("rsqrt", [x], []), [x.shape], cases.quantization(draw))


OP = unary("rsqrt", quietly(rsqrt), case=case)
