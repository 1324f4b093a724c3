"""SQUARED_DIFFERENCE: (a − b)², element-wise with numpy's broadcasting."""

from __future__ import annotations

import numpy as np

from .. import cases
from ..cases import Draw
from ..elementwise import binary
from ..graph import Quantization, Value


def result(draw: Draw, operands: list[Value]) -> Quantization | None:
    """In the range of the square of the wider operand."""
    scales = [0.0 if x.quant is None else float(x.quant.scale[0]) for x in operands]
    wide = operands[scales.index(max(scales))]
    quant = cases.product_quantization(draw, wide, wide)
    if quant is None or wide.dtype != "int16":
        return quant
    return Quantization(
        16 * quant.scale, quant.zero_point
    )  # the kernel's factor, 4 / the output's scale, stays below 1


OP = binary("squared_difference", lambda a, b: np.square(a - b), result, commutative=True)
