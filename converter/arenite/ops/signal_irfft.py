"""SignalIrfft: frames of ``fft_length`` samples of spectra along the last axis.

``T`` is the tensors' type, which TFLite Micro reads from here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute
from ..signal_arithmetic import FixedFourier, radices

#: numbers of TFLite's TensorType.
_TYPES = {"float32": 0, "int32": 2, "int16": 7}


def shape(op: Op) -> list[tuple[int, ...]]:
    x, length = op.operand(0).shape, attribute(op, "fft_length")
    if not x or length < 2 or length % 2 or x[-1] != length + 2:
        raise GraphError(f"{list(x)} does not fit a transform of {length} samples")
    radices(length // 2)
    return [(*x[:-1], length)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, length = inputs[0], attribute(op, "fft_length")
    assert x is not None
    if x.dtype != np.float32:
        return [FixedFourier(x.dtype.name, length, True).backward(x)]
    pairs = x.reshape(*x.shape[:-1], -1, 2).astype(np.float64)
    return [np.fft.irfft(pairs[..., 0] + 1j * pairs[..., 1], length).astype(np.float32)]


def case(draw: Draw, dtype: str) -> Op:
    length = 2 * draw.choice([2, 4, 8, 32, 128, 3, 5, 6, 12, 15, 36, 50, 75, 96, 120])
    count = length + 2
    x = Value("", dtype, (*cases.shape(draw, (0, 2), 2), count))
    op = Op("signal_irfft", [x], [], {"T": _TYPES[dtype], "fft_length": length})
    return cases.finished(op, shape(op), None)


OP = Declaration(shape=shape, reference=reference, case=case, attrs={"T": 0, "fft_length": 0})
