"""The integer arithmetic of TFLite Micro's element-wise int8 operators, written a second time as in reference_int8.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from oracle import reference_int8
from oracle.reference_int8 import (
    Array,
    centred,
    clipped,
    exp_negative,
    fixed,
    quantize_multiplier,
    rdbpot,
    rescale,
    scale_of,
    shift_saturating,
    srdhm,
    steps,
    zero_of,
)
from oracle.reference_vectors import inverse_sqrt

from arenite.graph import Op, Value


# --- two operands -----------------------------------------------------------------------------------------------------
def sub(op: Op, a: Array, b: Array) -> Array:
    va, vb, y = op.operand(0), op.operand(1), op.output
    bits = 15 if y.dtype == "int16" else 20
    twice = 2 * max(scale_of(va), scale_of(vb))
    first, second = (
        rescale(centred(q, v) << bits, quantize_multiplier(scale_of(v) / twice)) for q, v in ((a, va), (b, vb))
    )
    total = rescale(first - second, quantize_multiplier(twice / (2**bits * scale_of(y))))
    return clipped(total + zero_of(y), y, op.attrs["fused_activation_function"])


def summed(op: Op, steps_of: Array) -> Array:
    """Steps of operand 0's scale in the output's, as ADD_N and CUMSUM round them: 19 bits of fraction, or what 31 leave."""
    v, y = op.operand(0), op.output
    m, shift = quantize_multiplier(2 * scale_of(v) / (2**20 * scale_of(y)))
    result = np.zeros(steps_of.shape, np.int64)
    for dropped in range(20):
        fits = np.abs(steps_of) < 2 ** (12 + dropped)
        fine = rescale(steps_of << (19 - dropped), (m, min(shift + dropped, 0)))
        result = np.where(fits & ((np.abs(steps_of) >= 2 ** (11 + dropped)) | (dropped == 0)), fine, result)
    return clipped(result + zero_of(y), y)


def add_n(op: Op, *operands: Array) -> Array:
    return summed(op, np.sum([centred(x, op.operand(0)) for x in operands], 0))


def cumsum(op: Op, x: Array, axis: Array) -> Array:
    lines = np.moveaxis(centred(x, op.operand(0)), int(axis), -1)
    count = lines.shape[-1]
    pairs = np.subtract.outer(np.arange(count), np.arange(count)) * (-1 if op.attrs["reverse"] else 1)  # [to, from]
    counts = (pairs > 0) if op.attrs["exclusive"] else (pairs >= 0)
    return summed(op, np.moveaxis(lines @ counts.T.astype(np.int64), -1, int(axis)))


def prelu(op: Op, x: Array, alpha: Array) -> Array:
    vx, va, y = op.operand(0), op.operand(1), op.output
    d = centred(x, vx)
    positive = rescale(d, quantize_multiplier(scale_of(vx) / scale_of(y)))
    m, shift = quantize_multiplier(scale_of(vx) * scale_of(va) / scale_of(y))
    most = (2**31 - 1) >> max(shift, 0) if alpha.dtype == np.int16 else 2**31  # wraps in no left shift
    negative = rescale(np.clip(d * centred(alpha, va), -most, most), (m, shift))
    return clipped(np.where(d >= 0, positive, negative) + zero_of(y), y)


def squared_difference(op: Op, a: Array, b: Array) -> Array:
    va, vb, y = op.operand(0), op.operand(1), op.output
    bits = 0 if y.dtype == "int16" else 7
    twice = 2 * max(scale_of(va), scale_of(vb))
    first, second = (
        rescale(centred(q, v) << bits, quantize_multiplier(scale_of(v) / twice)) for q, v in ((a, va), (b, vb))
    )
    square = rescale((first - second) ** 2, quantize_multiplier(twice * twice / (4**bits * scale_of(y))))
    return clipped(square + zero_of(y), y)


def reciprocal(x: Array) -> tuple[Array, Array]:
    """gemmlowp: 1 / x of x in [1, 2³¹) as Q0.31 and the bits that x has above 1."""
    bits = np.array([int(n).bit_length() for n in x.ravel()], np.int64).reshape(x.shape)
    fraction = (x << (32 - bits)) - 2**31
    half = (fraction + 2**31) // 2
    estimate = fixed(48 / 17, 29) + srdhm(half, fixed(-32 / 17, 29))
    for _ in range(3):
        estimate = estimate + shift_saturating(srdhm(estimate, 2**29 - srdhm(half, estimate)), 2)
    return shift_saturating(estimate, 1), bits - 1


def div(op: Op, a: Array, b: Array) -> Array:
    va, vb, y = op.operand(0), op.operand(1), op.output
    f = np.float32
    m, shift = quantize_multiplier(float(f(scale_of(va)) / (f(scale_of(vb)) * f(scale_of(y)))))
    x, divisor = np.broadcast_arrays(centred(a, va), centred(b, vb))
    x, divisor = np.sign(divisor) * x, np.abs(divisor)
    inverse, bits = reciprocal(np.maximum(divisor, 1))
    ones = np.where(x >= 0, x | 1, -2 * x - 1)  # its highest bit stands below the sign's
    room = 31 - np.array([int(n).bit_length() for n in ones.ravel()], np.int64).reshape(x.shape) + (x < 0)
    down = room + bits - shift
    quotient = srdhm(srdhm(x << room, inverse), np.int64(m))
    shifted = [int(rdbpot(np.int64(q), int(n))) if n < 32 else 0 for q, n in zip(quotient.flat, down.flat, strict=True)]
    quotients = np.array(shifted, np.int64).reshape(x.shape)
    result = np.where(divisor == 0, np.sign(centred(a, va)) * 2**20, quotients) + zero_of(y)
    return clipped(result, y, op.attrs["fused_activation_function"])


def comparison(compare: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    def compared(op: Op, a: Array, b: Array) -> Array:
        if a.dtype == np.int16:
            scales = [np.float32(scale_of(op.operand(i))) for i in range(2)]
            return compare(a, b) if scales[0] == scales[1] else compare(scales[0] * a, scales[1] * b)
        real_a, real_b = (
            rescale(centred(q, v) << 8, quantize_multiplier(scale_of(v)))
            for q, v in ((a, op.operand(0)), (b, op.operand(1)))
        )
        return compare(real_a, real_b)

    return compared


# --- one operand ------------------------------------------------------------------------------------------------------
def leaky_relu(op: Op, x: Array) -> Array:
    v, y = op.operand(0), op.output
    d, slope = centred(x, v), float(np.float32(op.attrs["alpha"]))
    positive = rescale(d, quantize_multiplier(scale_of(v) / scale_of(y)))
    magnitude = rescale(d, quantize_multiplier(scale_of(v) * abs(slope) / scale_of(y)))
    return clipped(np.where(d >= 0, positive, -magnitude if slope < 0 else magnitude) + zero_of(y), y)


def tanh(op: Op, x: Array) -> Array:
    m, shift = math.frexp(scale_of(op.operand(0)) * 2.0**27)
    radius = max(math.floor(15 * 2**27 / 2**shift), 1)
    d = centred(x, op.operand(0))
    q4 = rescale(np.clip(d, -radius + 1, radius - 1), (int(m * 2**31), shift))
    half = (exp_negative(-np.abs(q4), 5) + 2**31) // 2
    reciprocal = fixed(48 / 17, 29) + srdhm(half, fixed(-32 / 17, 29))
    for _ in range(3):
        reciprocal = reciprocal + shift_saturating(srdhm(reciprocal, 2**29 - srdhm(half, reciprocal)), 2)
    magnitude = shift_saturating(reciprocal - 2**29, 2)
    y = np.clip(rdbpot(np.where(q4 == 0, 0, np.sign(q4) * magnitude), 24), -128, 127)
    return np.where(d <= -radius, -128, np.where(d >= radius, 127, y)).astype(np.int8)


def sigmoid_entry(i: int) -> int:
    """65536 sigmoid(i / 24) above half the error of a line to its neighbour, h² / 16 of the second derivative."""
    y = 1 / (1 + math.exp(-i / 24))
    return 65535 if i == 255 else math.floor(65536 * (y + y * (1 - y) * (2 * y - 1) / (24 * 24 * 16)) + 0.5)


SIGMOID = np.array([sigmoid_entry(i) for i in range(256)], np.int64)


def sigmoid_input(scale: float, powers: tuple[float, ...]) -> tuple[int, int]:
    """(multiplier, right shift) to units of 2⁻¹² / 3; ``powers`` are scales that are taken for exact."""
    for power in powers:
        if abs(math.log2(scale / power)) < 1e-3:
            return round(3 * power * 4096), 0
    multiplier, shift = scale * 4096.0 * 3.0, 0
    while multiplier <= 32767 / 2 and shift <= 30:
        multiplier, shift = multiplier * 2, shift + 1
    return int(multiplier), shift


def sigmoid_lines(op: Op, x: Array, bits: int, powers: tuple[float, ...], last: int) -> tuple[Array, Array]:
    """The scaled operand, and 2^(16 + bits) · sigmoid of its magnitude."""
    multiplier, shift = sigmoid_input(scale_of(op.operand(0)), powers)
    scaled = (x.astype(np.int64) * multiplier + ((1 << shift) >> 1)) >> shift
    index, rest = np.divmod(np.abs(scaled), 1 << bits)
    inside = np.minimum(index, 254)
    lines = (SIGMOID[inside] << bits) + rest * (SIGMOID[inside + 1] - SIGMOID[inside])
    return scaled, np.where(index >= 255, last, lines)


def logistic(op: Op, x: Array) -> Array:
    if x.dtype == np.int8:
        return reference_int8.logistic(op, x)
    scaled, y = sigmoid_lines(op, x, 9, (2.0**-12,), 0x7FFF << 10)
    return (np.where(scaled >= 0, y + 512, 2**25 - y + 511) >> 10).astype(np.int16)


def tanh_of(op: Op, x: Array) -> Array:
    if x.dtype == np.int8:
        return tanh(op, x)
    scaled, y = sigmoid_lines(op, x, 8, (2.0**-12, 2.0**-11), 0xFFFF << 8)
    return (np.where(scaled >= 0, y - 2**23 + 128, 2**23 - y + 127) >> 8).astype(np.int16)


@cache
def softmax_tables() -> tuple[Array, Array]:
    """e^x from −10 to 0 and 1 / (1 + x) from 0 to 1, Q0.15."""

    def table_of(function: Callable[[float], float], first: float, last: float) -> Array:
        return knots_of(first, last, 32768.0, lambda places: np.array([function(float(p)) for p in places], np.float32))

    return table_of(math.exp, -10, 0), table_of(lambda x: 1 / (1 + x), 0, 1)


def softmax(op: Op, x: Array) -> Array:
    if x.dtype == np.int8:
        return reference_int8.softmax(op, x)
    factor = quantize_multiplier(scale_of(op.operand(0)) * float(np.float32(op.attrs["beta"])) / (10 / 65535))
    result = np.empty(x.shape, np.int16)
    for place in np.ndindex(x.shape[:-1]):
        row = x[place].astype(np.int64)
        held = np.maximum(row - row.max(), -((2**31 - 1) >> max(factor[1], 0)))  # does not wrap in the left shift
        codes = np.clip(rescale(held, factor) + 32767, -32768, 32767)
        powers = between(softmax_tables()[0], codes)
        total = int(powers.sum())
        zeros = 31 - total.bit_length()
        mantissa = ((total << zeros) + 2**13) >> 14
        share = int(between(softmax_tables()[1], np.clip(mantissa - 2**16 - 2**15, -32768, 32767)))
        result[place] = np.clip((powers * share + (1 << (29 - zeros))) >> (30 - zeros), 0, 32767)
    return result


def rsqrt(op: Op, x: Array) -> Array:
    v, y = op.operand(0), op.output
    m, shift = quantize_multiplier(1 / (math.sqrt(scale_of(v)) * scale_of(y)))

    def of(d: int) -> int:
        if d == 0:
            return int(np.iinfo(y.dtype).max)
        root, root_shift = inverse_sqrt(d)
        return int(rescale(rescale(1, (root, root_shift + 20)), (m, shift - 20))) + zero_of(y)

    return clipped(np.array([of(int(d)) for d in centred(x, v).ravel()], np.int64).reshape(x.shape), y)


def absolute(op: Op, x: Array) -> Array:
    v, y = op.operand(0), op.output
    return clipped(rescale(np.abs(centred(x, v)), quantize_multiplier(scale_of(v) / scale_of(y))) + zero_of(y), y)


def requantized(low: float, high: float) -> Callable[..., Array]:
    """Another scale, and the real limits ``low`` and ``high``."""

    def limited(op: Op, x: Array) -> Array:
        v, y = op.operand(0), op.output
        q = rescale(centred(x, v), quantize_multiplier(scale_of(v) / scale_of(y))) + zero_of(y)
        least, most = (zero_of(y) + steps(bound, scale_of(y)) for bound in (low, high))
        return clipped(np.clip(q, least, most), y)

    return limited


def table(function: Callable[..., float]) -> Callable[..., Array]:
    """A float function of real values, in float32 steps as TFLite fills its tables; it may ask for the lowest real result."""

    def looked_up(op: Op, x: Array) -> Array:
        v, y = op.operand(0), op.output
        lowest = (np.iinfo(y.dtype).min - zero_of(y)) * scale_of(y)

        def real(arguments: Array) -> Array:
            with np.errstate(over="ignore"):
                return np.array([function(op, float(argument), lowest) for argument in arguments.ravel()], np.float32)

        return (lines_of if x.dtype == np.int16 else codes_of)(x, v, y, real)

    return looked_up


def rounded(x: Array) -> Array:
    """Nearest integers, halves away from zero, as float32."""
    return np.copysign(np.floor(np.abs(x.astype(np.float64)) + 0.5), x).astype(np.float32)


def codes_of(x: Array, v: Value, y: Value, real: Callable[[Array], Array]) -> Array:
    reals = np.float32(scale_of(v)) * centred(x, v).astype(np.float32)
    inverse = np.float32(1) / np.float32(scale_of(y))
    steps_away = np.clip(rounded(real(reals) * inverse), -1000, 1000).reshape(x.shape)
    return clipped(steps_away.astype(np.int64) + zero_of(y), y)


def lines_of(x: Array, v: Value, y: Value, real: Callable[[Array], Array]) -> Array:
    """512 lines, each ``int16 + rounded(int16 · fraction)``, lowered by half of their error in the middle."""
    f = np.float32
    inverse = f(65536) / (f(scale_of(y)) * f(32767) - f(scale_of(y)) * f(-32768))
    knots = knots_of(f(scale_of(v)) * f(-32768), f(scale_of(v)) * f(32767), inverse, real)
    return between(knots, x).astype(np.int16)


def knots_of(first: float, last: float, inverse: float, real: Callable[[Array], Array]) -> Array:
    """The 513 values, in float32 throughout."""
    f = np.float32
    first, last, inverse = f(first), f(last), f(inverse)
    step, half = (last - first) / f(512), (last - first) / f(512) / f(2)
    places = first + np.arange(513, dtype=np.float32) * step
    values, middles = real(places) * inverse, rounded(real(places[:-1] + half) * inverse)
    errors = rounded((values[1:] + rounded(values[:-1])) / f(2)) - middles
    entries = [*(rounded(values[:-1]) - rounded(errors / f(2))), *rounded(real(np.array([last])) * inverse)]
    return np.clip(np.array(entries), -32768, 32767).astype(np.int64)


def between(knots: Array, x: Array) -> Array:
    """The lines at the codes ``x``."""
    index, offset = np.divmod(np.asarray(x, np.int64) + 32768, 128)
    slope = (knots[index + 1] - knots[index]).astype(np.int16).astype(np.int64)
    return np.asarray(knots[index] + ((slope * offset + 64) >> 7))


def elu_of(op: Op, x: float, lowest: float) -> float:
    return float(np.float32(np.float32(math.exp(x)) - np.float32(1))) if x < 0 else x


def exp_of(op: Op, x: float, lowest: float) -> float:
    return math.exp(x) if x < 700 else math.inf


def log_of(op: Op, x: float, lowest: float) -> float:
    return math.log(x) if x > 0 else lowest


def gelu_of(op: Op, x: float, lowest: float) -> float:
    if op.attrs["approximate"]:
        u = math.sqrt(2 / math.pi) * x * (1 + 0.044715 * x * x)
        return 0.5 * x * (1 + math.tanh(u))
    return 0.5 * x * math.erfc(-x * math.sqrt(0.5))


def srdhm16(a: Array, b: int) -> Array:
    """gemmlowp SaturatingRoundingDoublingHighMul of 16-bit integers."""
    ab = a * b
    nudged = ab + np.where(ab >= 0, 2**14, 1 - 2**14)
    return np.sign(nudged) * (np.abs(nudged) // 2**15)


def multiplier16(real: float) -> tuple[int, int]:
    m, shift = quantize_multiplier(real)
    return min((m + 2**15) // 2**16, 2**15 - 1), shift


def hard_swish(op: Op, x: Array) -> Array:
    v, y = op.operand(0), op.output
    fine = np.float32(scale_of(v)) / np.float32(128)
    to_output, output_shift = multiplier16(float(fine / np.float32(scale_of(y))))
    to_gate, gate_shift = multiplier16(float(fine / (np.float32(3) / np.float32(32768))))
    d = centred(x, v) * 128
    gate = np.clip(d << max(gate_shift - 1, 0), -(2**15), 2**15 - 1)
    gate = srdhm16(gate, to_gate)
    if gate_shift > 0:
        gate = np.clip(2 * gate, -(2**15), 2**15 - 1)
    gate = (rdbpot(gate, max(-gate_shift, 0)) + 2**15) // 2
    product = gate * srdhm16(d, to_output)
    truncated = np.sign(product) * (np.abs(product) // 2**15)
    return clipped(rdbpot(truncated, -output_shift) + zero_of(y), y)


def of_table(op: Op, x: Array, entries: Array) -> Array:
    if x.dtype == np.int8:
        return np.asarray(entries[x.astype(np.int64) + 128])
    wide = entries.astype(np.int64)
    index, offset = np.divmod(x.astype(np.int64) + 32768, 128)
    return np.asarray(wide[index] + (((wide[index + 1] - wide[index]) * offset + 64) >> 7)).astype(np.int16)


OPERATORS: dict[str, Callable[..., Array]] = {
    "abs": absolute,
    "add_n": add_n,
    "arenite_table": of_table,
    "cumsum": cumsum,
    "div": div,
    "elu": table(elu_of),
    "exp": table(exp_of),
    "gelu": table(gelu_of),
    "log": table(log_of),
    "logistic": logistic,
    "equal": comparison(np.equal),
    "greater": comparison(np.greater),
    "greater_equal": comparison(np.greater_equal),
    "hard_swish": hard_swish,
    "leaky_relu": leaky_relu,
    "less": comparison(np.less),
    "less_equal": comparison(np.less_equal),
    "not_equal": comparison(np.not_equal),
    "prelu": prelu,
    "relu_0_to_1": requantized(0, 1),
    "relu_n1_to_1": requantized(-1, 1),
    "squared_difference": squared_difference,
    "sub": sub,
    "rsqrt": rsqrt,
    "softmax": softmax,
    "tanh": tanh_of,
}
