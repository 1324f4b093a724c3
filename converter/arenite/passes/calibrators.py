"""Ranges from what calibration counted: what of a tensor's values is kept exact enough, and what is cut off.

Each calibrator is a function of (histogram, seen range) to a range within the seen one, both around zero. A narrower range has
finer steps and saturates what lies outside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..histogram import Histogram

#: (low ≤ 0, high ≥ 0), real values.
Range = tuple[float, float]

#: Steps of int8.
STEPS = 255
#: Share of the values that ``percentile`` keeps unless told otherwise, in percent.
PERCENT = 99.99
#: Parts of the seen range that are tried for its ends.
PARTS = np.concatenate([np.linspace(1.0, 0.5, 33), np.geomspace(0.5, 0.02, 33)[1:]])
#: Least of the expected error that a narrower range must save to be preferred.
EPSILON = 1e-9


def percentile(histogram: Histogram, seen: Range, percent: float = PERCENT) -> Range:
    """The range that leaves out the same number of values at each end, together 100 − ``percent``."""
    below = np.cumsum(histogram.counts)
    outside = below[-1] * (1 - percent / 100) / 2
    low = histogram.width * (histogram.first + int(np.searchsorted(below, outside, side="right")))
    high = histogram.width * (histogram.first + int(np.searchsorted(below, below[-1] - outside)) + 1)
    return _within(seen, low, high)


def squared_error(histogram: Histogram, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected mean of (x − x')² of int8 in the ranges [low, high], of any one shape: (of rounding, of cutting off).

    Inside the error is even within a step s, s²/12 on average; outside it is the distance to the nearer end.
    """
    x, counts = histogram.centers, histogram.counts.astype(np.float64)
    sums = [np.concatenate([[0.0], np.cumsum(counts * x**power)]) for power in range(3)]  # of 1, x and x²
    first, last = np.searchsorted(x, low), np.searchsorted(x, high)
    step = (high - low) / STEPS
    inside = sums[0][last] - sums[0][first]
    under = sums[2][first] - 2 * low * sums[1][first] + low**2 * sums[0][first]
    after = [total[-1] - total[last] for total in sums]
    over = after[2] - 2 * high * after[1] + high**2 * after[0]
    total = max(float(sums[0][-1]), 1.0)
    return step**2 / 12 * inside / total, (np.maximum(under, 0) + np.maximum(over, 0)) / total


def mse(histogram: Histogram, seen: Range) -> Range:
    """The range with the least expected squared error; each end is chosen by itself."""
    low, high = np.meshgrid(seen[0] * PARTS, seen[1] * PARTS, indexing="ij")
    errors = np.add(*squared_error(histogram, low, high))
    errors += EPSILON * errors[0, 0] * np.add.outer(np.arange(PARTS.size), np.arange(PARTS.size))  # ties: the wider one
    best = int(np.argmin(errors))
    return float(low.flat[best]), float(high.flat[best])


def entropy(histogram: Histogram, seen: Range) -> Range:
    """The seen range within ±t whose distribution, cut off at its ends, loses least when it is said in int8's steps.

    The measure is the Kullback–Leibler divergence of the rounded distribution from the one with its outliers in the end bins
    (Migacz, "8-bit inference with TensorRT", 2017).
    """
    largest = max(-seen[0], seen[1])
    ranges = [_within(seen, -part * largest, part * largest) for part in PARTS]
    return min(ranges, key=lambda range_: _divergence(histogram, *range_))


def _divergence(histogram: Histogram, low: float, high: float) -> float:
    """Of int8 in [low, high]; infinite where nothing lies inside, or the bins are no finer than the steps."""
    first, last = np.searchsorted(histogram.centers, [low, high])
    inside = histogram.counts[first:last].astype(np.float64)
    if not inside.any() or inside.size <= STEPS:
        return float("inf")
    clipped = inside.copy()
    clipped[0] += histogram.counts[:first].sum()
    clipped[-1] += histogram.counts[last:].sum()
    steps = np.minimum(np.arange(inside.size) * (STEPS + 1) // inside.size, STEPS)
    used = inside > 0
    totals = np.bincount(steps, inside, STEPS + 1)
    shared = np.maximum(np.bincount(steps, used, STEPS + 1), 1)
    spread = np.where(used, (totals / shared)[steps], 0)
    p, q = clipped / clipped.sum(), spread / spread.sum()
    both = (p > 0) & (q > 0)
    lost = p[(p > 0) & (q == 0)].sum()  # an end bin that holds outliers only
    return float((p[both] * np.log(p[both] / q[both])).sum() + lost * np.log(1 / EPSILON))


def _within(seen: Range, low: float, high: float) -> Range:
    return float(np.clip(low, seen[0], 0)), float(np.clip(high, 0, seen[1]))


#: name → calibrator, of those that need nothing but the histogram.
CUTTING: dict[str, Callable[[Histogram, Range], Range]] = {"percentile": percentile, "entropy": entropy, "mse": mse}
#: All that the user may name.
CALIBRATORS = ("auto", "minmax", "average", *CUTTING)
