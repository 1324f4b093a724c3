"""NOT_EQUAL: a ≠ b, element-wise with numpy's broadcasting; the result is bool."""

from __future__ import annotations

import numpy as np

from ..elementwise import comparison

OP = comparison("not_equal", np.not_equal, commutative=True)
