"""ROUND: the nearest integer, halves to the even one, element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary

OP = unary("round", np.rint)
