"""UNIDIRECTIONAL_SEQUENCE_LSTM: a long short-term memory over a sequence, [batch, time, inputs] → [batch, time, units].

Operands, gates in the order input, forget, candidate, output: 0 the input; 1–4 input weights [units, inputs]; 5–8 recurrent
weights [units, units]; 12–15 biases [units]; 18 hidden state, 19 cell state [batch, units], variables. The others belong to
variants (peephole 9–11, projection 16–17, layer normalization 20–23) that the kernels refuse.
"""

from __future__ import annotations

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op, Quantization, Value
from ..opdef import Declaration, StateGrid, attribute
from ..recurrence import Layer, Operands, Sizes, drawn_attrs, hidden_state, lstm_step, over_time, state

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


def shape(op: Op) -> list[tuple[int, ...]]:
    return [LAYER.shape(op)]


def reference(op: Op, inputs: Operands) -> list[np.ndarray]:
    return [_run(op, inputs)[0]]


def trajectory(op: Op, inputs: Operands) -> dict[int, np.ndarray]:
    hidden, cells = _run(op, inputs)
    return {HIDDEN: hidden, CELL: cells}


def _run(op: Op, inputs: Operands) -> tuple[np.ndarray, np.ndarray]:
    """Hidden states and cell states of all steps."""
    x, parameters, states = inputs[0], LAYER.parameters(inputs), LAYER.held(op, inputs)
    assert x is not None
    cells: list[np.ndarray] = []

    def step(x: np.ndarray) -> np.ndarray:
        hidden = lstm_step(x, states, parameters, attribute(op, "cell_clip"))
        cells.append(states[1].copy())
        return hidden

    return over_time(x, states[0].shape[1], attribute(op, "time_major"), step), np.array(cells)


def case(draw: Draw, dtype: str) -> Op:
    sizes = Sizes.drawn(draw)
    held = (sizes.batch, sizes.units)
    inputs: list[Value | None] = [None] * OPERANDS
    inputs[0] = cases.tensor(draw, cases.data_dtype(dtype), sizes.sequence(sizes.depth))
    inputs[HIDDEN] = hidden = hidden_state(draw, dtype, held)
    grid = Quantization.per_tensor(2.0 ** -draw.integer(6, 14), 0)
    inputs[CELL] = state("float32" if hidden.dtype == "float32" else "int16", held, grid)
    LAYER.draw_parameters(draw, dtype, inputs, sizes.units)
    attrs = drawn_attrs(draw, dtype, sizes) | {"cell_clip": draw.choice([0.0, 0.0, 0.75, 10.0])}
    op = Op("unidirectional_sequence_lstm", inputs, [], attrs)
    return cases.finished(op, shape(op), hidden.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0,),
    attrs=ATTRS,
    macs=LAYER.macs,
    trajectory=trajectory,
    matrices=LAYER.matrices(),
    states={HIDDEN: StateGrid.OUTPUT, CELL: StateGrid.POWER_OF_TWO},
    states_absent=True,
    limits="no peephole, projection or layer normalization; weights are constant",
)
