"""FLOOR_MOD: a − ⌊a / b⌋ · b, element-wise with numpy's broadcasting, on numbers as they are stored."""

from __future__ import annotations

import numpy as np

from ..elementwise import binary, division
from ..opdef import QuantRule

OP = binary("floor_mod", np.mod, case=division("floor_mod"), quant=QuantRule.PLAIN)
