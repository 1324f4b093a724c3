"""ARENITE_GRU: Keras's gated recurrent unit over a sequence, [batch, time, inputs] → [batch, time, units].

Operands, gates in the order update, reset, candidate: 0 the input; 1–3 input weights [units, inputs]; 4–6 recurrent weights
[units, units]; 7–9 biases [units]; 10 recurrent bias of the candidate [units] or none; 11 state [batch, units], a variable;
12 mask [batch, time] or none: where it is false, a step changes no state and its output is that of the step before.
With ``reset_after`` the reset gate scales the candidate's recurrent sum, otherwise the state that goes into it.
"""

from __future__ import annotations

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op, Value
from ..opdef import StateGrid, attribute
from ..recurrence import (
    Layer,
    Operands,
    Sizes,
    drawn_attrs,
    drawn_bias,
    drawn_mask,
    hidden_state,
    over_time,
    recurrent,
    sigmoid,
)

ATTRS = {"time_major": False, "reset_after": True, "asymmetric_quantize_inputs": False}
RECURRENT_BIAS, HIDDEN, MASK = 10, 11, 12
LAYER = Layer("a GRU", range(1, 4), range(4, 7), range(7, 10), (HIDDEN,), (None, None, RECURRENT_BIAS), mask=MASK)


def trajectory(op: Op, inputs: Operands) -> dict[int, np.ndarray]:
    x, reset_after, recurrent_bias = inputs[0], attribute(op, "reset_after"), inputs[RECURRENT_BIAS]
    assert x is not None
    (w, r, b), (hidden,) = LAYER.parameters(inputs), LAYER.held(op, inputs)
    units = hidden.shape[1]

    def step(x: np.ndarray) -> None:
        sums, recurrent = x @ w + b, hidden @ r[:, : 2 * units]
        update, reset = np.split(sigmoid(sums[:, : 2 * units] + recurrent), 2, axis=1)
        if reset_after:
            back = reset * (hidden @ r[:, 2 * units :] + (0 if recurrent_bias is None else recurrent_bias))
        else:
            back = (reset * hidden) @ r[:, 2 * units :]
        hidden[...] = update * hidden + (1 - update) * np.tanh(sums[:, 2 * units :] + back)

    return {HIDDEN: over_time(x, [hidden], attribute(op, "time_major"), step, LAYER.kept(inputs))}


def case(draw: Draw, dtype: str) -> Op:
    sizes, reset_after = Sizes.drawn(draw), draw.choice([False, True])
    inputs: list[Value | None] = [None] * (MASK + 1)
    inputs[0] = cases.tensor(draw, cases.data_dtype(dtype), sizes.sequence(sizes.depth))
    inputs[HIDDEN] = hidden = hidden_state(draw, dtype, (sizes.batch, sizes.units))
    LAYER.draw_parameters(draw, dtype, inputs, sizes.units)
    inputs[MASK] = drawn_mask(draw, sizes)
    if reset_after and draw.choice([False, True]):
        inputs[RECURRENT_BIAS] = drawn_bias(draw, dtype, sizes.units)
    op = Op("arenite_gru", inputs, [], drawn_attrs(draw, dtype, sizes) | {"reset_after": reset_after})
    return cases.finished(op, [LAYER.shape(op)], hidden.quant)


OP = recurrent(LAYER, trajectory, case, ATTRS, states={HIDDEN: StateGrid.OUTPUT})
