"""Weights to integers so that an operator's results, not its weights, err least: the closest points of a lattice.

With the columns' second moments H and the real weights w, the integers q of one output at scale s shall make
(s·q − w)ᵀ H (s·q − w) small. Rounding one weight after the other, and spreading each one's error over those that are still
real by the inverse of H (as GPTQ does), comes near; single weights that still gain by a step up or down then take it.
Arrays hold G groups of channels: moments [G, K, K], weights [G, B, K], scales [G, B].
"""

from __future__ import annotations

import numpy as np

#: Columns whose errors are spread over the others at once: products of matrices instead of vectors.
BLOCK = 64


def quadratic(moments: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """errorᵀ H error, [G, B]."""
    result: np.ndarray = ((errors @ moments) * errors).sum(axis=-1)
    return result


def nearest(weights: np.ndarray, scales: np.ndarray, limits: tuple[int, int]) -> np.ndarray:
    """The nearest integers, [G, B, K]."""
    steps: np.ndarray = np.clip(np.rint(weights / scales[..., None]), *limits)
    return steps


def spread_errors(
    moments: np.ndarray, weights: np.ndarray, scales: np.ndarray, limits: tuple[int, int], kept: np.ndarray
) -> np.ndarray:
    """Integers one column after the other, each one's error spread over those that follow: [G, B, K].

    kept  bool [G, B, K]: weights that stay zero.
    """
    order = np.argsort(-np.einsum("gkk->gk", moments), axis=1, kind="stable")
    sorted_moments = np.take_along_axis(
        np.take_along_axis(moments, order[:, :, None], axis=1), order[:, None, :], axis=2
    )
    factor = np.linalg.cholesky(np.linalg.inv(sorted_moments)).swapaxes(1, 2)
    rest = np.take_along_axis(weights, order[:, None, :], axis=2)
    zero = np.take_along_axis(kept, order[:, None, :], axis=2)
    steps = np.zeros_like(rest)
    for begin in range(0, rest.shape[2], BLOCK):
        end = min(begin + BLOCK, rest.shape[2])
        errors = _round_block(rest, steps, zero, factor, scales, limits, begin, end)
        rest[:, :, end:] -= errors @ factor[:, begin:end, end:]
    result = np.empty_like(steps)
    np.put_along_axis(result, np.broadcast_to(order[:, None, :], steps.shape), steps, axis=2)
    return result


def _round_block(
    rest: np.ndarray,
    steps: np.ndarray,
    zero: np.ndarray,
    factor: np.ndarray,
    scales: np.ndarray,
    limits: tuple[int, int],
    begin: int,
    end: int,
) -> np.ndarray:
    """Round the columns from ``begin`` to ``end``; their errors over the factor's diagonal, [G, B, end − begin]."""
    errors = np.empty((*rest.shape[:2], end - begin))
    for k in range(begin, end):
        steps[:, :, k] = np.where(zero[:, :, k], 0, np.clip(np.rint(rest[:, :, k] / scales), *limits))
        error = (rest[:, :, k] - scales * steps[:, :, k]) / factor[:, None, k, k]
        rest[:, :, k + 1 : end] -= error[:, :, None] * factor[:, None, k, k + 1 : end]
        errors[:, :, k - begin] = error
    return errors


def settle(
    moments: np.ndarray,
    weights: np.ndarray,
    steps: np.ndarray,
    scales: np.ndarray,
    limits: tuple[int, int],
    kept: np.ndarray,
    sweeps: int = 3,
) -> np.ndarray:
    """``steps`` after each weight in turn has taken the integer that is best beside the others, ``sweeps`` times."""
    steps = steps.copy()
    gradient = (scales[..., None] * steps - weights) @ moments
    for _ in range(sweeps):
        changed = False
        for k in range(weights.shape[2]):
            wanted = steps[:, :, k] - gradient[:, :, k] / (moments[:, None, k, k] * scales)
            better = np.where(kept[:, :, k], 0, np.clip(np.rint(wanted), *limits))
            change = (better - steps[:, :, k]) * scales
            if change.any():
                changed = True
                steps[:, :, k] = better
                gradient += change[:, :, None] * moments[:, None, k, :]
        if not changed:
            break
    return steps
