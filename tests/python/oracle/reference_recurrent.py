"""The integer arithmetic of operators with state, written a second time in numpy integers.

A variable's codes arrive as an array, which is left with the codes after the run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from oracle.reference_int8 import (
    Array,
    centred,
    clipped,
    quantize_multiplier,
    rdbpot,
    rescale,
    rescale_wide,
    scale_of,
    zero_of,
)

from arenite.graph import Op, Value

#: entries of TFLite's table of 65536 · sigmoid(i / 24) that are one above the rounded value.
RAISED = (
    4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39, 40, 41, 43, 44, 45, 46, 49, 50,
    54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255,
)  # fmt: skip
SIGMOID = [round(65536 / (1 + math.exp(-i / 24))) + (i in RAISED) for i in range(256)]
Q12, Q15 = 2.0**-12, 2.0**-15


def saturated(x: Array, dtype: str = "int16") -> Array:
    limits = np.iinfo(dtype)
    return np.clip(x, limits.min, limits.max)


# --- sigmoid and tanh of int16 --------------------------------------------------------------------------------------
def interpolated(x: int, bits: int, last: int) -> int:
    index, rest = divmod(abs(x), 2**bits)
    return last if index >= 255 else SIGMOID[index] * 2**bits + rest * (SIGMOID[index + 1] - SIGMOID[index])


def sigmoid_code(x: int) -> int:
    y = interpolated(x, 9, 0x7FFF * 2**10)
    return (y + 2**9 if x >= 0 else 2**25 - y + 2**9 - 1) // 2**10


def tanh_code(x: int) -> int:
    y = interpolated(x, 8, 0xFFFF * 2**8) - 2**23
    return ((y if x >= 0 else -y - 1) + 2**7) // 2**8


def each(function: Callable[[int], int], x: Array) -> Array:
    return np.array([function(int(v)) for v in x.ravel()], np.int64).reshape(x.shape)


def walked(
    op: Op, x: Array, result: Array, states: list[Array], mask: Array | None = None
) -> Iterator[tuple[Array, Array]]:
    """Input and output of each step in turn; where the mask is false, the states are put back behind it."""
    axis = 0 if op.attrs["time_major"] else 1
    kept = np.ones(x.shape[:2], bool) if mask is None else mask
    for source, target, counts in zip(*(np.moveaxis(a, axis, 0) for a in (x, result, kept)), strict=True):
        before = [state.copy() for state in states]
        yield source, target
        for state, old in zip(states, before, strict=True):
            state[~counts] = old[~counts]
        target[...] = states[0]


# --- LSTM -----------------------------------------------------------------------------------------------------------
def product(op: Op, operand: int, x: Array, of: Value, bias: Array | int, unit: float = Q12) -> Array:
    """A gate's share from one matrix, Q3.12 or in steps of ``unit``."""
    weights, value = op.operand(operand).data, op.operand(operand)
    assert weights is not None
    sums = centred(x, of) @ weights.astype(np.int64).T + bias
    multiplier = quantize_multiplier(scale_of(of) * scale_of(value) / unit)
    if of.dtype == "int16":
        return saturated(rescale_wide(sums, multiplier))
    return saturated(rescale((sums + 2**31) % 2**32 - 2**31, multiplier))


def lstm(op: Op, x: Array, biases: tuple[Array, ...], states: list[Array], place: int, mask: Array | None) -> Array:
    """place: operand of the hidden state, behind which stands the cell state."""
    hidden, cell = states
    source, state, result = op.operand(0), op.operand(place), np.zeros(op.output.shape, op.output.dtype)
    step = scale_of(op.operand(place + 1))
    exponent = int(math.log2(step))
    clip = min(int(op.attrs["cell_clip"] / step), 32767) if op.attrs.get("cell_clip") else 32768
    if op.attrs.get("stateless"):
        hidden[...], cell[...] = zero_of(state), 0
    for at, _ in walked(op, x, result, states, mask):
        sums = [
            saturated(product(op, 1 + g, at, source, biases[g]) + product(op, 5 + g, hidden, state, 0))
            for g in range(4)
        ]
        i, f, o = (each(sigmoid_code, 3 * sums[g]) for g in (0, 1, 3))
        candidate = each(tanh_code, 3 * sums[2])
        kept = saturated(rescale(f * cell, quantize_multiplier(Q15)))
        new = saturated(rescale(i * candidate, quantize_multiplier(Q15 * Q15 / 2.0**exponent)))
        cell[...] = np.clip(saturated(kept + new), -clip, clip)
        squashed = each(tanh_code, shifted(3 * cell.astype(np.int64), exponent + 12))
        steps = rescale(o * squashed, quantize_multiplier(Q15 * Q15 / scale_of(state)))
        hidden[...] = saturated(steps + zero_of(state), state.dtype)
    return result


