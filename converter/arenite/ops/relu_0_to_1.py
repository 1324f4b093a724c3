"""RELU_0_TO_1: x limited to [0, 1], element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary

OP = unary("relu_0_to_1", lambda x: np.clip(x, np.float32(0), np.float32(1)))
