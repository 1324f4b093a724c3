"""UNIDIRECTIONAL_SEQUENCE_RNN: h = activation(W x + b + R h) over a sequence, [batch, time, inputs] → [batch, time, units].

Operands: 0 the input; 1 input weights [units, inputs]; 2 recurrent weights [units, units]; 3 bias [units]; 4 state
[batch, units], a variable. TFLite has it with float activations only; in integers it becomes ARENITE_RNN.
"""

from __future__ import annotations

from typing import Any

from .. import cases
from ..cases import Draw
from ..graph import STATELESS, Op
from ..recurrence import recurrent
from ..simple_rnn import ACTIVATIONS, LAYER, activation_of, drawn_operands, trajectory

ATTRS = {"time_major": False, "fused_activation_function": "NONE", "asymmetric_quantize_inputs": False}


def case(draw: Draw, dtype: str) -> Op:
    inputs, attrs = drawn_operands(draw, dtype, masked=False)
    attrs["fused_activation_function"] = draw.choice(["TANH", *ACTIVATIONS.values()])
    op = Op("unidirectional_sequence_rnn", inputs, [], attrs)
    return cases.finished(op, [LAYER.shape(op)], None)


def integer_form(op: Op) -> tuple[str, dict[str, Any]]:
    """ARENITE_RNN."""
    number = {name: number for number, name in ACTIVATIONS.items()}[activation_of(op)]
    kept = {name: op.attrs[name] for name in ("time_major", STATELESS) if name in op.attrs}
    return "arenite_rnn", kept | {"activation": number}


OP = recurrent(LAYER, trajectory, case, ATTRS, integer_form=integer_form)
