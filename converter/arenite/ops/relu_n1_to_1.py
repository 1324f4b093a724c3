"""RELU_N1_TO_1: x limited to [−1, 1], element-wise."""

from __future__ import annotations

import numpy as np

from ..elementwise import unary

OP = unary("relu_n1_to_1", lambda x: np.clip(x, np.float32(-1), np.float32(1)))
