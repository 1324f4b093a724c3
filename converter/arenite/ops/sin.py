"""SIN: sine, element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary

OP = unary("sin", np.sin)
