"""SIGN: −1, 0 or 1, element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary

OP = unary("sign", np.sign)
