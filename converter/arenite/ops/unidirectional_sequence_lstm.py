"""UNIDIRECTIONAL_SEQUENCE_LSTM: a long short-term memory over a sequence, [batch, time, inputs] → [batch, time, units].

Operands, gates in the order input, forget, candidate, output: 0 the input; 1–4 input weights [units, inputs]; 5–8 recurrent
weights [units, units]; 12–15 biases [units]; 18 hidden state, 19 cell state [batch, units], variables. The others belong to
variants (peephole 9–11, projection 16–17, layer normalization 20–23) that the kernels refuse.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import STATELESS, Op, Quantization, Value
from ..opdef import Declaration, Matrix, StateGrid, attribute
from ..recurrence import drawn_bias, drawn_matrix, hidden_quantization, over_time, sigmoid, state

ATTRS = {
    "fused_activation_function": "TANH",
    "cell_clip": 0.0,
    "proj_clip": 0.0,
    "time_major": False,
    "asymmetric_quantize_inputs": False,
    "diagonal_recurrent_tensors": False,
}
OPERANDS = 24
INPUT_WEIGHTS, RECURRENT_WEIGHTS, BIASES = range(1, 5), range(5, 9), range(12, 16)
HIDDEN, CELL = 18, 19


def shape(op: Op) -> list[tuple[int, ...]]:
    x, units = op.operand(0).shape, op.operand(BIASES[0]).size
    if len(x) != 3:
        raise GraphError(f"an LSTM's input {list(x)} is not [batch, time, inputs]")
    batch = x[1] if attribute(op, "time_major") else x[0]
    expected: dict[int, tuple[int, ...]] = dict.fromkeys(INPUT_WEIGHTS, (units, x[2]))
    expected |= dict.fromkeys(RECURRENT_WEIGHTS, (units, units)) | dict.fromkeys(BIASES, (units,))
    expected |= dict.fromkeys((HIDDEN, CELL), (batch, units))
    for index, wanted in expected.items():
        if op.operand(index).shape != wanted:
            raise GraphError(f"operand {index} of an LSTM is {list(op.operand(index).shape)}, must be {list(wanted)}")
    return [(*x[:2], units)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    return [_run(op, inputs)[0]]


def trajectory(op: Op, inputs: Sequence[np.ndarray | None]) -> dict[int, np.ndarray]:
    hidden, cells = _run(op, inputs)
    return {HIDDEN: hidden, CELL: cells}


def _run(op: Op, inputs: Sequence[np.ndarray | None]) -> tuple[np.ndarray, np.ndarray]:
    """Hidden states and cell states of all steps."""
    x, w, r, b, hidden, cell = _parts(inputs)
    clip = attribute(op, "cell_clip") or np.inf
    cells: list[np.ndarray] = []
    if op.attrs.get(STATELESS):
        hidden[...], cell[...] = 0, 0

    def step(x: np.ndarray) -> np.ndarray:
        i, f, g, o = np.split(x @ w + b + hidden @ r, 4, axis=1)
        cell[...] = np.clip(sigmoid(f) * cell + sigmoid(i) * np.tanh(g), -clip, clip)
        hidden[...] = sigmoid(o) * np.tanh(cell)
        cells.append(cell.copy())
        return hidden

    return over_time(x, hidden.shape[1], attribute(op, "time_major"), step), np.array(cells)


def _parts(inputs: Sequence[np.ndarray | None]) -> tuple[np.ndarray, ...]:
    """Input, [inputs, 4 · units] and [units, 4 · units] weights, biases [4 · units], hidden and cell state."""

    def joined(indices: range) -> np.ndarray:
        return np.concatenate([part for i in indices if (part := inputs[i]) is not None])

    x, hidden, cell = inputs[0], inputs[HIDDEN], inputs[CELL]
    assert x is not None and hidden is not None and cell is not None
    return x, joined(INPUT_WEIGHTS).T, joined(RECURRENT_WEIGHTS).T, joined(BIASES), hidden, cell


def macs(op: Op) -> int:
    return op.output.size * 4 * (op.operand(0).shape[2] + op.output.shape[2])


def case(draw: Draw, dtype: str) -> Op:
    depth, units = draw.choice([1, 2, 5, 16, 33]), draw.choice([1, 3, 4, 8, 17])
    time_major = draw.choice([False, True])
    batch, steps = draw.integer(1, 3), draw.integer(1, 5)
    x = cases.tensor(draw, dtype, (steps, batch, depth) if time_major else (batch, steps, depth))
    hidden = state(dtype, (batch, units), cases.coded(dtype, hidden_quantization(draw)))
    cell = state(
        "float32" if dtype == "float32" else "int16",
        (batch, units),
        Quantization.per_tensor(2.0 ** -draw.integer(6, 14), 0),
    )
    inputs: list[Value | None] = [None] * OPERANDS
    inputs[0], inputs[HIDDEN], inputs[CELL] = x, hidden, cell
    for i in range(4):
        inputs[INPUT_WEIGHTS[i]] = drawn_matrix(draw, x, (units, depth))
        inputs[RECURRENT_WEIGHTS[i]] = drawn_matrix(draw, hidden, (units, units))
        inputs[BIASES[i]] = drawn_bias(draw, dtype, units)
    attrs = {"time_major": time_major, "cell_clip": draw.choice([0.0, 0.0, 0.75, 10.0])}
    attrs |= {STATELESS: True} if draw.choice([False, False, True]) else {}
    op = Op("unidirectional_sequence_lstm", inputs, [], attrs)
    return cases.finished(op, shape(op), hidden.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0,),
    attrs=ATTRS,
    macs=macs,
    trajectory=trajectory,
    matrices=tuple(Matrix(i, 0, bias) for i, bias in zip(INPUT_WEIGHTS, BIASES, strict=True))
    + tuple(Matrix(i, HIDDEN) for i in RECURRENT_WEIGHTS),
    states={HIDDEN: StateGrid.OUTPUT, CELL: StateGrid.POWER_OF_TWO},
    states_absent=True,
    limits="no peephole, projection or layer normalization; weights are constant",
)
