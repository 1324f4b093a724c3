"""LOG: natural logarithm, element-wise; NaN below 0, in int8 the lowest code."""

from __future__ import annotations

import numpy as np

from ..elementwise import in_reach, quietly, unary

OP = unary("log", quietly(np.log), operand=in_reach)
