"""SignalFramer: frames of ``frame_size`` samples every ``frame_step`` samples of each row, and whether all are there.

``prefill``: zeroes before the first samples, so that each step gives a frame. The reference starts anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute


def shape(op: Op) -> list[tuple[int, ...]]:
    x, size, step = op.operand(0).shape, attribute(op, "frame_size"), attribute(op, "frame_step")
    if not x or 0 in x or size < 1 or step < 1 or x[-1] % step or (attribute(op, "prefill") and step > size):
        raise GraphError(f"{list(x)} cannot be cut into frames of {size} samples every {step}")
    return [(*x[:-1], x[-1] // step, size), ()]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, size, step = inputs[0], attribute(op, "frame_size"), attribute(op, "frame_step")
    assert x is not None
    before = size - step if attribute(op, "prefill") else 0
    samples = np.concatenate([np.zeros((*x.shape[:-1], before), x.dtype), x], -1)
    frames = np.zeros(shape(op)[0], x.dtype)
    late = max(-(-size // step) - 1, 0) if not before else 0  # steps before the first frame is complete
    for i in range(late, frames.shape[-2]):
        frames[..., i, :] = samples[..., (i - late) * step : (i - late) * step + size]
    return [frames, np.array(before + step >= size)]


def case(draw: Draw, dtype: str) -> Op:
    step = draw.integer(1, 5)
    x = Value("", dtype, (*cases.shape(draw, (0, 2), 3), step * draw.integer(1, 4)))
    # without zeroes TFLite Micro leaves the first frames as they were
    op = Op("signal_framer", [x], [], {"frame_size": step + draw.integer(0, 9), "frame_step": step, "prefill": True})
    frames, valid = shape(op)
    op.outputs = [Value("", dtype, frames), Value("", "bool", valid)]
    return op


OP = Declaration(
    shape=shape, reference=reference, case=case, attrs={"frame_size": 0, "frame_step": 0, "prefill": False}
)
