"""ARG_MIN: index of the smallest element along the axis in operand 1 (int32, constant), the first of equal ones."""

from __future__ import annotations

import numpy as np

from ..reduction import index_of

OP = index_of("arg_min", np.argmin)
