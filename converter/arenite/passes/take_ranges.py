"""Take the ranges that quantization-aware training found: pairs of quantize and dequantize that only round.

    %q = quantize(%w : a constant); %v = dequantize(%q)   →  %v : the rounded constant        in every scheme
    %q = quantize(%a); %b = dequantize(%q)                →  %a, whose grid will be that of %q   in integer schemes

Not when: anything else reads what lies between; an input of the model is an output too; float32 is wanted (then the pair
rounds on the device, as it did in training).
Why: the weights were trained for these grids; ranges of a few calibration samples are others.
"""

from __future__ import annotations

import numpy as np

from ..elements import limits
from ..evaluate import on_grid
from ..graph import Graph, Op, Value
from ..opdef import Role, declaration
from .context import PassContext, Uses

NAME = "take_ranges"


def run(graph: Graph, context: PassContext) -> None:
    for op in list(graph.ops):
        source = _rounded(op, Uses(graph))
        if source is None:
            continue
        if source.data is not None:
            _round_constant(graph, op, source, context)
        elif context.is_integer and not (op.output in graph.outputs and source in (*graph.inputs, *graph.outputs)):
            _note_range(graph, op, source, context)
    graph.remove_dead()


def _rounded(op: Op, uses: Uses) -> Value | None:
    """What ``op`` gives back rounded: the operand of the quantize before it; None when it is no such pair."""
    if declaration(op.name).role is not Role.DEQUANTIZE or op.operand(0).is_constant:
        return None
    before = uses.producer(op.operand(0))
    if before is None or declaration(before.name).role is not Role.QUANTIZE:
        return None
    source = before.operand(0)
    return source if source.dtype == op.output.dtype == "float32" and uses.stays_within(op.operand(0), [op]) else None


def _round_constant(graph: Graph, op: Op, source: Value, context: PassContext) -> None:
    between = op.operand(0)
    assert source.data is not None and between.quant is not None
    data = np.asarray(on_grid(source.data, between.quant, between.dtype), np.float32)
    graph.replace_uses(op.output, Value(graph.unique_name(source.name), "float32", data.shape, data))
    context.applied(op.origin, f"rounded the constant '{source.name}' to its trained grid")


def _note_range(graph: Graph, op: Op, source: Value, context: PassContext) -> None:
    between = op.operand(0)
    assert between.quant is not None
    scale, zero = float(between.quant.scale[0]), int(between.quant.zero_point[0])
    low, high = (scale * (limit - zero) for limit in limits(between.dtype))
    if op.output in graph.outputs:
        source.name, op.output.name = op.output.name, source.name
    context.ranges[graph.name, source.name] = (low, high)
    graph.replace_uses(op.output, source)
    context.applied(op.origin, f"'{source.name}' has its trained range [{low:.4g}, {high:.4g}]")
