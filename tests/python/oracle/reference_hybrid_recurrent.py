"""Recurrent operators with float activations and int8 weights, written a second time: float32 sums of integer products.

Operands are the codes of weights, and floats; a variable's array is left with what it holds after the run.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from oracle.reference_hybrid import F, codes

from arenite.graph import Op, Quantization

Array = np.ndarray


def scale_of(op: Op, operand: int) -> Array:
    quant = op.operand(operand).quant
    assert isinstance(quant, Quantization)
    return F(quant.scale[0])


def product(op: Op, operand: int, x: Array) -> Array:
    """[batch, units]: each row of ``x`` in eight bits times the weights."""
    weights = op.operand(operand).data
    assert weights is not None
    result = np.empty((len(x), len(weights)), F)
    for row, y in zip(x, result, strict=True):
        scale, q = codes(row, op.attrs["asymmetric_quantize_inputs"])
        y[...] = (weights.astype(np.int64) @ q).astype(F) * (scale * scale_of(op, operand))
    return result


def sigmoid(x: Array) -> Array:
    return (1 / (1 + np.exp(-x.astype(np.float64)))).astype(F)


def activated(x: Array, name: str) -> Array:
    low, high = {"RELU": (0, np.inf), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1)}.get(name, (-np.inf, np.inf))
    return np.tanh(x) if name == "TANH" else np.clip(x, F(low), F(high))


def steps(op: Op, x: Array) -> Array:
    """Time first; a view."""
    return np.moveaxis(x, 0 if op.attrs["time_major"] else 1, 0)


def empty(op: Op, *states: Array) -> None:
    if op.attrs.get("stateless"):
        for state in states:
            state[...] = 0


def unidirectional_sequence_rnn(op: Op, x: Array, _w: Array, _r: Array, bias: Array, hidden: Array) -> list[Array]:
    empty(op, hidden)
    result = np.empty(op.output.shape, F)
    for at, y in zip(steps(op, x), steps(op, result), strict=True):
        hidden[...] = activated(
            bias + product(op, 1, at) + product(op, 2, hidden), op.attrs["fused_activation_function"]
        )
        y[...] = hidden
    return [result]


def lstm(op: Op, xs: list[tuple[int, Array]], recurrent: int, biases: list[Array], hidden: Array, cell: Array) -> Array:
    """Hidden states, time first. xs: the place of the weights and the sequence that they multiply, time first."""
    empty(op, hidden, cell)
    clip, outputs = op.attrs["cell_clip"] or np.inf, []
    for step in range(len(xs[0][1])):
        sums = []
        for g in range(4):
            total = biases[g] + product(op, xs[0][0] + g, xs[0][1][step])
            for place, x in xs[1:]:
                total = total + product(op, place + g, x[step])
            sums.append(total + product(op, recurrent + g, hidden))
        kept = sigmoid(sums[1]) * cell + sigmoid(sums[0]) * np.tanh(sums[2])
        cell[...] = np.clip(kept, F(-clip), F(clip))
        hidden[...] = sigmoid(sums[3]) * np.tanh(cell)
        outputs.append(hidden.copy())
    return np.array(outputs, F)


def unidirectional_sequence_lstm(op: Op, *operands: Array) -> list[Array]:
    y = lstm(op, [(1, steps(op, operands[0]))], 5, [*operands[12:16]], operands[18], operands[19])
    return [y if op.attrs["time_major"] else np.moveaxis(y, 0, 1)]


def bidirectional_sequence_lstm(op: Op, *operands: Array) -> list[Array]:
    first, second = operands[0], operands[39]
    besides = operands[40] is not None
    forward = [(1, steps(op, first)), *([(40, steps(op, second))] if besides else [])]
    backward = [(18, steps(op, first if besides or second is None else second)[::-1])]
    backward += [(44, steps(op, second)[::-1])] if besides else []
    results = [
        lstm(op, forward, 5, [*operands[12:16]], operands[35], operands[36]),
        lstm(op, backward, 22, [*operands[29:33]], operands[37], operands[38])[::-1],
    ]
    results = [y if op.attrs["time_major"] else np.moveaxis(y, 0, 1) for y in results]
    return [np.concatenate(results, 2)] if op.attrs["merge_outputs"] else results


def arenite_gru(op: Op, *operands: Array) -> list[Array]:
    hidden, biases = operands[11], operands[7:10]
    empty(op, hidden)
    result = np.empty(op.output.shape, F)
    for x, y in zip(steps(op, operands[0]), steps(op, result), strict=True):
        sums = [product(op, 1 + g, x) + biases[g] for g in range(3)]
        update, reset = (sigmoid(sums[g] + product(op, 4 + g, hidden)) for g in range(2))
        if op.attrs["reset_after"]:
            back = reset * (product(op, 6, hidden) + (F(0) if operands[10] is None else operands[10]))
        else:
            back = product(op, 6, reset * hidden)
        hidden[...] = update * hidden + (1 - update) * np.tanh(sums[2] + back)
        y[...] = hidden
    return [result]


def svdf(op: Op, x: Array, _f: Array, time: Array, bias: Array | None, memory: Array) -> list[Array]:
    moments = memory.reshape(len(x), *time.shape)
    moments[:, :, :-1] = moments[:, :, 1:].copy()
    moments[:, :, -1] = product(op, 1, x)
    memory[...] = moments.reshape(memory.shape)
    found = (moments * (time.astype(F) * scale_of(op, 2))).sum(2)
    y = found.reshape(len(x), -1, op.attrs["rank"]).sum(2) + (F(0) if bias is None else bias)
    return [activated(y.astype(F), op.attrs["fused_activation_function"])]


OPERATORS: dict[str, Callable[..., list[Array]]] = {
    "arenite_gru": arenite_gru,
    "bidirectional_sequence_lstm": bidirectional_sequence_lstm,
    "svdf": svdf,
    "unidirectional_sequence_lstm": unidirectional_sequence_lstm,
    "unidirectional_sequence_rnn": unidirectional_sequence_rnn,
}
