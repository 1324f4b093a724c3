"""SignalOverlapAdd: frames added where they overlap, ``frame_step`` samples apart; what is complete goes out.

int16 saturates at each addition. ``T`` is the tensors' type, which TFLite Micro reads from here. The reference starts anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute

#: numbers of TFLite's TensorType.
_TYPES = {"float32": 0, "int16": 7}


def shape(op: Op) -> list[tuple[int, ...]]:
    x, step = op.operand(0).shape, attribute(op, "frame_step")
    if len(x) < 2 or 0 in x or not 1 <= step <= x[-1]:
        raise GraphError(f"{list(x)} are no frames that could be added every {step} samples")
    return [(*x[:-2], x[-2] * step)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, step = inputs[0], attribute(op, "frame_step")
    assert x is not None
    held = np.zeros((*x.shape[:-2], x.shape[-1]), x.dtype)
    results = []
    for i in range(x.shape[-2]):
        held = _sum(held, x[..., i, :])
        results.append(held[..., :step])
        held = np.concatenate([held[..., step:], np.zeros_like(held[..., :step])], -1)
    return [np.concatenate(results, -1)]


def _sum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.dtype != np.int16:
        return np.asarray(a + b)
    return np.asarray(np.clip(a.astype(np.int32) + b, -(2**15), 2**15 - 1), np.int16)


def case(draw: Draw, dtype: str) -> Op:
    x = Value("", dtype, (*cases.shape(draw, (0, 2), 3), draw.integer(1, 4), draw.integer(1, 9)))
    op = Op("signal_overlap_add", [x], [], {"T": _TYPES[dtype], "frame_step": draw.integer(1, x.shape[-1])})
    return cases.finished(op, shape(op), None)


OP = Declaration(shape=shape, reference=reference, case=case, attrs={"T": 0, "frame_step": 0})
