"""Values that share one grid, and where a value must change its scale to share one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..graph import Graph, Op, Origin, Quantization, Value
from ..opdef import QuantRule, Role, declaration, name_of
from ..places import Place
from .context import PassContext, Statistics
from .ranges import Group, choose
from .reach import clamped_at, farthest, grows_with
from .scheme import activation_quantization

#: [low, high], real values.
Range = tuple[float, float]

#: What a range that was taken down to what is needed keeps beyond it, as a part of it: the extremes of extremes are few.
NARROWED_ROOM = 0.02

#: Results of the same weights whose ranges are no wider together than so many times alone count as one.
MUCH_THE_SAME = 1.5


@dataclass(eq=False)
class GridGroup(Group):
    """Values that share one grid: either ``fixed``, or from the range [low, high]. ``seen``: each member's own range."""

    members: list[Value]
    fixed: Quantization | None = None
    seen: dict[Value, Range] = field(default_factory=dict)


class GridGroups:
    """Values by group; merging keeps a fixed grid (two different ones are never merged).

    kinds  value → its integer type, which the members of a group have in common.
    """

    def __init__(
        self, statistics: dict[Value, Statistics], alike: dict[Value, list[Value]], kinds: dict[Value, str]
    ) -> None:
        self._statistics = statistics
        self._alike = alike
        self._kinds = kinds
        self._of: dict[Value, GridGroup] = {}

    def of(self, value: Value) -> GridGroup:
        if value not in self._of:
            if value.data is not None:
                low, high = float(value.data.min(initial=0)), float(value.data.max(initial=0))
            else:
                low, high = self._range(value)
            self._of[value] = GridGroup([value], low, high, seen={value: (low, high)})
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

    def _kind(self, group: GridGroup) -> str:
        """The type of the members; int8 for constants alone."""
        return next((self._kinds[value] for value in group.members if not value.is_constant), "int8")


class _Fine:
    """Ranges of int16 groups: what was seen, with room for what was not, but no more than can come."""

    def __init__(self, graph: Graph, groups: dict[Value, GridGroup], room: Callable[[list[Value]], float]) -> None:
        self._producers = {value: op for part in graph.subgraphs() for op in part.ops for value in op.outputs}
        self._groups, self._room = groups, room
        self._known: dict[GridGroup, float] = {}

    def range(self, group: GridGroup) -> Range:
        times = self._times(group)
        return group.low * times, group.high * times

    def _times(self, group: GridGroup) -> float:
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

    def _most(self, value: Value, group: GridGroup) -> float:
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

    def _reach(self, group: GridGroup) -> float:
        return max(abs(end) for end in self.range(group))


def requantize(
    graph: Graph, places: list[Place], integer: set[Op], kinds: dict[Value, str], context: PassContext
) -> None:
    """Insert a change of scale in front of ``places``, operands of one operator or one output of ``graph``, all one value."""
    value, reader = places[0].value, places[0].holder
    copy = Value(graph.unique_name(f"{value.name}_rescaled"), value.dtype, value.shape)
    change = Op(name_of(Role.QUANTIZE), [value], [copy], origin=_origin(graph, places[0]))
    graph.ops.insert(graph.ops.index(reader) if isinstance(reader, Op) else len(graph.ops), change)
    integer.add(change)
    for place in places:
        place.put(copy)
    context.statistics[copy], kinds[copy] = context.statistics[value], kinds[value]
    what = (
        f"{reader.name} needs one scale for all operands" if isinstance(reader, Op) else f"'{graph.name}' gives another"
    )
    context.applied(change.origin, f"requantized '{value.name}': its scale is fixed, {what}")


def _origin(graph: Graph, place: Place) -> Origin:
    op = place.holder if isinstance(place.holder, Op) else graph.producers().get(place.value)
    return Origin() if op is None else op.origin
