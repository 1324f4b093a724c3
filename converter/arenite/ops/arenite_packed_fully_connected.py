"""ARENITE_PACKED_FULLY_CONNECTED: FULLY_CONNECTED with int8 activations and weights of one or two bits (``arenite.packing``).

Operands: 0 the input; 1 words, uint32 [outputs, words of a row]; 2 scales, float32 [outputs] or [1]; 3 bias, int32
[outputs], or none. ``depth``: inputs of one output.
"""

from __future__ import annotations

from .. import cases, packing
from ..cases import Draw
from ..graph import Op
from ..opdef import attribute

ATTRS = {"keep_num_dims": False}


def plain(op: Op) -> Op:
    shape = (op.operand(packing.WORDS).shape[0], attribute(op, "depth"))
    return packing.plain(op, "fully_connected", shape, {name: attribute(op, name) for name in ATTRS})


def case(draw: Draw, dtype: str) -> Op:
    depth = draw.choice([1, 7, 16, 17, 31, 32, 33, 130, 300])
    outputs = draw.choice([cases.channels(draw), 32, 33, 70])  # the kernel works in slices of 32
    attrs = {"keep_num_dims": draw.choice([False, True])}
    return packing.drawn(draw, "fully_connected", (*cases.shape(draw, (1, 2), 5), depth), (outputs, depth), attrs)


OP = packing.packed_declaration(plain, ATTRS, case)
