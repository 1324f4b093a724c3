"""LOGICAL_NOT, element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary

OP = unary("logical_not", np.logical_not)
