"""CEIL: the smallest integer that is not below x, element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary

OP = unary("ceil", np.ceil)
