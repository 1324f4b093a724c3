"""SignalFftAutoScale: samples shifted left until the largest fills 15 bits, and by how many bits that was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration
from ..signal_arithmetic import constant


def shape(op: Op) -> list[tuple[int, ...]]:
    x = op.operand(0).shape
    if len(x) != 1:
        raise GraphError(f"{list(x)} is no row of samples")
    return [x, ()]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    largest = int(np.abs(x.astype(np.int64)).max(initial=0))
    shift = max(15 - largest.bit_length(), 0) if largest else 0
    return [(x.astype(np.int64) << shift).astype(np.int16), np.array(shift, np.int32)]


def case(draw: Draw, dtype: str) -> Op:
    # TFLite Micro finds no magnitude for -2**15 and overflows
    largest = draw.choice([0, 1, 5, 1000, 2**14, 2**15 - 1])
    data = cases.rng_of(draw).integers(-largest, largest + 1, draw.integer(1, 40)).astype(np.int16)
    op = Op("signal_fft_auto_scale", [constant(data)], [])
    scaled, shift = shape(op)
    op.outputs = [Value("", dtype, scaled), Value("", "int32", shift)]
    return op


OP = Declaration(shape=shape, reference=reference, case=case)
