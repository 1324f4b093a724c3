"""UNIDIRECTIONAL_SEQUENCE_LSTM: a long short-term memory over a sequence, [batch, time, inputs] → [batch, time, units].

Operands, gates in the order input, forget, candidate, output: 0 the input; 1–4 input weights [units, inputs]; 5–8 recurrent
weights [units, units]; 12–15 biases [units]; 18 hidden state, 19 cell state [batch, units], variables. The others belong to
variants (peephole 9–11, projection 16–17, layer normalization 20–23) that the kernels refuse.
"""

from __future__ import annotations

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op, Value
from ..opdef import StateGrid, attribute
from ..recurrence import Layer, Operands, draw_lstm, drawn_attrs, lstm_trajectory, recurrent

ATTRS = {
    "fused_activation_function": "TANH",
    "cell_clip": 0.0,
    "proj_clip": 0.0,
    "time_major": False,
    "asymmetric_quantize_inputs": False,
    "diagonal_recurrent_tensors": False,
}
OPERANDS = 24
HIDDEN, CELL = 18, 19
LAYER = Layer("an LSTM", range(1, 5), range(5, 9), range(12, 16), (HIDDEN, CELL))


def trajectory(op: Op, inputs: Operands) -> dict[int, np.ndarray]:
    return lstm_trajectory(op, inputs, LAYER, attribute(op, "cell_clip"))


def case(draw: Draw, dtype: str) -> Op:
    inputs: list[Value | None] = [None] * OPERANDS
    sizes = draw_lstm(draw, dtype, LAYER, inputs)
    attrs = drawn_attrs(draw, dtype, sizes) | {"cell_clip": draw.choice([0.0, 0.0, 0.75, 10.0])}
    op = Op("unidirectional_sequence_lstm", inputs, [], attrs)
    return cases.finished(op, [LAYER.shape(op)], op.operand(HIDDEN).quant)


OP = recurrent(
    LAYER,
    trajectory,
    case,
    ATTRS,
    states={HIDDEN: StateGrid.OUTPUT, CELL: StateGrid.POWER_OF_TWO},
    states_absent=True,
    limits="no peephole, projection or layer normalization; weights are constant",
)
