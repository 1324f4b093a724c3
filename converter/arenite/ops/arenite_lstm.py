"""ARENITE_LSTM: UNIDIRECTIONAL_SEQUENCE_LSTM with a mask, [batch, time, inputs] → [batch, time, units].

Operands, gates in the order input, forget, candidate, output: 0 the input; 1–4 input weights [units, inputs]; 5–8 recurrent
weights [units, units]; 9–12 biases [units]; 13 hidden state, 14 cell state [batch, units], variables; 15 mask [batch, time]
or none: where it is false, a step changes no state and its output is that of the step before.
"""

from __future__ import annotations

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op, Value
from ..opdef import StateGrid
from ..recurrence import Layer, Operands, draw_lstm, drawn_attrs, drawn_mask, lstm_trajectory, recurrent

HIDDEN, CELL, MASK = 13, 14, 15
LAYER = Layer("an LSTM", range(1, 5), range(5, 9), range(9, 13), (HIDDEN, CELL), mask=MASK)


def trajectory(op: Op, inputs: Operands) -> dict[int, np.ndarray]:
    return lstm_trajectory(op, inputs, LAYER, 0.0)


def case(draw: Draw, dtype: str) -> Op:
    inputs: list[Value | None] = [None] * (MASK + 1)
    sizes = draw_lstm(draw, dtype, LAYER, inputs)
    inputs[MASK] = drawn_mask(draw, sizes)
    op = Op("arenite_lstm", inputs, [], drawn_attrs(draw, dtype, sizes))
    return cases.finished(op, [LAYER.shape(op)], op.operand(HIDDEN).quant)


OP = recurrent(
    LAYER,
    trajectory,
    case,
    {"time_major": False, "asymmetric_quantize_inputs": False},
    states={HIDDEN: StateGrid.OUTPUT, CELL: StateGrid.POWER_OF_TWO},
)
