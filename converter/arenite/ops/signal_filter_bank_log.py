"""SignalFilterBankLog: natural logarithms of x · 2**input_correction_bits, times ``output_scale``."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute
from ..signal_arithmetic import bit_length

_SEGMENTS = 128
#: log2(1 + i/128) - i/128, Q16; the last one belongs to the next power of two.
_EXCESS = np.array([round(65536 * (math.log2(1 + i / _SEGMENTS) - i / _SEGMENTS)) for i in range(_SEGMENTS + 1)])
_LN_2 = 45426  # Q16


def shape(op: Op) -> list[tuple[int, ...]]:
    if len(op.operand(0).shape) != 1:
        raise GraphError(f"{list(op.operand(0).shape)} is no row of channels")
    return [op.operand(0).shape]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    values = inputs[0]
    assert values is not None
    x = values.astype(np.int64) << attribute(op, "input_correction_bits") & 0xFFFFFFFF
    exponent = np.maximum(bit_length(x) - 1, 0)
    below = x - (1 << exponent)
    fraction = np.where(exponent < 16, below << np.maximum(16 - exponent, 0), below >> np.maximum(exponent - 16, 0))
    segment = np.clip(fraction >> 9, 0, _SEGMENTS - 1)
    between = (_EXCESS[segment + 1] - _EXCESS[segment]) * (fraction - (segment << 9)) >> 16
    log2 = (exponent << 16) + fraction + _EXCESS[segment] + between
    natural = _LN_2 * log2 + 0x8000 >> 16
    scaled = (attribute(op, "output_scale") * natural + 0x8000 & 0xFFFFFFFF) >> 16
    return [np.where(x > 1, np.minimum(scaled, 0x7FFF), 0).astype(np.int16)]


def case(draw: Draw, dtype: str) -> Op:
    x = Value("", dtype, (draw.integer(1, 40),))
    attrs = {"input_correction_bits": draw.integer(0, 31), "output_scale": draw.choice([1, 64, 1600, 2**16 - 1])}
    op = Op("signal_filter_bank_log", [x], [], attrs)
    return cases.finished(op, shape(op), None, "int16")


OP = Declaration(shape=shape, reference=reference, case=case, attrs={"input_correction_bits": 0, "output_scale": 0})
