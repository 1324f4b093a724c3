"""Which scale and zero point each integer activation gets.

Operators that move or select elements tie their operands and results into one group with one grid; a group's range is
the union of its members'. Operators with a fixed result (softmax) fix the grid of the group behind them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..graph import Graph, Op, Quantization, Value
from ..opdef import QuantRule, Role, StateGrid, data_operands, declaration, name_of, weight_operand
from .context import PassContext, Statistics
from .ranges import Group, choose
from .reach import clamped_at, farthest, grows_with
from .scheme import HEADROOM, activation_quantization

#: [low, high], real values.
Range = tuple[float, float]

#: What a range that was taken down to what is needed keeps beyond it, as a part of it: the extremes of extremes are few.
NARROWED_ROOM = 0.02

#: Results of the same weights whose ranges are no wider together than so many times alone count as one.
MUCH_THE_SAME = 1.5


@dataclass(eq=False)
class _Group(Group):
    """Values that share one grid: either ``fixed``, or from the range [low, high]. ``seen``: each member's own range."""

    members: list[Value]
    fixed: Quantization | None = None
    seen: dict[Value, Range] = field(default_factory=dict)


class _Groups:
    """Values by group; merging keeps a fixed grid (two different ones are never merged).

    kinds  value → its integer type, which the members of a group have in common.
    """

    def __init__(
        self, statistics: dict[Value, Statistics], alike: dict[Value, list[Value]], kinds: dict[Value, str]
    ) -> None:
        self._statistics = statistics
        self._alike = alike
        self._kinds = kinds
        self._of: dict[Value, _Group] = {}

    def of(self, value: Value) -> _Group:
        if value not in self._of:
            if value.data is not None:
                low, high = float(value.data.min(initial=0)), float(value.data.max(initial=0))
            else:
                low, high = self._range(value)
            self._of[value] = _Group([value], low, high, seen={value: (low, high)})
        return self._of[value]

    def _range(self, value: Value) -> Range:
        """What the value reached; with its likes, if that is much the same: then they are samples of one thing."""
        own = self._statistics[value]
        seen = [self._statistics[other] for other in self._alike.get(value, [value])]
        low, high = min(s.low for s in seen), max(s.high for s in seen)
        return (low, high) if high - low <= MUCH_THE_SAME * (own.high - own.low) else (own.low, own.high)

    def has(self, value: Value) -> bool:
        return value in self._of

    def merge(self, first: Value, second: Value) -> None:
        a, b = self.of(first), self.of(second)
        if a is b:
            return
        assert a.fixed is None or b.fixed is None or a.fixed == b.fixed
        a.low, a.high, a.fixed = min(a.low, b.low), max(a.high, b.high), a.fixed or b.fixed
        a.members += b.members
        a.seen |= b.seen
        for member in b.members:
            self._of[member] = a

    def narrow(self, needed: dict[Value, Range]) -> None:
        """Take each group's range down to what its members are needed in."""
        for group in {id(group): group for group in self._of.values()}.values():
            ranges = [needed[value] for value in group.members if value in needed]
            if len(ranges) == len(group.members):
                low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
                bounded = any(value.is_constant for value in group.members)  # and not by what samples happen to hold
                room = 0 if bounded else NARROWED_ROOM * (high - low)
                group.low, group.high = max(group.low, low - room), min(group.high, high + room)

    def grids(
        self, graph: Graph, room: Callable[[list[Value]], float], context: PassContext
    ) -> dict[Value, Quantization]:
        """The grids; ``room`` says for the members of an int16 group how many times its range they reach."""
        groups = list({id(group): group for group in self._of.values()}.values())
        coarse = [group for group in groups if group.fixed is None and self._kind(group) == "int8"]
        choose(graph, coarse, context)
        fine = _Fine(graph, self._of, room)
        table = {}
        for group in groups:
            low, high = fine.range(group) if self._kind(group) == "int16" else (group.low, group.high)
            grid = group.fixed or activation_quantization(low, high, self._kind(group))
            table.update(dict.fromkeys(group.members, grid))
        return table

    def _kind(self, group: _Group) -> str:
        """The type of the members; int8 for constants alone."""
        return next((self._kinds[value] for value in group.members if not value.is_constant), "int8")


