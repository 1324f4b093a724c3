"""FLOOR_MOD: a − ⌊a / b⌋ · b, element-wise with numpy's broadcasting."""

from __future__ import annotations

import numpy as np

from ..elementwise import binary

OP = binary("floor_mod", np.mod)
