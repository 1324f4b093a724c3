"""Weights to integers so that an operator's results, not its weights, err least: the closest points of a lattice.

With the columns' second moments H and the real weights w, the integers q of one output at scale s shall make
(s·q − w)ᵀ H (s·q − w) small. Rounding one weight after the other, and spreading each one's error over those that are still
real by the inverse of H (as GPTQ does), comes near; single weights that still gain by a step up or down then take it.
Arrays hold G groups of channels: moments [G, K, K], weights [G, B, K], scales [G, B].
"""

from __future__ import annotations

import numpy as np

#: Columns whose errors are spread over the others at once: products of matrices instead of vectors.
BLOCK = 32


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
    Column k is rounded after Σ (weight − rounded)[j] · U[j, k] over the columns j before it was added, where H = U D Uᵀ with
    U upper triangular and ones on its diagonal: the same integers as by the inverse of H, which it does without.
    """
    order = np.argsort(-np.einsum("gkk->gk", moments), axis=1, kind="stable")
    columns, zero = _columns(weights, order), _columns(kept, order)
    spread = _unit_triangle(_sorted(moments, order)).swapaxes(1, 2)
    steps, errors, rest = np.zeros_like(columns), np.zeros_like(columns), columns.copy()
    for begin in range(0, columns.shape[1], BLOCK):
        end = min(begin + BLOCK, columns.shape[1])
        rest[:, begin:end] += spread[:, begin:end, :begin] @ errors[:, :begin]
        for k in range(begin, end):
            steps[:, k] = _rounded(rest[:, k] / scales, limits, zero[:, k])
            errors[:, k] = columns[:, k] - scales * steps[:, k]
            rest[:, k + 1 : end] += spread[:, k + 1 : end, k, None] * errors[:, None, k]
    result = np.empty_like(weights)
    np.put_along_axis(result.swapaxes(1, 2), order[:, :, None], steps, axis=1)
    return result


def _columns(array: np.ndarray, order: np.ndarray) -> np.ndarray:
    """[G, B, K] as [G, K, B], where a column lies in one piece, in ``order``."""
    return np.take_along_axis(array.swapaxes(1, 2), order[:, :, None], axis=1)


def _sorted(moments: np.ndarray, order: np.ndarray) -> np.ndarray:
    rows: np.ndarray = np.take_along_axis(moments, order[:, :, None], axis=1)
    return np.take_along_axis(rows, order[:, None, :], axis=2)


def _unit_triangle(moments: np.ndarray) -> np.ndarray:
    """U of U D Uᵀ, upper triangular with ones on its diagonal: Cholesky from the other end."""
    upper = np.linalg.cholesky(moments[:, ::-1, ::-1])[:, ::-1, ::-1]
    unit: np.ndarray = upper / np.einsum("gkk->gk", upper)[:, None]
    return unit


def _rounded(wanted: np.ndarray, limits: tuple[int, int], zero: np.ndarray) -> np.ndarray:
    """The nearest integers within ``limits``, 0 where ``zero``; in place of ``wanted``."""
    np.rint(wanted, out=wanted)
    np.maximum(wanted, limits[0], out=wanted)
    np.minimum(wanted, limits[1], out=wanted)
    wanted[zero] = 0
    return wanted


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
    columns, zero = np.ascontiguousarray(steps.swapaxes(1, 2)), np.ascontiguousarray(kept.swapaxes(1, 2))
    gradient = moments @ (scales[:, None] * columns - weights.swapaxes(1, 2))
    for _ in range(sweeps):
        before = columns.copy()
        for begin in range(0, columns.shape[1], BLOCK):
            _settle_block(moments, columns, gradient, scales, limits, zero, slice(begin, begin + BLOCK))
        if np.array_equal(columns, before):
            break
    return np.ascontiguousarray(columns.swapaxes(1, 2))


def _settle_block(
    moments: np.ndarray,
    steps: np.ndarray,
    gradient: np.ndarray,
    scales: np.ndarray,
    limits: tuple[int, int],
    zero: np.ndarray,
    block: slice,
) -> None:
    """One sweep over the columns of ``block``; ``steps`` and ``gradient`` [G, K, B] follow."""
    before, own, local = steps[:, block].copy(), moments[:, block, block], gradient[:, block].copy()
    for k in range(before.shape[1]):
        best = _rounded(before[:, k] - local[:, k] / (own[:, k, k, None] * scales), limits, zero[:, block][:, k])
        local[:, k + 1 :] += own[:, k + 1 :, k, None] * ((best - before[:, k]) * scales)[:, None]
        steps[:, block][:, k] = best
    gradient += moments[:, :, block] @ ((steps[:, block] - before) * scales[:, None])
