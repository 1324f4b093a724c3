"""BITWISE_XOR: a ^ b, element-wise with numpy's broadcasting, on integers as they are stored."""

from __future__ import annotations

import numpy as np

from ..elementwise import binary
from ..opdef import QuantRule

OP = binary("bitwise_xor", np.bitwise_xor, quant=QuantRule.PLAIN, commutative=True, moves=True)
