"""TANH, element-wise. The int8 result always has scale 1/128 and zero point 0."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary

OP = unary("tanh", np.tanh, fixed=(1 / 128, 0))
