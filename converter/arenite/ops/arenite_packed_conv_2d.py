"""ARENITE_PACKED_CONV_2D: CONV_2D with int8 activations and weights of one or two bits (``arenite.packing``).

Operands: 0 the input NHWC; 1 words, uint32 [outputs, words of a filter]; 2 scales, float32 [outputs] or [1]; 3 bias, int32
[outputs], or none. ``depth``: inputs of one group.
"""

from __future__ import annotations

from .. import cases, packing
from ..cases import Draw
from ..graph import Op
from ..opdef import attribute
from ..spatial import image_size

ATTRS = {
    "kernel_h": 1,
    "kernel_w": 1,
    "same_padding": True,
    "stride_w": 1,
    "stride_h": 1,
    "dilation_w_factor": 1,
    "dilation_h_factor": 1,
}


def plain(op: Op) -> Op:
    kernel = (attribute(op, "kernel_h"), attribute(op, "kernel_w"))
    shape = (op.operand(packing.WORDS).shape[0], *kernel, attribute(op, "depth"))
    attrs = {name: attribute(op, name) for name in ATTRS if name.startswith(("stride", "dilation"))}
    attrs["padding"] = "SAME" if attribute(op, "same_padding") else "VALID"
    return packing.plain(op, "conv_2d", shape, attrs)


def case(draw: Draw, dtype: str) -> Op:
    groups, depth = draw.choice([1, 1, 1, 2, 3]), cases.channels(draw)
    image, kernel = cases.image(draw, groups * depth), (draw.integer(1, 4), draw.integer(1, 4))
    shape = (groups * cases.channels(draw), *kernel, depth)
    return packing.drawn(draw, "conv_2d", image, shape, cases.sliding(draw, image_size(image), kernel, dilated=True))


OP = packing.packed_declaration(plain, ATTRS, case)
