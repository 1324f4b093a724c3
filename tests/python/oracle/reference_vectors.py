"""The integer arithmetic of TFLite's int8 operators on vectors and products, written a second time as in reference_int8.py."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from oracle.reference_int8 import (
    Array,
    centred,
    clipped,
    exp_negative,
    fixed,
    one_over_one_plus,
    quantize_multiplier,
    rdbpot,
    rescale,
    rescale_wide,
    scale_of,
    shift_saturating,
    srdhm,
    zero_of,
)

from arenite.graph import Op


def leading_zeros(x: int) -> int:
    return 32 - x.bit_length()


def log_at_least_one(x: int) -> int:
    """TFLite log_x_for_x_greater_than_or_equal_to_1: Q12.19 to Q5.26."""
    root = 2.0**0.25
    half = fixed(math.sqrt(0.5), 31)
    zeros = leading_zeros(x)
    first = int(shift_saturating(srdhm(x << (zeros - 1), half), 1))
    first_power = ((12 - zeros) << 25) + 2**23
    zeros = leading_zeros(int(srdhm(x, half))) - 1
    second = int(shift_saturating(np.int64(x), zeros))
    second_power = ((12 - zeros) << 25) - 2**23
    r, power = min(first, second), max(first_power, second_power)
    centre = fixed(1 / root, 31)
    mean, q = (r + centre + 1) // 2, 2 * (r - centre)
    square = srdhm(q, q)
    numerator = srdhm(q, r) + srdhm(srdhm(q, square), fixed(11 / 240 * root, 31))
    inner = fixed(2 / root - root, 31) + q + srdhm(fixed(root / 20, 31), square)
    reciprocal = one_over_one_plus(srdhm(mean, inner) + srdhm(fixed(root / 4, 31), q))
    total = srdhm(power, fixed(math.log(2), 31)) + srdhm(rdbpot(numerator, 6), reciprocal)
    return int(shift_saturating(total, 1))


def log_softmax(op: Op, x: Array) -> Array:
    real = min(scale_of(op.operand(0)) * 2.0**26, 2.0**31 - 1)
    multiplier = quantize_multiplier(real)
    smallest = -math.floor(31 * 2**26 / 2 ** multiplier[1])
    result = np.full(x.shape, -128, np.int8)
    for place in np.ndindex(x.shape[:-1]):
        row = x[place].astype(np.int64)
        counts = row - row.max() >= smallest
        difference = rescale(np.where(counts, row - row.max(), 0), multiplier)
        log = log_at_least_one(int(rdbpot(exp_negative(difference, 5), 12)[counts].sum()))
        codes = np.clip(rdbpot(difference - log, 22) + 127, -128, 127)
        result[place] = np.where(counts, codes, -128)
    return result


def inverse_sqrt(x: int) -> tuple[int, int]:
    """TFLite GetInvSqrtQuantizedMultiplierExp: Newton's steps with 28 bits of fraction."""
    if x <= 1:
        return 2**31 - 1, 0
    right = 11
    while x >= 2**29:
        x, right = x // 4, right + 1
    while x < 2**27:
        x, right = x * 4, right - 1
    half, y = rdbpot(x >> 1, 1), np.int64(2**28)
    for _ in range(5):
        cube = shift_saturating(srdhm(srdhm(y, y), y), 6)
        y = shift_saturating(srdhm(3 * 2**27, y) - srdhm(half, cube), 3)
    y = srdhm(y, fixed(math.sqrt(0.5), 31))
    return (int(y) << max(-right, 0), -max(right, 0))


def l2_normalization(op: Op, x: Array) -> Array:
    centre = centred(x, op.operand(0))
    result = np.empty(x.shape, np.int64)
    for place in np.ndindex(x.shape[:-1]):
        multiplier, shift = inverse_sqrt(int((centre[place] ** 2).sum()))
        result[place] = rescale(centre[place], (multiplier, shift + 7))
    return clipped(result, op.output)


def reduce_prod(op: Op, x: Array, axes: Array) -> Array:
    reduced = sorted({int(a) % x.ndim for a in axes.ravel()})
    v, y = op.operand(0), op.output
    lines = np.moveaxis(centred(x, v), reduced, range(x.ndim - len(reduced), x.ndim))
    lines = lines.reshape(*lines.shape[: x.ndim - len(reduced)], -1)
    step = quantize_multiplier(scale_of(v) / scale_of(y) ** (1 / lines.shape[-1]))
    product = lines[..., 0]
    for i in range(1, lines.shape[-1]):
        product = rescale_wide(product * lines[..., i], step)
    return clipped(rescale_wide(product, step) + zero_of(y), y).reshape(y.shape)


OPERATORS: dict[str, Callable[..., Array]] = {
    "l2_normalization": l2_normalization,
    "log_softmax": log_softmax,
    "reduce_prod": reduce_prod,
}
