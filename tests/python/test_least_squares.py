"""Integers by least squares: the order of work against the same in plain loops, and what every result must be."""

from __future__ import annotations

import numpy as np
import pytest

from arenite.graph import Quantization
from arenite.passes.least_squares import BLOCK, quadratic, settle, spread_errors
from arenite.passes.rounding import _candidates

LIMITS = (-8, 7)


def correlated(taps: int, seed: int) -> np.ndarray:
    """Second moments [taps, taps] of inputs that hang together."""
    rng = np.random.default_rng(seed)
    columns = rng.standard_normal((4 * taps, taps)) @ rng.standard_normal((taps, taps)) * rng.uniform(0.2, 2, taps)
    result: np.ndarray = columns.T @ columns / len(columns) + 0.01 * np.eye(taps)
    return result


def plainly(moments: np.ndarray, weights: np.ndarray, scale: float, kept: np.ndarray) -> np.ndarray:
    """GPTQ as it is told: round the column of the largest moment, spread its error by the inverse, leave it out."""
    rest, steps = weights.astype(float).copy(), np.zeros(len(weights))
    left = list(np.argsort(-np.diag(moments), kind="stable"))
    while left:
        column = left[0]
        steps[column] = 0 if kept[column] else np.clip(np.rint(rest[column] / scale), *LIMITS)
        inverse = np.linalg.inv(moments[np.ix_(left, left)])
        rest[left] -= (rest[column] - scale * steps[column]) / inverse[0, 0] * inverse[0]
        left = left[1:]
    return steps


@pytest.mark.parametrize("taps", [1, 5, BLOCK + 7])
def test_the_same_integers_as_in_plain_loops(taps: int) -> None:
    rng = np.random.default_rng(taps)
    moments = np.stack([correlated(taps, taps), correlated(taps, taps + 1)])
    weights, scales = rng.standard_normal((2, 3, taps)), rng.uniform(0.1, 0.4, (2, 3))
    kept = rng.random(weights.shape) < 0.2
    weights = np.where(kept, 0, weights)
    found = spread_errors(moments, weights, scales, LIMITS, kept)
    for group in range(2):
        for output in range(3):
            expected = plainly(moments[group], weights[group, output], scales[group, output], kept[group, output])
            np.testing.assert_array_equal(found[group, output], expected)


def test_zeros_stay_zero_though_others_would_gain_by_them() -> None:
    rng = np.random.default_rng(1)
    moments, scales = correlated(20, 1)[None], np.full((1, 4), 0.3)
    kept = rng.random((1, 4, 20)) < 0.5
    weights, free = np.where(kept, 0, rng.standard_normal(kept.shape)), np.zeros_like(kept)
    for search in (spread_errors, lambda h, w, *rest: settle(h, w, np.zeros_like(w), *rest)):
        assert search(moments, weights, scales, LIMITS, free)[kept].any()
        assert not search(moments, weights, scales, LIMITS, kept)[kept].any()


def test_no_single_step_is_left_that_gains() -> None:
    taps, rng = BLOCK + 9, np.random.default_rng(3)
    moments = correlated(taps, 3)[None]
    weights, scales = rng.standard_normal((1, 4, taps)), rng.uniform(0.2, 0.5, (1, 4))
    kept = rng.random(weights.shape) < 0.1
    start = np.where(kept, 0, rng.integers(-8, 8, weights.shape)).astype(float)

    def errors(steps: np.ndarray) -> np.ndarray:
        return quadratic(moments, steps * scales[..., None] - weights)

    steps = settle(moments, weights, start, scales, LIMITS, kept, sweeps=200)
    assert (errors(steps) < errors(start)).all() and not steps[kept].any()
    for tap in range(taps):
        for change in (-1, 1):
            other = steps.copy()
            other[:, :, tap] = np.clip(other[:, :, tap] + change, *LIMITS)
            assert (kept[:, :, tap] | (errors(other) >= errors(steps) - 1e-9)).all()


def test_no_scale_is_tried_at_which_the_bias_does_not_fit() -> None:
    quant = Quantization(np.array([0.5, 0.5], np.float32), np.zeros(2, np.int64), 0)
    for dtype in ("int8", "int4"):
        free, bound = (_candidates(quant, dtype, 1, 2, least)[0] for least in (np.zeros(2), np.array([0.0, 0.55])))
        assert free.min() <= 0.5 and (bound[1] >= np.float32(0.55)).all()
        np.testing.assert_array_equal(bound[0], free[0])
