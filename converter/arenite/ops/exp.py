"""EXP: eˣ, element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import in_reach, quietly, unary

OP = unary("exp", quietly(np.exp), operand=in_reach)
