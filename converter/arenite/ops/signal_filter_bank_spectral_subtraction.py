"""SignalFilterBankSpectralSubtraction: each channel without the noise that its smoothed past suggests; and that noise.

The reference starts anew: without a past.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute

_ATTRS = {
    "alternate_one_minus_smoothing": 0,
    "alternate_smoothing": 0,
    "clamping": False,
    "min_signal_remaining": 0,
    "num_channels": 0,
    "one_minus_smoothing": 0,
    "smoothing": 0,
    "smoothing_bits": 0,
    "spectral_subtraction_bits": 0,
}


def shape(op: Op) -> list[tuple[int, ...]]:
    if op.operand(0).shape != (attribute(op, "num_channels"),):
        raise GraphError(f"{list(op.operand(0).shape)} are not {attribute(op, 'num_channels')} channels")
    return [op.operand(0).shape] * 2


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    bits, finer = (np.uint64(attribute(op, name)) for name in ("spectral_subtraction_bits", "smoothing_bits"))
    word = np.uint64(0xFFFFFFFF)
    signal = x.astype(np.uint64) << finer & word
    smoothing = np.array([attribute(op, "smoothing"), attribute(op, "alternate_smoothing")], np.uint64)
    estimate = (signal * smoothing[np.arange(x.size) % 2] >> bits) & word
    taken = np.minimum(estimate, signal)
    least = (x.astype(np.uint64) * np.uint64(attribute(op, "min_signal_remaining")) >> bits) & word
    noise = taken if attribute(op, "clamping") else estimate
    return [np.maximum(signal - taken >> finer, least).astype(np.uint32), noise.astype(np.uint32)]


def case(draw: Draw, dtype: str) -> Op:
    x = Value("", dtype, (draw.integer(1, 40),))
    bits = draw.integer(0, 16)
    parts = {name: draw.integer(0, 2**bits) for name in ("smoothing", "alternate_smoothing", "min_signal_remaining")}
    parts |= {
        "one_minus_smoothing": 2**bits - parts["smoothing"],
        "alternate_one_minus_smoothing": 2**bits - parts["alternate_smoothing"],
    }
    attrs = {"num_channels": x.size, "clamping": draw.choice([False, True]), "spectral_subtraction_bits": bits}
    attrs["smoothing_bits"] = draw.choice([0, 10, 31])
    op = Op("signal_filter_bank_spectral_subtraction", [x], [], {**_ATTRS, **parts, **attrs})
    return cases.finished(op, shape(op), None)


OP = Declaration(shape=shape, reference=reference, case=case, attrs=_ATTRS)
