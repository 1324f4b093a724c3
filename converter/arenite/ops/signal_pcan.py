"""SignalPCAN: per-channel amplitude normalization. Each channel times a gain that falls with its noise estimate, then
compressed. Operands: channels, noise estimates, and the table of gains: three for the noises 0 to 2, then for each power of
two the three coefficients of a parabola and one number that is not used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute
from ..signal_arithmetic import bit_length, constant

_TABLE = 125


def shape(op: Op) -> list[tuple[int, ...]]:
    x, noise, table = (op.operand(i).shape for i in range(3))
    if len(x) != 1 or noise != x or len(table) != 1 or table[0] < _TABLE:
        raise GraphError(f"{list(x)} channels, {list(noise)} estimates and a table of {list(table)} do not fit")
    return [x]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, noise, table = inputs
    assert x is not None and noise is not None and table is not None
    gain = _gains(noise.astype(np.int64), table.astype(np.int64)) & 0xFFFFFFFF
    snr = ((x.astype(np.uint64) * gain.astype(np.uint64)) >> np.uint64(attribute(op, "snr_shift"))).astype(np.int64)
    snr &= 0xFFFFFFFF
    return [np.where(snr < 2 << 12, snr * snr >> 20, (snr >> 6) - (1 << 6)).astype(np.uint32)]


def _gains(noise: np.ndarray, table: np.ndarray) -> np.ndarray:
    length = bit_length(noise)
    at = np.maximum(4 * length - 6, 0)
    shifted = np.where(length < 11, noise << np.maximum(11 - length, 0), noise >> np.maximum(length - 11, 0))
    fraction = shifted & 0x3FF
    slope = (table[at + 1] << 5) + (table[at + 2] * fraction >> 5)
    rise = (slope * fraction + (1 << 14)).astype(np.int32).astype(np.int64) >> 15
    gain = (rise + table[at]).astype(np.int16).astype(np.int64)
    return np.asarray(np.where(noise <= 2, table[np.minimum(noise, 2)], gain))


def case(draw: Draw, dtype: str) -> Op:
    rng = cases.rng_of(draw)
    x, noise = (Value("", dtype, (draw_size,)) for draw_size in [draw.integer(1, 40)] * 2)
    noise = constant(cases.values(rng, dtype, noise.shape) >> rng.integers(0, 32, noise.shape, np.uint32))
    table = constant(rng.integers(-2000, 2000, _TABLE + draw.integer(0, 3)).astype(np.int16))
    op = Op("signal_pcan", [x, noise, table], [], {"snr_shift": draw.choice([0, 6, 20, draw.integer(0, 40)])})
    return cases.finished(op, shape(op), None)


OP = Declaration(shape=shape, reference=reference, case=case, data=(0, 1), attrs={"snr_shift": 0})
