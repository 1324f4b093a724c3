"""REDUCE_ALL: whether all of the elements are true, over the axes of operand 1."""

from __future__ import annotations

import numpy as np

from ..elementwise import of_first
from ..reduction import reducing

OP = reducing("reduce_all", np.all, of_first)
