"""What the simple recurrent operators share: h = activation(W x + b + R h)."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import cases
from .activation import tanh_or_clamp
from .cases import Draw
from .graph import Op, Value
from .opdef import attribute
from .recurrence import Layer, Operands, Sizes, drawn_attrs, drawn_mask, hidden_state, over_time

HIDDEN, MASK = 4, 5
#: TFLite's number → its name.
ACTIVATIONS = {0: "NONE", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6", 4: "TANH"}
LAYER = Layer("an RNN", range(1, 2), range(2, 3), range(3, 4), (HIDDEN,), mask=MASK)


def trajectory(op: Op, inputs: Operands) -> dict[int, np.ndarray]:
    (w, r, b), (hidden,), x = LAYER.parameters(inputs), LAYER.held(op, inputs), inputs[0]
    assert x is not None
    activation = activation_of(op)

    def step(x: np.ndarray) -> None:
        hidden[...] = tanh_or_clamp(x @ w + b + hidden @ r, activation)

    return {HIDDEN: over_time(x, [hidden], attribute(op, "time_major"), step, LAYER.kept(inputs))}


def activation_of(op: Op) -> str:
    """A custom operator states the number of the function."""
    if op.name == "arenite_rnn":
        return ACTIVATIONS[attribute(op, "activation")]
    return str(attribute(op, "fused_activation_function"))


def drawn_operands(draw: Draw, dtype: str, masked: bool) -> tuple[list[Value | None], dict[str, Any]]:
    """Operands, with a mask or none at the end if ``masked``, and attributes of a generated instance."""
    sizes = Sizes.drawn(draw)
    inputs: list[Value | None] = [None] * (HIDDEN + 1)
    inputs[0] = cases.tensor(draw, cases.data_dtype(dtype), sizes.sequence(sizes.depth))
    inputs[HIDDEN] = hidden_state(draw, dtype, (sizes.batch, sizes.units))
    LAYER.draw_parameters(draw, dtype, inputs, sizes.units)
    return inputs + ([drawn_mask(draw, sizes)] if masked else []), drawn_attrs(draw, dtype, sizes)
