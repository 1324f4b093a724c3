"""How often which values occurred, in bounded memory, however many there were and whatever range they turn out to have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Bins of one histogram; int8 has 255 steps, so a step is four bins or more.
BINS = 2048
#: Elements of one batch that are looked at: of more, every second, third … one.
ELEMENTS = 1 << 17
#: Exponents of a bin's width that float32 can divide by.
FINEST, COARSEST = -100, 118


class Histogram:
    """Counts of values in bins of width 2**exponent, whose edges are multiples of it.

    When a value lies outside, the width is doubled until it does not: two bins become one, no count is lost or guessed.

    counts  int64 [BINS].   first  index of the first bin: it begins at first · width.
    """

    def __init__(self) -> None:
        self.counts = np.zeros(BINS, np.int64)
        self.exponent = FINEST
        self.first = 0
        self.last = -1  # no bin yet

    @property
    def width(self) -> float:
        return float(2.0**self.exponent)

    @property
    def centers(self) -> np.ndarray:
        """float64 [BINS]."""
        return (self.first + np.arange(BINS) + 0.5) * self.width

    def add(self, array: np.ndarray, low: float, high: float) -> None:
        """Count finite float32 values that lie within [low, high]."""
        flat = array.reshape(-1)
        flat = flat[:: -(-flat.size // ELEMENTS)] if flat.size > ELEMENTS else flat
        self._reach(low, high)
        bins = np.floor(flat * np.float32(2.0**-self.exponent)).astype(np.int64) - self.first
        self.counts += np.bincount(np.clip(bins, 0, BINS - 1), minlength=BINS)

    def add_histogram(self, other: Histogram) -> None:
        """Count what ``other`` has counted."""
        if other.last < other.first:
            return
        self._reach(other.first * other.width, other.last * other.width)
        if other.exponent > self.exponent:
            self._widen(other.exponent - self.exponent)
        places = ((other.first + np.arange(BINS)) >> (self.exponent - other.exponent)) - self.first
        used = other.counts > 0
        np.add.at(self.counts, places[used], other.counts[used])

    def _reach(self, low: float, high: float) -> None:
        """Make room for [low, high] and zero."""
        low, high = min(low, 0.0), max(high, 0.0)
        while True:
            first, last = (int(np.floor(x / self.width)) for x in (low, high))
            if self.last >= self.first:
                first, last = min(first, self.first), max(last, self.last)
            if last - first < BINS:
                break
            needed = int(np.ceil(np.log2((last - first + 1) / BINS)))
            self._widen(max(needed, 1))
        shift = self.first - first if self.last >= self.first else 0
        if shift:
            self.counts = np.concatenate([np.zeros(shift, np.int64), self.counts])[:BINS]
        self.first, self.last = first, last

    def _widen(self, doublings: int) -> None:
        """Double the bins' width so many times."""
        self.exponent = min(self.exponent + doublings, COARSEST)
        if self.last < self.first:
            return
        places = ((self.first + np.arange(BINS)) >> doublings) - (self.first >> doublings)
        self.counts = np.bincount(places, self.counts, BINS).astype(np.int64)
        self.first, self.last = self.first >> doublings, self.last >> doublings


def merged(histograms: Sequence[Histogram]) -> Histogram:
    """What several have counted, together."""
    result = Histogram()
    for histogram in histograms:
        result.add_histogram(histogram)
    return result
