"""How far one set of outputs is from another. Pure numpy; arrays are [N, …] with samples along axis 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def sqnr_db(reference: np.ndarray, actual: np.ndarray) -> float:
    """Signal-to-quantization-noise ratio 10·log10(Σ ref² / Σ (ref − actual)²) over all elements, in dB.

    inf when the arrays are equal; −inf when the reference is zero and the other is not. Summed in float64.
    """
    reference, actual = reference.astype(np.float64), actual.astype(np.float64)
    return sqnr_from_energy(float(np.sum(reference**2)), float(np.sum((reference - actual) ** 2)))


def sqnr_from_energy(signal: float, noise: float) -> float:
    """The same from Σ ref² and Σ (ref − actual)²."""
    if noise == 0:
        return float("inf")
    return float(10 * np.log10(signal / noise)) if signal > 0 else float("-inf")


def worst_abs_error(reference: np.ndarray, actual: np.ndarray) -> float:
    """max |ref − actual| in real units; 0 for empty arrays."""
    return float(np.max(np.abs(reference.astype(np.float64) - actual.astype(np.float64)), initial=0.0))


def accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
    """Share of samples whose largest score ([N, classes], first wins on ties) stands at the label, in [0, 1]."""
    return float(np.mean(scores.reshape(len(labels), -1).argmax(axis=1) == labels))


def confusion_matrix(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """int64 [classes, classes]: how many samples of class (row) were taken for class (column)."""
    classes = scores.reshape(len(labels), -1).shape[1]
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (labels.astype(np.int64), scores.reshape(len(labels), -1).argmax(axis=1)), 1)
    return matrix


@dataclass(frozen=True)
class Agreement:
    """Two engines on the same file, in quantization steps (or units, for float outputs).

    samples_equal  samples of which every output byte is equal, of ``samples``.
    worst_steps    largest |a − b| of raw output elements.
    """

    samples: int
    samples_equal: int
    worst_steps: float


def agreement(ours: list[np.ndarray], theirs: list[np.ndarray]) -> Agreement:
    """Compare raw outputs of two engines, one array [N, …] per output."""
    samples = len(ours[0])
    equal = np.ones(samples, bool)
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        equal &= (a == b).reshape(samples, -1).all(axis=1)
        worst = max(worst, worst_abs_error(a, b))
    return Agreement(samples, int(equal.sum()), worst)
