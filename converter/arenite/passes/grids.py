"""Which scale and zero point each integer activation gets.

Operators that move or select elements tie their operands and results into one group with one grid; a group's range is
the union of its members'. Operators with a fixed result (softmax) fix the grid of the group behind them.
"""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Op, Quantization, Value
from ..opdef import QuantRule, Role, StateGrid, data_operands, declaration, weight_operand
from ..places import Place
from .boundaries import Boundaries
from .carried_grids import join_carried
from .context import PassContext
from .grid_groups import GridGroups, Range, requantize
from .scheme import HEADROOM


def assign_grids(
    graph: Graph, integer: set[Op], kinds: dict[Value, str], boundaries: Boundaries, context: PassContext
) -> dict[Value, Quantization]:
    """Grid of every value that integer operators write or read as an activation, same-scale constants included.

    integer   operators that compute in integers; requantizing operators that have to be inserted are added to it.
    kinds     the type that each value will have; what such operators write is added to it.
    """
    parts = graph.subgraphs()
    groups = GridGroups(context.statistics, _alike(parts), kinds)
    for part in parts:
        _group_operators(part, groups, integer, kinds, context)
    for value in graph.inputs:
        if value.dtype == "float32" and kinds[value] != "float32":
            groups.of(value)
    join_carried(groups, boundaries, integer, kinds, context)
    needed: dict[Value, Range] = {}
    for part in parts:
        needed |= _needed(part, integer, groups)
    groups.narrow(needed)
    return groups.grids(graph, lambda members: _headroom(members, graph, integer, context), context)


def _group_operators(
    graph: Graph, groups: GridGroups, integer: set[Op], kinds: dict[Value, str], context: PassContext
) -> None:
    """Groups of what integer operators read and write, tied where they need one grid."""
    for op in list(graph.ops):
        decl = declaration(op.name)
        if decl.role is Role.QUANTIZE:
            for value in (op.operand(0), op.output):
                if kinds.get(value, "float32") != "float32":
                    groups.of(value)
        if op not in integer or decl.quant is QuantRule.PLAIN:
            continue
        for _, value in data_operands(op):
            if not value.is_constant:
                groups.of(value)
        if decl.quant is QuantRule.SAME_AS_INPUT:
            _tie(graph, op, groups, integer, kinds, context)
        for index, grid in decl.states.items():
            if grid is StateGrid.OUTPUT:
                groups.merge(op.outputs[0], op.operand(index))
        for value in _real_results(op):
            group = groups.of(value)
            if decl.fixed:
                group.fixed = Quantization.per_tensor(*decl.fixed[kinds[value]])


def _alike(parts: list[Graph]) -> dict[Value, list[Value]]:
    """Results of the same weights, as in the towers of a siamese network: each result → all of them."""
    sharing: dict[tuple[str, Value], list[Value]] = {}
    for op in (op for part in parts for op in part.ops):
        weight = declaration(op.name).weight
        if weight is not None and op.operand(weight[0]).is_constant:
            sharing.setdefault((op.attrs.get("fused_activation_function", ""), op.operand(weight[0])), []).append(
                op.output
            )
    return {value: values for values in sharing.values() if len(values) > 1 for value in values}


def _needed(graph: Graph, integer: set[Op], groups: GridGroups) -> dict[Value, Range]:
    """The part of its range in which each value of a group matters; what lies outside may saturate at the end of the grid.

    An operator that selects or moves elements needs its operands where its results are needed: a pixel below all
    maxima that pooling gives is never one. But where elements are left out by their place alone, those that are left say less
    of other samples' range than all do. A comparison with a constant needs its operand around the constant.
    """
    needed: dict[Value, Range] = {}

    def need(value: Value, low: float, high: float) -> None:
        own = groups.of(value)
        low, high = max(low, own.seen[value][0]), min(high, own.seen[value][1])
        before = needed.get(value, (np.inf, -np.inf))
        needed[value] = min(before[0], low), max(before[1], high)

    def everywhere(value: Value) -> None:
        need(value, -np.inf, np.inf)

    def settle(value: Value) -> None:
        """All readers are known: one that is only compared keeps its range."""
        if value not in needed:
            everywhere(value)
        elif value in compared:
            need(value, *compared[value])

    compared: dict[Value, Range] = {}
    for value in filter(groups.has, graph.outputs):
        everywhere(value)
    for op in reversed(graph.ops):
        for value in filter(groups.has, op.outputs):
            settle(value)
        results = _selected(op, integer)
        for value in (value for value in op.inputs if value is not None and groups.has(value)):
            if results and (declaration(op.name).extremes or sum(result.size for result in results) >= value.size):
                for result in results:
                    need(value, *needed[result])
            elif (constant := _compared_with(op, value, integer)) is not None:
                low, high = compared.get(value, (np.inf, -np.inf))
                compared[value] = min(low, float(constant.min())), max(high, float(constant.max()))
            else:
                everywhere(value)
    for value in filter(groups.has, graph.inputs):
        settle(value)
    return needed


