"""Recurrent operators with float activations and int8 weights, written a second time: float32 sums of integer products.

Operands are the codes of weights, and floats; a variable's array is left with what it holds after the run.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from oracle.reference_hybrid import F, codes
from oracle.reference_recurrent import walked

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


def empty(op: Op, *states: Array) -> None:
    if op.attrs.get("stateless"):
        for state in states:
            state[...] = 0


def unidirectional_sequence_rnn(op: Op, x: Array, *operands: Array | None) -> list[Array]:
    _, _, bias, hidden, mask = (*operands, None) if len(operands) == 4 else operands
    assert bias is not None and hidden is not None
    numbers = ["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH"]
    name = numbers[op.attrs["activation"]] if op.name == "arenite_rnn" else op.attrs["fused_activation_function"]
    empty(op, hidden)
    result = np.empty(op.output.shape, F)
    for at, _ in walked(op, x, result, [hidden], mask):
        sums = bias + product(op, 1, at) + product(op, 2, hidden)
        hidden[...] = activated(sums, name)
    return [result]


def lstm(
    op: Op,
    recurrent: int,
    xs: list[tuple[int, Array]],
    biases: tuple[Array, ...],
    states: list[Array],
    mask: Array | None = None,
) -> Array:
    """recurrent: place of the hidden state's weights; xs: places of the others, and what they multiply, of one width."""
    hidden, cell = states
    empty(op, hidden, cell)
    clip = op.attrs.get("cell_clip") or np.inf
    sequence = np.concatenate([x for _, x in xs], 2)
    places = [place for place, _ in xs]
    result = np.empty((*sequence.shape[:2], hidden.shape[1]), F)
    for at, _ in walked(op, sequence, result, states, mask):
        parts = np.split(at, len(xs), 1)
        sums = []
        for g in range(4):
            total = biases[g]
            for place, x in zip(places, parts, strict=True):
                total = total + product(op, place + g, x)
            sums.append(total + product(op, recurrent + g, hidden))
        kept = sigmoid(sums[1]) * cell + sigmoid(sums[0]) * np.tanh(sums[2])
        cell[...] = np.clip(kept, F(-clip), F(clip))
        hidden[...] = sigmoid(sums[3]) * np.tanh(cell)
    return result


def unidirectional_sequence_lstm(op: Op, *operands: Array) -> list[Array]:
    return [lstm(op, 5, [(1, operands[0])], operands[12:16], [*operands[18:20]])]


def arenite_lstm(op: Op, *operands: Array) -> list[Array]:
    return [lstm(op, 5, [(1, operands[0])], operands[9:13], [*operands[13:15]], operands[15])]


def bidirectional_sequence_lstm(op: Op, *operands: Array) -> list[Array]:
    first, second = operands[0], operands[39]
    besides = operands[40] is not None
    axis = 0 if op.attrs["time_major"] else 1
    forward = [(1, first), *([(40, second)] if besides else [])]
    backward = [(18, first if besides or second is None else second), *([(44, second)] if besides else [])]
    backward = [(place, np.flip(x, axis)) for place, x in backward]
    results = [
        lstm(op, 5, forward, operands[12:16], [*operands[35:37]]),
        np.flip(lstm(op, 22, backward, operands[29:33], [*operands[37:39]]), axis),
    ]
    return [np.concatenate(results, 2)] if op.attrs["merge_outputs"] else results


def arenite_gru(op: Op, *operands: Array) -> list[Array]:
    hidden, biases = operands[11], operands[7:10]
    empty(op, hidden)
    result = np.empty(op.output.shape, F)
    for x, _ in walked(op, operands[0], result, [hidden], operands[12]):
        sums = [product(op, 1 + g, x) + biases[g] for g in range(3)]
        update, reset = (sigmoid(sums[g] + product(op, 4 + g, hidden)) for g in range(2))
        if op.attrs["reset_after"]:
            back = reset * (product(op, 6, hidden) + (F(0) if operands[10] is None else operands[10]))
        else:
            back = product(op, 6, reset * hidden)
        hidden[...] = update * hidden + (1 - update) * np.tanh(sums[2] + back)
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
    "arenite_lstm": arenite_lstm,
    "arenite_rnn": unidirectional_sequence_rnn,
    "bidirectional_sequence_lstm": bidirectional_sequence_lstm,
    "svdf": svdf,
    "unidirectional_sequence_lstm": unidirectional_sequence_lstm,
    "unidirectional_sequence_rnn": unidirectional_sequence_rnn,
}
