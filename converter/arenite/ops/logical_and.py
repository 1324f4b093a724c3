"""LOGICAL_AND: a and b, element-wise with numpy's broadcasting."""

from __future__ import annotations

import numpy as np

from ..elementwise import binary

OP = binary("logical_and", np.logical_and, commutative=True)
