"""Integer weights of one operator, from samples of its inputs as they are quantized and of its results in float."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..elements import limits
from ..evaluate import dequantize
from ..graph import Op, Quantization
from ..opdef import data_operands, declaration
from .least_squares import nearest, quadratic, settle, spread_errors
from .scheme import BIAS_MAX, WEIGHT_MAX

#: Bytes of columns.
COLUMN_BYTES = 48 << 20
#: Results (places) that are looked at, per operator; four to each input of an output, if there are so many.
LEAST_PLACES = 4096
#: Inputs of one output beyond which moments take too long.
MOST_TAPS = 2048
#: Part of the mean square that is added to each input's own at least: what samples say of products is uncertain.
LEAST_DAMPING = 0.01
#: The same where real weights are fitted: to take back what operators before did wrong asks for more certainty.
LEAST_RIDGE, RIDGE = 0.05, 8.0
#: Scales that are tried, times the one that the extremes (int4: least squares on the weights) give.
SCALES = {"int8": np.linspace(1.0, 1.3, 61), "int4": np.linspace(0.7, 1.3, 61)}
#: Of them, how many go through the whole search, and the work (products) it may take.
SEARCHED, MOST_WORK = 8, 1e9


@dataclass(frozen=True)
class Moments:
    """What samples of an operator say: columns' products [G, K, K], and theirs with the missing part of results [G, O, K].

    Means are taken out, the bias sees to them.   rows  how many places were looked at.
    """

    columns: np.ndarray
    missing: np.ndarray
    rows: int

    def error(self, change: np.ndarray) -> float:
        """Squared error of the results when the weights are off by ``change`` [G, O, K], less one that is the same for all."""
        return float((quadratic(self.columns, change) - 2 * (self.missing * change).sum(axis=-1)).sum())


def moments(op: Op, weights: np.ndarray, x: np.ndarray, wanted: np.ndarray, rng: np.random.Generator) -> Moments:
    """Of inputs ``x`` as they are quantized and the float graph's results ``wanted`` [places…, channels]; float weights."""
    products = declaration(op.name).products
    assert products is not None
    filters = products.filters(op, weights)
    groups, outputs, taps = filters.shape
    places = wanted.size // wanted.shape[-1]
    count = int(np.clip(COLUMN_BYTES // (4 * groups * taps), 256, max(LEAST_PLACES, 4 * taps)))
    chosen = np.arange(places) if places <= count else np.sort(rng.choice(places, count, replace=False))
    columns = products.columns(op, x, chosen).astype(np.float32)
    columns = columns - columns.mean(axis=1, keepdims=True)
    results = wanted.reshape(places, -1)[chosen].reshape(len(chosen), groups, outputs).transpose(1, 0, 2)
    missing = results - columns @ filters.swapaxes(1, 2).astype(np.float32)
    missing = missing - missing.mean(axis=1, keepdims=True)
    return Moments(
        (columns.swapaxes(1, 2) @ columns).astype(np.float64) / len(chosen),
        (missing.swapaxes(1, 2) @ columns).astype(np.float64) / len(chosen),
        len(chosen),
    )


def rounded(op: Op, weights: np.ndarray, bias: np.ndarray, fit: Moments) -> tuple[np.ndarray, Quantization]:
    """(integers, their quantization) of ``weights`` that the operator now has as integers by themselves.

    bias  real, which the new scale must let fit.
    """
    decl = declaration(op.name)
    assert decl.weight is not None and decl.products is not None
    value = op.operand(decl.weight[0])
    assert value.quant is not None
    filters = decl.products.filters(op, weights).astype(np.float64)
    groups, outputs, taps = filters.shape
    ends = limits("int4") if value.dtype == "int4" else (-WEIGHT_MAX, WEIGHT_MAX)
    damped = _damped(fit, LEAST_DAMPING, 1)
    regressed = np.linalg.solve(_damped(fit, LEAST_RIDGE, RIDGE), fit.missing.swapaxes(1, 2)).swapaxes(1, 2)
    wanted = filters + regressed
    wanted = np.where(filters == 0, 0, wanted)
    scales = _candidates(value.quant, value.dtype, groups, outputs, _least_scales(op, bias))
    scales = _promising(damped, wanted, scales, ends, _searched(groups, outputs, taps))
    steps, scale = _search(damped, wanted, filters == 0, scales, ends)
    quant = Quantization(scale.reshape(-1).astype(np.float32), value.quant.zero_point, value.quant.axis)
    return decl.products.weights(op, steps.astype(np.int8), weights.shape), quant


def _damped(fit: Moments, least_share: float, times: float) -> np.ndarray:
    """The columns' moments with more weight on their own squares, ``times`` more the fewer places were looked at."""
    taps = fit.columns.shape[1]
    own = np.einsum("gkk->gk", fit.columns)
    least = 1e-6 * own.max(axis=1, initial=0, keepdims=True) + 1e-30  # inputs that were always the same
    damped = fit.columns.copy()
    share = max(least_share, times * taps / fit.rows)
    damped[:, np.arange(taps), np.arange(taps)] += share * np.maximum(own, own.mean(axis=1, keepdims=True)) + least
    return damped


def _least_scales(op: Op, bias: np.ndarray) -> np.ndarray:
    """Scales [channels] below which the bias does not fit."""
    quant = data_operands(op)[0][1].quant
    assert quant is not None
    dtype = "int64" if data_operands(op)[0][1].dtype == "int16" else "int32"
    least: np.ndarray = np.abs(bias) / (float(quant.scale[0]) * BIAS_MAX[dtype]) * (1 + 2**-20)
    return least


def _candidates(quant: Quantization, dtype: str, groups: int, outputs: int, least: np.ndarray) -> np.ndarray:
    """Scales to be tried, float32 values, [G, O, S]."""
    own = np.broadcast_to(quant.scale, (groups * outputs,)).astype(np.float64)
    scales = np.maximum(own[:, None] * SCALES[dtype], np.maximum(least, np.finfo(np.float32).tiny)[:, None])
    stored: np.ndarray = scales.astype(np.float32).astype(np.float64).reshape(groups, outputs, -1)
    return stored


def _searched(groups: int, outputs: int, taps: int) -> int:
    """How many scales of each channel the search may try."""
    return int(np.clip(MOST_WORK // (groups * outputs * taps**2), 1, SEARCHED))


def _promising(
    moments: np.ndarray, wanted: np.ndarray, scales: np.ndarray, ends: tuple[int, int], count: int
) -> np.ndarray:
    """The ``count`` scales of each channel at which the nearest integers would err least for independent inputs."""
    own = np.einsum("gkk->gk", moments)[:, None]
    errors = np.stack(
        [
            (own * (nearest(wanted, s, ends) * s[..., None] - wanted) ** 2).sum(axis=2)
            for s in np.moveaxis(scales, 2, 0)
        ],
        axis=2,
    )
    best = np.argsort(errors, axis=2, kind="stable")[:, :, :count]
    promising: np.ndarray = np.take_along_axis(scales, best, axis=2)
    return promising


def _search(
    moments: np.ndarray, wanted: np.ndarray, kept: np.ndarray, scales: np.ndarray, ends: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """(integers [G, O, K], scale [G, O]) with the least error over the scales."""
    groups, outputs, count = scales.shape

    def spread(array: np.ndarray) -> np.ndarray:
        """[G, O, K] once for each scale: [G, O · S, K]."""
        return np.repeat(array, count, axis=1)

    flat, real, zero = scales.reshape(groups, -1), spread(wanted), spread(kept)
    steps = spread_errors(moments, real.copy(), flat, ends, zero)
    steps = settle(moments, real, steps, flat, ends, zero)
    errors = quadratic(moments, steps * flat[..., None] - real).reshape(scales.shape)
    best = errors.argmin(axis=2)
    chosen = steps.reshape(groups, outputs, count, -1)[np.arange(groups)[:, None], np.arange(outputs), best]
    return chosen, np.take_along_axis(scales, best[..., None], axis=2)[..., 0]


def change(op: Op, steps: np.ndarray, quant: Quantization, weights: np.ndarray) -> np.ndarray:
    """How far integers are from the real weights, [G, O, K]."""
    products = declaration(op.name).products
    assert products is not None
    return products.filters(op, dequantize(steps, quant) - weights).astype(np.float64)
