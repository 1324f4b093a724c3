"""ARENITE_GRU: Keras's gated recurrent unit over a sequence, [batch, time, inputs] → [batch, time, units].

Operands, gates in the order update, reset, candidate: 0 the input; 1–3 input weights [units, inputs]; 4–6 recurrent weights
[units, units]; 7–9 biases [units]; 10 recurrent bias of the candidate [units] or none; 11 state [batch, units], a variable.
With ``reset_after`` the reset gate scales the candidate's recurrent sum, otherwise the state that goes into it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import STATELESS, Op, Value
from ..opdef import Declaration, Matrix, StateGrid, attribute
from ..recurrence import drawn_bias, drawn_matrix, hidden_quantization, over_time, sigmoid, state

ATTRS = {"time_major": False, "reset_after": True}
INPUT_WEIGHTS, RECURRENT_WEIGHTS, BIASES = range(1, 4), range(4, 7), range(7, 10)
RECURRENT_BIAS, HIDDEN = 10, 11


def shape(op: Op) -> list[tuple[int, ...]]:
    x, units = op.operand(0).shape, op.operand(BIASES[0]).size
    if len(x) != 3:
        raise GraphError(f"a GRU's input {list(x)} is not [batch, time, inputs]")
    batch = x[1] if attribute(op, "time_major") else x[0]
    expected: dict[int, tuple[int, ...]] = dict.fromkeys(INPUT_WEIGHTS, (units, x[2]))
    expected |= dict.fromkeys(RECURRENT_WEIGHTS, (units, units)) | dict.fromkeys(BIASES, (units,))
    for index, wanted in {**expected, HIDDEN: (batch, units)}.items():
        if op.operand(index).shape != wanted:
            raise GraphError(f"operand {index} of a GRU is {list(op.operand(index).shape)}, must be {list(wanted)}")
    return [(*x[:2], units)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, hidden, reset_after = inputs[0], inputs[HIDDEN], attribute(op, "reset_after")
    assert x is not None and hidden is not None
    w, r, b = (_joined(inputs, indices) for indices in (INPUT_WEIGHTS, RECURRENT_WEIGHTS, BIASES))
    units = hidden.shape[1]
    recurrent_bias = inputs[RECURRENT_BIAS]
    if op.attrs.get(STATELESS):
        hidden[...] = 0

    def step(x: np.ndarray) -> np.ndarray:
        sums, recurrent = x @ w.T + b, hidden @ r[: 2 * units].T
        update, reset = np.split(sigmoid(sums[:, : 2 * units] + recurrent), 2, axis=1)
        if reset_after:
            back = reset * (hidden @ r[2 * units :].T + (0 if recurrent_bias is None else recurrent_bias))
        else:
            back = (reset * hidden) @ r[2 * units :].T
        hidden[...] = update * hidden + (1 - update) * np.tanh(sums[:, 2 * units :] + back)
        return hidden

    return [over_time(x, units, attribute(op, "time_major"), step)]


def _joined(inputs: Sequence[np.ndarray | None], indices: range) -> np.ndarray:
    return np.concatenate([part for i in indices if (part := inputs[i]) is not None])


def trajectory(op: Op, inputs: Sequence[np.ndarray | None]) -> dict[int, np.ndarray]:
    return {HIDDEN: reference(op, inputs)[0]}


def macs(op: Op) -> int:
    return op.output.size * 3 * (op.operand(0).shape[2] + op.output.shape[2])


def case(draw: Draw, dtype: str) -> Op:
    depth, units = draw.choice([1, 2, 5, 16, 33]), draw.choice([1, 3, 4, 8, 17])
    time_major, reset_after = draw.choice([False, True]), draw.choice([False, True])
    batch, steps = draw.integer(1, 3), draw.integer(1, 5)
    x = cases.tensor(draw, dtype, (steps, batch, depth) if time_major else (batch, steps, depth))
    hidden = state(dtype, (batch, units), cases.coded(dtype, hidden_quantization(draw)))
    recurrent_bias = drawn_bias(draw, dtype, units) if reset_after and draw.choice([False, True]) else None
    inputs: list[Value | None] = [
        x,
        *[drawn_matrix(draw, x, (units, depth)) for _ in INPUT_WEIGHTS],
        *[drawn_matrix(draw, hidden, (units, units)) for _ in RECURRENT_WEIGHTS],
        *[drawn_bias(draw, dtype, units) for _ in BIASES],
        recurrent_bias,
        hidden,
    ]
    attrs = {"time_major": time_major, "reset_after": reset_after}
    attrs |= {STATELESS: True} if draw.choice([False, False, True]) else {}
    op = Op("arenite_gru", inputs, [], attrs)
    return cases.finished(op, shape(op), hidden.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0,),
    attrs=ATTRS,
    macs=macs,
    matrices=tuple(Matrix(i, 0, bias) for i, bias in zip(INPUT_WEIGHTS, BIASES, strict=True))
    + tuple(Matrix(i, HIDDEN, bias) for i, bias in zip(RECURRENT_WEIGHTS, (None, None, RECURRENT_BIAS), strict=True)),
    states={HIDDEN: StateGrid.OUTPUT},
    trajectory=trajectory,
)
