"""LOGICAL_OR: a or b, element-wise with numpy's broadcasting."""

from __future__ import annotations

import numpy as np

from ..elementwise import binary

OP = binary("logical_or", np.logical_or, commutative=True)
