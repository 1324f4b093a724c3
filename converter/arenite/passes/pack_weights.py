"""Pack weights of −1, 0 and 1 into one or two bits each, where the user asks for it.

    %b = conv_2d(%a : i8, %w : i8 of −1 and 1 per channel, %bias : i32)
      →  %b = arenite_packed_conv_2d(%a, %words : u32, %scales : f32, %bias)

The bytes of %b are the same.

Not when: the layer was not asked to have binary or ternary weights; its operator has no such form (depthwise and transposed
convolutions keep theirs in eight bits); it computes in int16 or float32.
Why last: until here it is an operator like others, which every pass knows.
"""

from __future__ import annotations

from ..graph import Graph, Op
from ..opdef import declaration
from ..packing import SCALES, packed
from .context import PassContext

NAME = "pack_weights"


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer:
        return
    for place, op in enumerate(graph.ops):
        dtype = context.few_levels(op)
        if dtype is not None and _has_steps(op):
            graph.ops[place] = _packed(graph, op, dtype, context)


def _has_steps(op: Op) -> bool:
    """Whether the quantizer has given it integer weights."""
    place = declaration(op.name).weight
    return place is not None and op.operand(0).dtype == "int8" and op.operand(place[0]).dtype == "int8"


def _packed(graph: Graph, op: Op, dtype: str, context: PassContext) -> Op:
    new = packed(op, dtype)
    scales = new.operand(SCALES)
    scales.name = graph.unique_name(scales.name)
    before = op.operand(1).nbytes
    context.applied(op.origin, f"packed {dtype} weights: {before:,} → {new.operand(1).nbytes:,} bytes")
    return new
