"""Which scale and zero point each integer activation gets.

Operators that move or select elements tie their operands and results into one group with one grid; a group's range is
the union of its members'. Operators with a fixed result (softmax) fix the grid of the group behind them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..graph import Graph, Op, Quantization, Value
from ..opdef import QuantRule, Role, StateGrid, data_operands, declaration, name_of
from .context import PassContext, Statistics
from .ranges import Group, choose
from .scheme import HEADROOM, activation_quantization


@dataclass(eq=False)
class _Group(Group):
    """Values that share one grid: either ``fixed``, or from the range [low, high]."""

    members: list[Value]
    fixed: Quantization | None = None


class _Groups:
    """Values by group; merging keeps a fixed grid (two different ones are never merged)."""

    def __init__(self, statistics: dict[Value, Statistics], dtype: str) -> None:
        self._statistics = statistics
        self._dtype = dtype
        self._of: dict[Value, _Group] = {}

    def of(self, value: Value) -> _Group:
        if value not in self._of:
            if value.data is not None:
                low, high = float(value.data.min(initial=0)), float(value.data.max(initial=0))
            else:
                low, high = self._statistics[value].low, self._statistics[value].high
            self._of[value] = _Group([value], low, high)
        return self._of[value]

    def merge(self, first: Value, second: Value) -> None:
        a, b = self.of(first), self.of(second)
        if a is b:
            return
        assert a.fixed is None or b.fixed is None or a.fixed == b.fixed
        a.low, a.high, a.fixed = min(a.low, b.low), max(a.high, b.high), a.fixed or b.fixed
        a.members += b.members
        for member in b.members:
            self._of[member] = a

    def narrow(self, operand: Value, result: Value, op: Op, graph: Graph) -> None:
        """Take the range of ``operand``'s group down to that of ``result``, to which ``op`` clamps it, if nobody else reads it.

        What lies outside saturates at the end of the grid instead, which is the bound.
        """
        group = self.of(operand)
        if group.fixed is not None or any(value in graph.outputs for value in group.members):
            return
        outside = [
            reader
            for reader in graph.ops
            if reader is not op
            and any(value in reader.inputs for value in group.members)
            and not all(value in group.members for value in reader.outputs)
        ]
        if not outside:
            seen = self._statistics[result]
            group.low, group.high = max(group.low, seen.low), min(group.high, seen.high)

    def grids(self, graph: Graph, context: PassContext) -> dict[Value, Quantization]:
        groups = list({id(group): group for group in self._of.values()}.values())
        table = {}
        room = HEADROOM if self._dtype == "int16" else 1
        if self._dtype == "int8":
            choose(graph, [group for group in groups if group.fixed is None], context)
        for group in groups:
            grid = group.fixed or activation_quantization(group.low * room, group.high * room, self._dtype)
            table.update(dict.fromkeys(group.members, grid))
        return table


def assign_grids(graph: Graph, integer: set[Op], context: PassContext) -> dict[Value, Quantization]:
    """Grid of every value that integer operators write or read as an activation, same-scale constants included.

    integer   operators that compute in int8; requantizing operators that have to be inserted are added to it.
    """
    groups = _Groups(context.statistics, context.activations)
    for op in list(graph.ops):
        decl = declaration(op.name)
        if decl.role is Role.QUANTIZE:
            groups.of(op.output)
        if op not in integer:
            continue
        for _, value in data_operands(op):
            if not value.is_constant:
                groups.of(value)
        if decl.quant is QuantRule.SAME_AS_INPUT:
            _tie(graph, op, groups, integer, context)
        for index, grid in decl.states.items():
            if grid is StateGrid.OUTPUT:
                groups.merge(op.outputs[0], op.operand(index))
        for value in _real_results(op):
            group = groups.of(value)
            if decl.fixed:
                group.fixed = Quantization.per_tensor(*decl.fixed[context.activations])
    for value in graph.inputs:
        if context.io != "float32" and value.dtype == "float32":
            groups.of(value)
    return groups.grids(graph, context)


def _tie(graph: Graph, op: Op, groups: _Groups, integer: set[Op], context: PassContext) -> None:
    """One grid for the operands and results of ``op``; operands on a fixed grid that is not everyone's are requantized."""
    values = [value for _, value in data_operands(op)]
    fixed = {groups.of(value).fixed for value in values}
    if len(fixed) > 1:
        for value in dict.fromkeys(values):
            if groups.of(value).fixed is not None:
                _requantize(graph, op, value, integer, context)
        values = [value for _, value in data_operands(op)]
    results = _real_results(op)
    if declaration(op.name).clamps and len(computed := [value for value in values if not value.is_constant]) == 1:
        groups.narrow(computed[0], results[0], op, graph)
    for value in (*values, *results):
        groups.merge(results[0], value)


def _real_results(op: Op) -> list[Value]:
    """Those that get a grid: indices beside them stay whole numbers."""
    return [value for value in op.outputs if value.dtype == "float32"]


def _requantize(graph: Graph, op: Op, value: Value, integer: set[Op], context: PassContext) -> None:
    """Insert a change of scale between ``value`` and ``op``."""
    copy = Value(graph.unique_name(f"{value.name}_rescaled"), value.dtype, value.shape)
    change = Op(name_of(Role.QUANTIZE), [value], [copy], origin=op.origin)
    graph.ops.insert(graph.ops.index(op), change)
    integer.add(change)
    op.inputs = [copy if v is value else v for v in op.inputs]
    context.statistics[copy] = context.statistics[value]
    context.applied(
        op.origin, f"requantized '{value.name}': its scale is fixed, {op.name} needs one scale for all operands"
    )
