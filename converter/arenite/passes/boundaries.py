"""Where values enter and leave subgraphs and variables.

A loop's variable is one thing in five places: operand and result of the loop, what condition and body take, what the body
gives. Bytes are copied from one to the next, so all have one type and one grid. Likewise what a branch takes and gives,
and all that reads and assigns one resource variable.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterable

from ..evaluate import quantize as to_steps
from ..graph import RESOURCE, Graph, Op, Quantization, Value
from ..opdef import declaration
from ..places import Holder, Place
from .context import PassContext


def carried(graph: Graph) -> list[list[Place]]:
    """The places of float values that must agree in type and grid, in the order of the program."""
    sets = Sets()
    places: dict[Place, None] = {}
    for op in (op for part in graph.subgraphs() for op in part.ops):
        for holders in declaration(op.name).carried(op):
            own = [holder for holder in holders if isinstance(holder, Place)]
            named: list[Holder] = [place.value for place in own if place.value.dtype == RESOURCE]
            sets.join([*holders, *named])
            places.update(dict.fromkeys(own))
    found: dict[Hashable, list[Place]] = {}
    for place in places:
        if place.value.dtype == "float32":
            found.setdefault(sets.root(place), []).append(place)
    return list(found.values())


class Sets:
    """Disjoint sets of whatever was joined."""

    def __init__(self) -> None:
        self._above: dict[Hashable, Hashable] = {}

    def root(self, member: Hashable) -> Hashable:
        while (above := self._above.get(member, member)) != member:
            member = above
        return member

    def join(self, members: Iterable[Hashable]) -> None:
        first, *others = (self.root(member) for member in members)
        for other in others:
            self._above[self.root(other)] = self.root(first)


class Boundaries:
    """The carried places of a model and the type of each; those of constants get values of their own.

    groups  places that agree.   graph_of  operator → the graph that it stands in.
    """

    def __init__(self, graph: Graph, context: PassContext) -> None:
        self.groups = carried(graph)
        self.graph_of = {op: part for part in graph.subgraphs() for op in part.ops}
        self._kinds = {place: _kind(group, context) for group in self.groups for place in group}
        for place in self._kinds:
            if place.value.is_constant:
                place.put(dataclasses.replace(place.value, name=self.graph(place).unique_name(place.value.name)))

    def graph(self, place: Place) -> Graph:
        """The graph whose values may stand at ``place``."""
        return place.holder if isinstance(place.holder, Graph) else self.graph_of[place.holder]

    def kind(self, place: Place) -> str | None:
        """The dtype of what ``place`` carries; None for a place that carries nothing, or no real number."""
        return self._kinds.get(place)

    def integer_operators(self) -> set[Op]:
        """Those that hand on real numbers, and only in integers."""
        kinds: dict[Op, set[str]] = {}
        for place, kind in self._kinds.items():
            if isinstance(place.holder, Op):
                kinds.setdefault(place.holder, set()).add(kind)
        return {op for op, own in kinds.items() if "float32" not in own}


def _kind(group: list[Place], context: PassContext) -> str:
    """The type of the group's first operator in the program, which its layer may have chosen."""
    return context.activations_of(next(place.holder for place in group if isinstance(place.holder, Op)))


def quantize_carried_constants(boundaries: Boundaries, grids: dict[Value, Quantization]) -> None:
    """Bring constants at integer places to the grid that they share with what is carried there."""
    for place in (place for group in boundaries.groups for place in group):
        value, kind = place.value, boundaries.kind(place)
        if value.data is not None and value.dtype == "float32" and kind is not None and kind != "float32":
            quant = grids[value]
            place.put(Value(value.name, kind, value.shape, to_steps(value.data, quant, kind), quant))
