"""SQRT: square root; NaN below 0, element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import quietly, unary

OP = unary("sqrt", quietly(np.sqrt))
