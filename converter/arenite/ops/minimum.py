"""MINIMUM: the smaller of two elements, with numpy's broadcasting. In int8 codes are compared: one scale for all."""

from __future__ import annotations

import numpy as np

from ..elementwise import binary, of_first
from ..opdef import QuantRule

OP = binary(
    "minimum",
    np.minimum,
    of_first,
    one_grid=True,
    quant=QuantRule.SAME_AS_INPUT,
    extremes=True,
    moves=True,
    commutative=True,
    clamps=True,
)
