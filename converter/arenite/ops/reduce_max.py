"""REDUCE_MAX: the largest element over the axes of operand 1."""

from __future__ import annotations

import numpy as np

from ..elementwise import of_first
from ..opdef import QuantRule
from ..reduction import keeps_channels, reducing

OP = reducing(
    "reduce_max",
    np.max,
    of_first,
    quant=QuantRule.SAME_AS_INPUT,
    extremes=True,
    passes_clamp=True,
    moves=True,
    per_channel=keeps_channels,
)
