"""FLOOR: the largest integer that is not above x, element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary

OP = unary("floor", np.floor)