class _Fine:
    """Ranges of int16 groups: what was seen, with room for what was not, but no more than can come."""

    def __init__(self, graph: Graph, groups: dict[Value, _Group], room: Callable[[list[Value]], float]) -> None:
        self._producers, self._groups, self._room = graph.producers(), groups, room
        self._known: dict[_Group, float] = {}

    def range(self, group: _Group) -> Range:
        times = self._times(group)
        return group.low * times, group.high * times

    def _times(self, group: _Group) -> float:
        """How many times what was seen the range is."""
        if group not in self._known:
            self._known[group] = self._room(
                group.members
            )  # what a group says of itself, when its values go in a circle
            seen = max(-group.low, group.high)
            most = max(self._most(value, group) for value in group.members if not value.is_constant)
            if seen > 0:
                self._known[group] = min(self._known[group], max(most / seen, 1))
        return self._known[group]

    def _most(self, value: Value, group: _Group) -> float:
        """The largest magnitude that can come from outside of the group by way of ``value``; infinite if unknown."""
        op = self._producers.get(value)
        if op is None:
            return np.inf
        if declaration(op.name).quant is QuantRule.SAME_AS_INPUT and any(v in group.members for v in op.inputs):
            return 0.0
        grown = grows_with(op)
        if grown is None or grown not in self._groups or self._groups[grown].fixed is not None:
            return clamped_at(op)
        return min(clamped_at(op), farthest(op, self._reach(self._groups[grown])))

    def _reach(self, group: _Group) -> float:
        return max(abs(end) for end in self.range(group))


def assign_grids(
    graph: Graph, integer: set[Op], kinds: dict[Value, str], context: PassContext
) -> dict[Value, Quantization]:
    """Grid of every value that integer operators write or read as an activation, same-scale constants included.

    integer   operators that compute in integers; requantizing operators that have to be inserted are added to it.
    kinds     the type that each value will have; what such operators write is added to it.
    """
    groups = _Groups(context.statistics, _alike(graph), kinds)
    for op in list(graph.ops):
        decl = declaration(op.name)
        if decl.role is Role.QUANTIZE:
            for value in (op.operand(0), op.output):
                if kinds.get(value, "float32") != "float32":
                    groups.of(value)
        if op not in integer:
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
    for value in graph.inputs:
        if value.dtype == "float32" and kinds[value] != "float32":
            groups.of(value)
    groups.narrow(_needed(graph, integer, groups))
    return groups.grids(graph, lambda members: _headroom(members, graph, integer, context), context)


def _alike(graph: Graph) -> dict[Value, list[Value]]:
    """Results of the same weights, as in the towers of a siamese network: each result → all of them."""
    sharing: dict[tuple[str, Value], list[Value]] = {}
    for op in graph.ops:
        weight = declaration(op.name).weight
        if weight is not None and op.operand(weight[0]).is_constant:
            sharing.setdefault((op.attrs.get("fused_activation_function", ""), op.operand(weight[0])), []).append(
                op.output
            )
    return {value: values for values in sharing.values() if len(values) > 1 for value in values}


def _needed(graph: Graph, integer: set[Op], groups: _Groups) -> dict[Value, Range]:
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
    that the peaks of the samples ask for, and inputs none, whose range the samples state.
    """
    if any(_has_weights(op) for op in integer):
        return HEADROOM
    if any(value in graph.inputs for value in members):
        return 1
    seen = [context.statistics[value] for value in members if value in context.statistics]
    reach = max((max(-s.low, s.high) for s in seen), default=0.0)
    spread = max((s.spread for s in seen), default=0.0)
    return min(1 + PEAKS_BEYOND * spread / reach, HEADROOM) if reach > 0 else 1


def _has_weights(op: Op) -> bool:
    """Whether an operand is a constant of eight bits; products of two computed matrices have none."""
    index = weight_operand(op.name)
    return index is not None and index < len(op.inputs) and op.operand(index).is_constant


def _tie(
    graph: Graph, op: Op, groups: _Groups, integer: set[Op], kinds: dict[Value, str], context: PassContext
) -> None:
    """One grid for the operands and results of ``op``; operands on a fixed grid that is not everyone's are requantized."""
    values = [value for _, value in data_operands(op)]
    fixed = {groups.of(value).fixed for value in values}
    if len(fixed) > 1:
        for value in dict.fromkeys(values):
            if groups.of(value).fixed is not None:
                kinds[_requantize(graph, op, value, integer, context)] = kinds[value]
        values = [value for _, value in data_operands(op)]
    results = _real_results(op)
    for value in (*values, *results):
        groups.merge(results[0], value)


def _real_results(op: Op) -> list[Value]:
    """Those that get a grid: indices beside them stay whole numbers."""
    return [value for value in op.outputs if value.dtype == "float32"]


def _requantize(graph: Graph, op: Op, value: Value, integer: set[Op], context: PassContext) -> Value:
    """Insert a change of scale between ``value`` and ``op``; what ``op`` then reads."""
    copy = Value(graph.unique_name(f"{value.name}_rescaled"), value.dtype, value.shape)
    change = Op(name_of(Role.QUANTIZE), [value], [copy], origin=op.origin)
    graph.ops.insert(graph.ops.index(op), change)
    integer.add(change)
    op.inputs = [copy if v is value else v for v in op.inputs]
    context.statistics[copy] = context.statistics[value]
    context.applied(
        op.origin, f"requantized '{value.name}': its scale is fixed, {op.name} needs one scale for all operands"
    )
    return copy