def _selected(op: Op, integer: set[Op]) -> list[Value] | None:
    """The results of an integer operator that moves or selects elements of its operands, all on one grid; else None."""
    decl, results = declaration(op.name), _real_results(op)
    if (
        op not in integer
        or decl.quant is not QuantRule.SAME_AS_INPUT
        or not (decl.moves or decl.passes_clamp or decl.selects)
    ):
        return None
    return results if results and len(results) == len(op.outputs) else None


def _compared_with(op: Op, value: Value, integer: set[Op]) -> np.ndarray | None:
    """The constant with which an integer operator compares ``value``; None when it does something else."""
    others = [other for other in op.inputs if other is not value]
    if op not in integer or any(result.dtype != "bool" for result in op.outputs) or len(others) != 1:
        return None
    return others[0].data if others[0] is not None and others[0].dtype == "float32" else None


#: Standard deviations of the samples' peaks that int16 keeps beyond the largest: with 100 samples, one model in twenty meets
#: a larger one among 50 others.
PEAKS_BEYOND = 1.5


def _headroom(members: list[Value], graph: Graph, integer: set[Op], context: PassContext) -> float:
    """How many times what calibration saw a group of values reaches in int16.

    Weights of eight bits lose some 30 dB more than a bit of sixteen costs: beside them it is spent on values
    that calibration did not see. Without weights the bit would be most of the loss: what is computed gets the room
    that the peaks of the samples ask for, and inputs none, whose range the samples state, unless matrices are multiplied.
    """
    if any(_has_weights(op) for op in integer):
        return HEADROOM
    if any(value in graph.inputs for value in members) and not any(map(_multiplies, integer)):
        return 1
    seen = [context.statistics[value] for value in members if value in context.statistics]
    reach = max((max(-s.low, s.high) for s in seen), default=0.0)
    spread = max((s.spread for s in seen), default=0.0)
    return min(1 + PEAKS_BEYOND * spread / reach, HEADROOM) if reach > 0 else 1


def _multiplies(op: Op) -> bool:
    """Whether it is a product of matrices: one value that is cut off spoils a row or column of results."""
    return weight_operand(op.name) is not None


def _has_weights(op: Op) -> bool:
    """Whether an operand is a constant of eight bits; products of two computed matrices have none."""
    index = weight_operand(op.name)
    return index is not None and index < len(op.inputs) and op.operand(index).is_constant


def _tie(
    graph: Graph, op: Op, groups: GridGroups, integer: set[Op], kinds: dict[Value, str], context: PassContext
) -> None:
    """One grid for the operands and results of ``op``; operands on a fixed grid that is not everyone's are requantized."""
    values = [value for _, value in data_operands(op)]
    fixed = {groups.of(value).fixed for value in values}
    if len(fixed) > 1:
        for value in dict.fromkeys(values):
            if groups.of(value).fixed is not None:
                places = [Place(op, "inputs", i) for i, operand in enumerate(op.inputs) if operand is value]
                requantize(graph, places, integer, kinds, context)
        values = [value for _, value in data_operands(op)]
    results = _real_results(op)
    for value in (*values, *results):
        groups.merge(results[0], value)


def _real_results(op: Op) -> list[Value]:
    """Those that get a grid: indices beside them stay whole numbers."""
    return [value for value in op.outputs if value.dtype == "float32"]
