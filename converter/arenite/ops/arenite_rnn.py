"""ARENITE_RNN: UNIDIRECTIONAL_SEQUENCE_RNN in integers and with a mask; its activation is a number (4: tanh).

Operands alike, and 5 mask [batch, time] or none: where it is false, a step changes no state and its output is that of the
step before.
"""

from __future__ import annotations

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import StateGrid
from ..recurrence import recurrent
from ..simple_rnn import ACTIVATIONS, HIDDEN, LAYER, drawn_operands, trajectory


def case(draw: Draw, dtype: str) -> Op:
    inputs, attrs = drawn_operands(draw, dtype, masked=True)
    attrs["activation"] = draw.choice([4, *ACTIVATIONS])
    op = Op("arenite_rnn", inputs, [], attrs)
    return cases.finished(op, [LAYER.shape(op)], op.operand(HIDDEN).quant)


OP = recurrent(
    LAYER,
    trajectory,
    case,
    {"time_major": False, "asymmetric_quantize_inputs": False, "activation": 4},
    states={HIDDEN: StateGrid.OUTPUT},
)
