"""How much of its grid a quantized value uses."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from arenite.elements import limits
from arenite.graph import Value

#: Fewer elements of a channel than this do not tell that it is dead.
ENOUGH = 8


class RangeUse(TypedDict):
    """As the fields of LayerError."""

    bits: int | None
    range_bits: float | None
    channel_bits: float | None
    spread: float | None
    saturation: float | None
    channels: int | None
    dead_channels: int | None
    lost_channels: int | None


def range_use(value: Value, exact: np.ndarray, fixed: bool) -> RangeUse:
    """What the float model's values use of the codes of ``value``: earlier errors play no part.

    exact   the float model's values as the file scales them, [runs, *shape].
    fixed   the operator chooses the grid, whatever the values: how much they use of it says nothing.
    """
    if fixed or value.quant is None or value.quant.scale.size > 1 or not exact.size:
        return RangeUse(
            bits=None, range_bits=None, channel_bits=None, spread=None, saturation=None,
            channels=None, dead_channels=None, lost_channels=None,
        )  # fmt: skip
    reals = exact.reshape(-1, exact.shape[-1])
    low, high = limits(value.dtype)
    scale, zero = float(value.quant.scale[0]), int(value.quant.zero_point[0])
    steps = reals / scale + zero
    codes = np.clip(np.rint(steps), low, high)
    moves = np.ptp(reals, axis=0) > 0
    spans = np.ptp(codes, axis=0) + 1
    tells = len(codes) >= ENOUGH
    sizes = np.abs(reals).max(axis=0)[moves]
    return RangeUse(
        bits=int(np.log2(high - low + 1)),
        range_bits=float(np.log2(np.ptp(codes) + 1)),
        channel_bits=float(np.median(np.log2(spans[moves]))) if tells and moves.any() else None,
        spread=float(sizes.max() / np.median(sizes)) if tells and sizes.size and np.median(sizes) > 0 else None,
        saturation=float(np.mean((steps < low - 0.5) | (steps > high + 0.5))),
        channels=codes.shape[1],
        dead_channels=int(np.sum(~moves)) if tells else None,
        lost_channels=int(np.sum(moves & (spans == 1))) if tells else None,
    )
