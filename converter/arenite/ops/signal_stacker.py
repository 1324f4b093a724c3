"""SignalStacker: the last frames side by side, every ``stacker_step`` frames, and whether there are new ones.

The first frame counts as if it had been there before, too. The reference starts anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute

_ATTRS = {"num_channels": 0, "stacker_left_context": 0, "stacker_right_context": 0, "stacker_step": 0}


def shape(op: Op) -> list[tuple[int, ...]]:
    channels, left, right, step = (attribute(op, name) for name in _ATTRS)
    if op.operand(0).shape != (channels,) or channels < 1 or min(left, right) < 0 or not 1 <= step <= left + right + 1:
        raise GraphError(f"{list(op.operand(0).shape)} is no frame of {channels} channels to be stacked")
    return [(channels * (left + right + 1),), ()]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    complete = attribute(op, "stacker_right_context") == 0
    frames = 1 + attribute(op, "stacker_left_context") + attribute(op, "stacker_right_context")
    return [np.tile(x, frames) * np.array(complete, x.dtype), np.array(complete)]


def case(draw: Draw, dtype: str) -> Op:
    x, left = Value("", dtype, (draw.integer(1, 9),)), draw.integer(0, 4)
    # before there are enough frames TFLite Micro leaves the result as it was
    attrs = {"num_channels": x.size, "stacker_left_context": left, "stacker_right_context": 0}
    op = Op("signal_stacker", [x], [], {**attrs, "stacker_step": draw.integer(1, left + 1)})
    stacked, valid = shape(op)
    op.outputs = [Value("", dtype, stacked), Value("", "bool", valid)]
    return op


OP = Declaration(shape=shape, reference=reference, case=case, attrs=_ATTRS)
