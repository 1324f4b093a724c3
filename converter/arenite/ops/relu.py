"""RELU: max(x, 0), element-wise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..activation import clamp
from ..graph import Op
from ..opdef import Declaration


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    return [clamp(x, "RELU")]


OP = Declaration(
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    fuses_as="RELU",
    per_channel=lambda op: True,
)
