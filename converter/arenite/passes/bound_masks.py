"""Keep the large negative numbers that mask out elements before a softmax from taking the whole range of a tensor.

    %b = select_v2(%mask, −1e9, %a); %p = softmax(%b)   →  −1e9 becomes what is just small enough to count nothing
    %b = add(%a, [0, −1e9, …]); %p = softmax(%b)        →  the same

An element that lies further below the largest of its row than ``Declaration.negligible`` gives zero in the scheme's codes.
Calibration knows the smallest of the rows' largest elements; what lies so far below that is bounded, and the range with it.
Not when: float32 is wanted; the bound would not halve the range; another operator or the model reads the masked value.
Why: at a range of 1e9 one step of int8 is 4e6, and every element that counts becomes zero.
"""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Op, Value
from ..opdef import Affine, QuantRule, data_operands, declaration
from .canonicalize import constant_operand
from .context import PassContext, Uses, set_constant

NAME = "bound_masks"


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer:
        return
    for op in graph.ops:
        negligible = declaration(op.name).negligible
        if negligible is None or op.operand(0).is_constant:
            continue
        seen = context.statistics[op.operand(0)]
        floor = seen.crest - negligible(op, "int16" if context.activations_of(op) == "int16" else "int8")
        if seen.high - floor < (seen.high - seen.low) / 2:
            _bound(graph, op.operand(0), floor, context)


def _bound(graph: Graph, value: Value, floor: float, context: PassContext) -> None:
    """Raise what ``value`` and what it is made of hold below ``floor``."""
    uses = Uses(graph)
    if uses.only_reader(value) is None:
        context.refused(value.name, f"it is masked with large numbers, and {uses.shared(value)}")
        return
    context.statistics[value].raise_to(floor)
    context.applied(value.name, f"masked elements become {floor:.3g}, which counts nothing behind it")
    producer = uses.producer(value)
    if producer is None:
        return
    if (constant := constant_operand(producer)) is not None and declaration(producer.name).affine is Affine.SHIFT:
        _raise_constant(graph, producer, 1, constant, floor - context.statistics[producer.operand(0)].high)
    elif declaration(producer.name).quant is QuantRule.SAME_AS_INPUT and declaration(producer.name).moves:
        _bound_operands(graph, producer, floor, context)


def _bound_operands(graph: Graph, op: Op, floor: float, context: PassContext) -> None:
    for index, operand in data_operands(op):
        if operand.dtype != "float32":
            continue
        if operand.is_constant:
            _raise_constant(graph, op, index, operand, floor)
        elif context.statistics[operand].low < floor:
            _bound(graph, operand, floor, context)


def _raise_constant(graph: Graph, op: Op, index: int, constant: Value, floor: float) -> None:
    assert constant.data is not None
    if constant.size and float(constant.data.min()) < floor:
        set_constant(graph, op, index, np.maximum(constant.data, np.float32(floor)))
