"""ARENITE_RNN: UNIDIRECTIONAL_SEQUENCE_RNN with tanh in integers, operands alike."""

from __future__ import annotations

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, StateGrid
from ..simple_rnn import HIDDEN, LAYER, drawn_operands, reference, shape, trajectory


def case(draw: Draw, dtype: str) -> Op:
    inputs, attrs = drawn_operands(draw, dtype)
    op = Op("arenite_rnn", inputs, [], attrs)
    return cases.finished(op, shape(op), op.operand(HIDDEN).quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0,),
    attrs={"time_major": False},
    macs=LAYER.macs,
    matrices=LAYER.matrices(),
    states={HIDDEN: StateGrid.OUTPUT},
    trajectory=trajectory,
)
