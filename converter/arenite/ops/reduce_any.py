"""REDUCE_ANY: whether any of the elements is true, over the axes of operand 1."""

from __future__ import annotations

import numpy as np

from ..elementwise import of_first
from ..reduction import reducing

OP = reducing("reduce_any", np.any, of_first)
