"""POW: a to the power of b, element-wise with numpy's broadcasting; NaN for a broken power of a negative number."""

from __future__ import annotations

import numpy as np

from ..elementwise import binary, quietly

OP = binary("pow", quietly(np.power))