def unidirectional_sequence_lstm(op: Op, *operands: Array) -> Array:
    return lstm(op, operands[0], operands[12:16], [*operands[18:20]], 18, None)


def arenite_lstm(op: Op, *operands: Array) -> Array:
    return lstm(op, operands[0], operands[9:13], [*operands[13:15]], 13, operands[15])


def shifted(x: Array, left: int) -> Array:
    return x << left if left >= 0 else (x + (1 << (-left - 1))) >> -left


# --- GRU ------------------------------------------------------------------------------------------------------------
def arenite_gru(op: Op, *operands: Array) -> Array:
    hidden, result = operands[11], np.zeros(op.output.shape, op.output.dtype)
    source, state = op.operand(0), op.operand(11)
    bias = 0 if operands[10] is None else operands[10]
    if op.attrs.get("stateless"):
        hidden[...] = zero_of(state)

    def state_code(steps: Array) -> Array:
        return saturated(steps + zero_of(state), state.dtype).astype(state.dtype)

    for x, _ in walked(op, operands[0], result, [hidden], operands[12]):
        sums = [product(op, 1 + g, x, source, operands[7 + g]) for g in range(3)]
        update, reset = (
            each(sigmoid_code, 3 * saturated(sums[g] + product(op, 4 + g, hidden, state, 0))) for g in range(2)
        )
        if op.attrs["reset_after"]:
            back = rdbpot(reset * product(op, 6, hidden, state, bias), 15)
        else:
            back = product(op, 6, state_code(rdbpot(reset * centred(hidden, state), 15)), state, 0)
        candidate = each(tanh_code, 3 * saturated(sums[2] + back))
        kept = rdbpot(update * centred(hidden, state), 8)
        fresh = rescale((2**15 - update) * candidate, quantize_multiplier(Q15 * Q15 * 2**7 / scale_of(state)))
        hidden[...] = state_code(rdbpot(kept + fresh, 7))
    return result


# --- simple RNN -----------------------------------------------------------------------------------------------------
def arenite_rnn(op: Op, x: Array, _w: Array, _r: Array, bias: Array, hidden: Array, mask: Array | None) -> Array:
    source, state, result = op.operand(0), op.operand(4), np.zeros(op.output.shape, op.output.dtype)
    if op.attrs.get("stateless"):
        hidden[...] = zero_of(state)
    tanh = op.attrs["activation"] == 4
    unit = Q12 if tanh else scale_of(state) / (1 if state.dtype == "int16" else 128)
    name = ["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "NONE"][op.attrs["activation"]]
    for at, _ in walked(op, x, result, [hidden], mask):
        sums = saturated(product(op, 1, at, source, bias, unit) + product(op, 2, hidden, state, 0, unit))
        if tanh:
            steps = rescale(each(tanh_code, 3 * sums), quantize_multiplier(Q15 / scale_of(state)))
            hidden[...] = saturated(steps + zero_of(state), state.dtype)
        else:
            steps = sums if state.dtype == "int16" else rdbpot(sums, 7)
            hidden[...] = clipped(steps + zero_of(state), op.output, name)
    return result


# --- SVDF -----------------------------------------------------------------------------------------------------------
def svdf(op: Op, x: Array, features: Array, time: Array, bias: Array | None, memory: Array) -> Array:
    source, state = op.operand(0), op.operand(4)
    first = np.float32(scale_of(source)) * np.float32(scale_of(op.operand(1))) / np.float32(scale_of(state))
    second = np.float32(scale_of(state)) * np.float32(scale_of(op.operand(2))) / np.float32(scale_of(op.output))
    moments = memory.reshape(len(x), *time.shape).astype(np.int64)
    found = rescale(centred(x, source) @ features.astype(np.int64).T, quantize_multiplier(float(first)))
    moments = np.concatenate([moments[:, :, 1:], saturated(found + zero_of(state), state.dtype)[:, :, None]], 2)
    memory[...] = moments.reshape(memory.shape)
    sums = ((moments - zero_of(state)) * time).sum(2).reshape(len(x), -1, op.attrs["rank"]).sum(2)
    sums = (sums + (0 if bias is None else bias) + 2**31) % 2**32 - 2**31
    codes = rescale(sums, quantize_multiplier(float(second))) + zero_of(op.output)
    return saturated(codes, "int8").astype(np.int8)


OPERATORS: dict[str, Callable[..., Array]] = {
    "arenite_gru": arenite_gru,
    "arenite_lstm": arenite_lstm,
    "arenite_rnn": arenite_rnn,
    "svdf": svdf,
    "unidirectional_sequence_lstm": unidirectional_sequence_lstm,
}
