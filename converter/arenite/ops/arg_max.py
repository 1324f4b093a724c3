"""ARG_MAX: index of the largest element along the axis in operand 1 (int32, constant), the first of equal ones."""

from __future__ import annotations

import numpy as np

from ..reduction import index_of

OP = index_of("arg_max", np.argmax)
