"""RELU6: x limited to [0, 6], element-wise.

int8 input and output share one scale: LiteRT's kernel changes the scale, TFLite Micro's does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..activation import clamp
from ..graph import Op
from ..opdef import Declaration, QuantRule


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    return [clamp(x, "RELU6")]


OP = Declaration(
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    fuses_as="RELU6",
)
