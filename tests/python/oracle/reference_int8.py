"""The integer arithmetic of TFLite Micro's int8 and int16 operators, written a second time: numpy and Python integers only.

It shares no line with the kernels or with ``arenite.fixed_point``: scale ratios are Python floats (IEEE doubles, as in
TFLite), gemmlowp's functions are written as it defines them, constants are computed from what they mean. Slow and plain.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from arenite.graph import Op, Value

Array = np.ndarray
BOUNDS = {"NONE": (None, None), "RELU": (0.0, None), "RELU_N1_TO_1": (-1.0, 1.0), "RELU6": (0.0, 6.0)}


# --- fixed point ----------------------------------------------------------------------------------------------------
def quantize_multiplier(real: float) -> tuple[int, int]:
    fraction, shift = math.frexp(real)
    multiplier = math.floor(fraction * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    return (0, 0) if shift < -31 else (multiplier, shift)


def srdhm(a: Any, b: Any) -> Array:
    """gemmlowp SaturatingRoundingDoublingHighMul: the nudge has the product's sign, the division truncates."""
    ab = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    nudged = ab + np.where(ab >= 0, 2**30, 1 - 2**30)
    return np.minimum(np.sign(nudged) * (np.abs(nudged) // 2**31), 2**31 - 1)


def rdbpot(x: Any, exponent: int) -> Array:
    """gemmlowp RoundingDivideByPOT: nearest, halves away from zero."""
    x = np.asarray(x, np.int64)
    return x if exponent == 0 else np.sign(x) * ((np.abs(x) + 2 ** (exponent - 1)) >> exponent)


def rescale(x: Any, multiplier: tuple[int, int]) -> Array:
    """MultiplyByQuantizedMultiplier; 32 bits wrap in the left shift."""
    m, shift = multiplier
    left = ((np.asarray(x, np.int64) << max(shift, 0)) + 2**31) % 2**32 - 2**31
    return rdbpot(srdhm(left, m), max(-shift, 0))


def rescale_wide(x: Any, multiplier: tuple[int, int]) -> Array:
    """MultiplyByQuantizedMultiplier of 64-bit sums: one rounding, ties up, with 15 bits of the multiplier."""
    m, shift = multiplier
    reduced = 2**15 - 1 if m >= 0x7FFF0000 else (m + 2**15) // 2**16
    wrapped = [((int(v) * reduced + 2 ** (14 - shift)) + 2**63) % 2**64 - 2**63 for v in np.ravel(x)]
    low = [((v >> (15 - shift)) + 2**31) % 2**32 - 2**31 for v in wrapped]
    return np.array(low, np.int64).reshape(np.shape(x))


def scale_of(value: Value, channel: int = 0) -> float:
    assert value.quant is not None
    return float(value.quant.scale[channel])


def zero_of(value: Value) -> int:
    assert value.quant is not None
    return int(value.quant.zero_point[0])


def steps(bound: float, scale: float) -> int:
    """round(bound / scale) of float32 division, halves away from zero."""
    quotient = float(np.float32(bound) / np.float32(scale))
    return int(math.copysign(math.floor(abs(quotient) + 0.5), quotient))


def clipped(q: Array, output: Value, activation: str = "NONE") -> Array:
    low, high = BOUNDS[activation]
    zero, scale = zero_of(output), scale_of(output)
    codes = np.iinfo(output.dtype)
    least = codes.min if low is None else max(codes.min, zero + steps(low, scale))
    most = codes.max if high is None else min(codes.max, zero + steps(high, scale))
    return np.minimum(np.maximum(q, least), most).astype(output.dtype)


def centred(q: Array, value: Value) -> Array:
    return q.astype(np.int64) - zero_of(value)


# --- convolution, pooling -------------------------------------------------------------------------------------------
def windows(op: Op, kernel: tuple[int, int], size: tuple[int, int]) -> list[list[tuple[int, list[tuple[int, int]]]]]:
    """Per axis, per output: its index and the (tap, input position) pairs that lie inside the image."""
    result = []
    for axis, k, n in zip("hw", kernel, size, strict=True):
        stride, dilation = op.attrs[f"stride_{axis}"], op.attrs.get(f"dilation_{axis}_factor", 1)
        extent = (k - 1) * dilation + 1
        if op.attrs["padding"] == "SAME":
            outputs = math.ceil(n / stride)
            before = max((outputs - 1) * stride + extent - n, 0) // 2
        else:
            outputs, before = (n - extent) // stride + 1, 0
        result.append([
            (i, [(t, p) for t in range(k) if 0 <= (p := i * stride - before + t * dilation) < n])
            for i in range(outputs)
        ])  # fmt: skip
    return result


def conv_2d(op: Op, x: Array, w: Array, b: Array | None = None) -> Array:
    filters, kh, kw, depth = w.shape
    groups = x.shape[3] // depth
    data, weights = centred(x, op.operand(0)), w.astype(np.int64)
    rows, columns = windows(op, (kh, kw), x.shape[1:3])
    acc = np.zeros((len(x), len(rows), len(columns), filters), np.int64)
    per_group = filters // groups
    for (i, taps_y), (j, taps_x) in product(rows, columns):
        for (ty, y), (tx, xx) in product(taps_y, taps_x):
            for g in range(groups):
                outs = slice(g * per_group, (g + 1) * per_group)
                acc[:, i, j, outs] += data[:, y, xx, g * depth : (g + 1) * depth] @ weights[outs, ty, tx].T
    return requantized(op, acc, b)


def depthwise_conv_2d(op: Op, x: Array, w: Array, b: Array | None = None) -> Array:
    _, kh, kw, outputs = w.shape
    data = np.repeat(centred(x, op.operand(0)), outputs // x.shape[3], axis=3)
    rows, columns = windows(op, (kh, kw), x.shape[1:3])
    acc = np.zeros((len(x), len(rows), len(columns), outputs), np.int64)
    for (i, taps_y), (j, taps_x) in product(rows, columns):
        for (ty, y), (tx, xx) in product(taps_y, taps_x):
            acc[:, i, j] += data[:, y, xx] * w[0, ty, tx].astype(np.int64)
    return requantized(op, acc, b)


def fully_connected(op: Op, x: Array, w: Array, b: Array | None = None) -> Array:
    acc = centred(x, op.operand(0)).reshape(-1, w.shape[1]) @ centred(w, op.operand(1)).T
    return requantized(op, acc, b).reshape(op.output.shape)


def requantized(op: Op, acc: Array, b: Array | None) -> Array:
    """Bias, per-channel multiplier, zero point, clamp. The channel is the last axis.

    int16: sums of 64 bits, but of 32 in a convolution with an int32 bias.
    """
    x, w, y = op.operand(0), op.operand(1), op.output
    assert w.quant is not None
    acc = acc if b is None else acc + b
    narrow = x.dtype == "int8" or (op.name == "conv_2d" and b is not None and b.dtype == np.int32)
    result = np.empty(acc.shape, np.int64)
    for c in range(acc.shape[-1]):
        ratio = scale_of(x) * scale_of(w, c if w.quant.is_per_channel else 0) / scale_of(y)
        multiplier = quantize_multiplier(ratio)
        result[..., c] = rescale(acc[..., c], multiplier) if narrow else rescale_wide(acc[..., c], multiplier)
    return clipped(result + zero_of(y), y, op.attrs["fused_activation_function"])


def pooled(op: Op, x: Array, reduce: Callable[[Array], Array]) -> Array:
    rows, columns = windows(op, (op.attrs["filter_height"], op.attrs["filter_width"]), x.shape[1:3])
    result = np.empty((len(x), len(rows), len(columns), x.shape[3]), np.int64)
    for (i, taps_y), (j, taps_x) in product(rows, columns):
        places = [x[:, y, xx].astype(np.int64) for (_, y), (_, xx) in product(taps_y, taps_x)]
        result[:, i, j] = reduce(np.stack(places))
    return clipped(result, op.output, op.attrs["fused_activation_function"])


def average_pool_2d(op: Op, x: Array) -> Array:
    def rounded_mean(places: Array) -> Array:
        total, n = places.sum(0), len(places)
        return np.sign(total) * ((np.abs(total) + n // 2) // n)

    return pooled(op, x, rounded_mean)


def max_pool_2d(op: Op, x: Array) -> Array:
    return pooled(op, x, lambda places: places.max(0))


# --- element-wise ---------------------------------------------------------------------------------------------------
def add(op: Op, a: Array, b: Array) -> Array:
    va, vb, y = op.operand(0), op.operand(1), op.output
    bits = 15 if y.dtype == "int16" else 20
    twice = 2 * max(scale_of(va), scale_of(vb))
    parts = [
        rescale(centred(q, v) << bits, quantize_multiplier(scale_of(v) / twice)) for q, v in ((a, va), (b, vb))
    ]  # fmt: skip
    total = rescale(parts[0] + parts[1], quantize_multiplier(twice / (2**bits * scale_of(y))))
    return clipped(total + zero_of(y), y, op.attrs["fused_activation_function"])


def mul(op: Op, a: Array, b: Array) -> Array:
    va, vb, y = op.operand(0), op.operand(1), op.output
    ratio = quantize_multiplier(scale_of(va) * scale_of(vb) / scale_of(y))
    return clipped(
        rescale(centred(a, va) * centred(b, vb), ratio) + zero_of(y), y, op.attrs["fused_activation_function"]
    )


def requantize(op: Op, x: Array, activation: str = "NONE") -> Array:
    v, y = op.operand(0), op.output
    return clipped(rescale(centred(x, v), quantize_multiplier(scale_of(v) / scale_of(y))) + zero_of(y), y, activation)


def quantize(op: Op, x: Array) -> Array:
    if x.dtype != np.float32:
        return requantize(op, x)
    quotient = (x / np.float32(scale_of(op.output))).astype(np.float64)
    away = np.sign(quotient) * np.floor(np.abs(quotient) + 0.5)
    return clipped(np.clip(away, -(2**18), 2**18).astype(np.int64) + zero_of(op.output), op.output)


def dequantize(op: Op, x: Array) -> Array:
    return (scale_of(op.operand(0)) * centred(x, op.operand(0)).astype(np.float64)).astype(np.float32)


# --- exponential ----------------------------------------------------------------------------------------------------
def fixed(real: float, fraction_bits: int) -> int:
    return math.floor(real * 2**fraction_bits + 0.5)


def shift_saturating(x: Array, bits: int) -> Array:
    return np.clip(np.asarray(x, np.int64) << bits, -(2**31), 2**31 - 1)


def exp_negative(a: Array, integer_bits: int) -> Array:
    """gemmlowp exp_on_negative_values: a <= 0 with 31 − integer_bits fraction bits; Q0.31."""
    fraction = 31 - integer_bits
    quarter = 2 ** (fraction - 2)
    rest = np.asarray(a, np.int64) % quarter - quarter
    x = (rest << integer_bits) + fixed(1 / 8, 31)
    x2, x3, x4 = srdhm(x, x), srdhm(srdhm(x, x), x), srdhm(srdhm(x, x), srdhm(x, x))
    tail = rdbpot(srdhm(rdbpot(x4, 2) + x3, fixed(1 / 3, 31)) + x2, 1)
    eighth = fixed(math.exp(-1 / 8), 31)
    result = eighth + srdhm(eighth, x + tail)
    for exponent in range(-2, integer_bits):
        factor = srdhm(result, fixed(math.exp(-(2.0**exponent)), 31))
        result = np.where((rest - a) & 2 ** (fraction + exponent), factor, result)
    return np.where(np.asarray(a) == 0, 2**31 - 1, result)


def one_over_one_plus(a: Array) -> Array:
    """gemmlowp one_over_one_plus_x_for_x_in_0_1: Q0.31 in and out."""
    half = (np.asarray(a, np.int64) + 2**31) // 2
    x = fixed(48 / 17, 29) + srdhm(half, fixed(-32 / 17, 29))
    for _ in range(3):
        x = x + shift_saturating(srdhm(x, 2**29 - srdhm(half, x)), 2)
    return shift_saturating(x, 1)


def softmax(op: Op, x: Array) -> Array:
    real = min(op.attrs["beta"] * scale_of(op.operand(0)) * 2.0**26, 2.0**31 - 1)
    multiplier = quantize_multiplier(real)
    smallest = -math.floor(31 * 2**26 / 2 ** multiplier[1])
    result = np.full(x.shape, -128, np.int8)
    for place in np.ndindex(x.shape[:-1]):
        row = x[place].astype(np.int64)
        difference = row - row.max()
        counts = difference >= smallest
        power = exp_negative(rescale(np.where(counts, difference, 0), multiplier), 5)
        total = int(rdbpot(power, 12)[counts].sum())
        zeros = 32 - total.bit_length()
        scale = one_over_one_plus(np.int64((total << zeros) - 2**31))
        share = rdbpot(srdhm(scale, power), 12 - zeros + 23)
        result[place] = np.where(counts, np.clip(share - 128, -128, 127), -128)
    return result


def logistic(op: Op, x: Array) -> Array:
    m, shift = math.frexp(scale_of(op.operand(0)) * 2.0**27)
    radius = max(math.floor(15 * 2**27 / 2**shift), 1)  # TFLite's 0, from scales of 8 on, would turn x = 0 into 0
    d = centred(x, op.operand(0))
    inside = np.clip(d, -radius + 1, radius - 1)
    q4 = rescale(inside, (int(m * 2**31), shift))
    positive = one_over_one_plus(exp_negative(-np.abs(q4), 4))
    result = np.where(q4 == 0, 2**30, np.where(q4 > 0, positive, 2**31 - 1 - positive))
    y = np.clip(rdbpot(result, 23) - 128, -128, 127)
    return np.where(d <= -radius, -128, np.where(d >= radius, 127, y)).astype(np.int8)


# --- the rest -------------------------------------------------------------------------------------------------------
def mean(op: Op, x: Array, axes: Array) -> Array:
    reduced = tuple(sorted({int(a) % x.ndim for a in axes.ravel()}))
    count = math.prod(x.shape[a] for a in reduced)
    v, y = op.operand(0), op.output
    multiplier, exponent = quantize_multiplier(scale_of(v) / scale_of(y))
    shift = min(count.bit_length() - 1, 32, 31 + exponent)
    folded = ((multiplier << shift) // count, exponent - shift)
    total = np.asarray(x.astype(np.int64).sum(reduced, keepdims=op.attrs["keep_dims"]))
    return clipped(rescale(total - zero_of(v) * count, folded) + zero_of(y), y)


def total(op: Op, x: Array, axes: Array) -> Array:
    reduced = tuple(sorted({int(a) % x.ndim for a in axes.ravel()}))
    v, y = op.operand(0), op.output
    sums = np.asarray(centred(x, v).sum(reduced, keepdims=op.attrs["keep_dims"]))
    return clipped(rescale(sums, quantize_multiplier(scale_of(v) / scale_of(y))) + zero_of(y), y)


def pad(op: Op, x: Array, paddings: Array) -> Array:
    return np.pad(x, [tuple(p) for p in paddings], constant_values=zero_of(op.operand(0)))


def concatenation(op: Op, *parts: Array) -> Array:
    return np.concatenate(parts, op.attrs["axis"])


def resize_bilinear(op: Op, x: Array, size: Array) -> Array:
    axes = []
    for n, m in zip(x.shape[1:3], (int(size[0]), int(size[1])), strict=True):
        less = 1 if op.attrs.get("align_corners") and m > 1 else 0
        scale = (1024 * (n - less) + (m - less) // 2) // (m - less)
        shift = int(scale / 2) - 512 if op.attrs.get("half_pixel_centers") else 0
        places = [i * scale + shift for i in range(m)]
        lows = [max(int(p / 1024), 0) for p in places]
        axes.append([(min(low, n - 1), min(int((p + 1023) / 1024), n - 1), p - 1024 * low)
                     for p, low in zip(places, lows, strict=True)])  # fmt: skip
    result = np.empty(op.output.shape, op.output.dtype)
    for (i, (y0, y1, v)), (j, (x0, x1, u)) in product(enumerate(axes[0]), enumerate(axes[1])):
        corners = {(y0, x0): 0, (y0, x1): 0, (y1, x0): 0, (y1, x1): 0}
        for y, dy in ((y0, 1024 - v), (y1, v)):
            for xx, dx in ((x0, 1024 - u), (x1, u)):
                corners[y, xx] += dy * dx
        total = sum(x[:, y, xx].astype(np.int64) * weight for (y, xx), weight in corners.items())
        result[:, i, j] = np.sign(total) * ((np.abs(total) + 2**19) // 2**20)
    return result


def reshape(op: Op, x: Array, target: Array | None = None) -> Array:
    return x.reshape(op.output.shape)


OPERATORS: dict[str, Callable[..., Array]] = {
    "add": add,
    "average_pool_2d": average_pool_2d,
    "concatenation": concatenation,
    "conv_2d": conv_2d,
    "depthwise_conv_2d": depthwise_conv_2d,
    "dequantize": dequantize,
    "fully_connected": fully_connected,
    "logistic": logistic,
    "max_pool_2d": max_pool_2d,
    "mean": mean,
    "mul": mul,
    "pad": pad,
    "quantize": quantize,
    "relu": lambda op, x: requantize(op, x, "RELU"),
    "relu6": lambda op, x: requantize(op, x, "RELU6"),
    "reshape": reshape,
    "resize_bilinear": resize_bilinear,
    "softmax": softmax,
    "sum": total,
}
