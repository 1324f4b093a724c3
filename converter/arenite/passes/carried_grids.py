"""One grid for all places that a value is carried to: a loop's variable, what branches take and give, a resource variable.

body: %h' = tanh(…)             the grid of tanh for the loop's variable too, if all that it is ever fits in there
body: %h' = tanh(…), h₀ = ±3    →  %r = quantize(%h'); the body gives %r, on the grid of the union
"""

from __future__ import annotations

from ..elements import limits
from ..graph import Op, Quantization, Value
from ..places import Place
from .boundaries import Boundaries, Sets
from .context import PassContext
from .grid_groups import GridGroup, GridGroups, requantize


def join_carried(
    groups: GridGroups, boundaries: Boundaries, integer: set[Op], kinds: dict[Value, str], context: PassContext
) -> None:
    """Merge the groups of values at places that agree; arguments as of ``assign_grids``."""
    for together in _components(groups, boundaries):
        places = [place for group in together for place in group]
        kind = boundaries.kind(places[0]) or ""
        if not _fit_one_grid([groups.of(place.value) for place in places], kind):
            for place in places:
                if groups.of(place.value).fixed is not None:
                    requantize(boundaries.graph(place), [place], integer, kinds, context)
        for group in together:
            for place in group:
                groups.merge(group[0].value, place.value)


def _components(groups: GridGroups, boundaries: Boundaries) -> list[list[list[Place]]]:
    """Groups of integer places, those that share values together."""
    sets, whole = Sets(), [group for group in boundaries.groups if boundaries.kind(group[0]) != "float32"]
    for group in whole:
        sets.join([group[0], *(id(groups.of(place.value)) for place in group)])
    found: dict[object, list[list[Place]]] = {}
    for group in whole:
        found.setdefault(sets.root(group[0]), []).append(group)
    return list(found.values())


def _fit_one_grid(own: list[GridGroup], kind: str) -> bool:
    """Whether at most one grid is fixed, and holds what the others are."""
    fixed = {group.fixed for group in own if group.fixed is not None}
    return not fixed or (len(fixed) == 1 and all(_holds(group, next(iter(fixed)), kind) for group in own))


def _holds(group: GridGroup, grid: Quantization, kind: str) -> bool:
    """Whether ``grid`` holds the group's range but for a step."""
    scale, zero = float(grid.scale[0]), int(grid.zero_point[0])
    low, high = (scale * (limit - zero) for limit in limits(kind))
    return group.fixed is not None or (low - scale <= group.low and group.high <= high + scale)
