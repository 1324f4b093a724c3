"""What the simple recurrent operators share: h = activation(W x + b + R h)."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import cases
from .activation import tanh_or_clamp
from .cases import Draw
from .graph import Op, Value
from .opdef import attribute
from .recurrence import Layer, Operands, Sizes, drawn_attrs, hidden_state, over_time

HIDDEN = 4
LAYER = Layer("an RNN", range(1, 2), range(2, 3), range(3, 4), (HIDDEN,))


def shape(op: Op) -> list[tuple[int, ...]]:
    return [LAYER.shape(op)]


def reference(op: Op, inputs: Operands) -> list[np.ndarray]:
    (w, r, b), (hidden,), x = LAYER.parameters(inputs), LAYER.held(op, inputs), inputs[0]
    assert x is not None
    activation = op.attrs.get("fused_activation_function", "TANH" if op.name == "arenite_rnn" else "NONE")

    def step(x: np.ndarray) -> np.ndarray:
        hidden[...] = tanh_or_clamp(x @ w + b + hidden @ r, activation)
        return hidden

    return [over_time(x, hidden.shape[1], attribute(op, "time_major"), step)]


def trajectory(op: Op, inputs: Operands) -> dict[int, np.ndarray]:
    return {HIDDEN: reference(op, inputs)[0]}


def drawn_operands(draw: Draw, dtype: str) -> tuple[list[Value | None], dict[str, Any]]:
    """Operands and attributes of a generated instance."""
    sizes = Sizes.drawn(draw)
    inputs: list[Value | None] = [None] * (HIDDEN + 1)
    inputs[0] = cases.tensor(draw, cases.data_dtype(dtype), sizes.sequence(sizes.depth))
    inputs[HIDDEN] = hidden_state(draw, dtype, (sizes.batch, sizes.units))
    LAYER.draw_parameters(draw, dtype, inputs, sizes.units)
    return inputs, drawn_attrs(draw, dtype, sizes)
