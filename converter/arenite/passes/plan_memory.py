"""Place the activations in the arena at conversion time, when that beats what the device finds by itself.

    metadata "OfflineMemoryAllocation" = int32 [1, 0, n, offset of each tensor in file order, −1: not in the arena]

The format is TFLite Micro's; offsets are multiples of 16. The device checks the plan before it trusts it.
Not when: greedy by size, which every device's planner does at least, already reaches the lower bound (the bytes that live
at the same time) or our search finds nothing smaller: a plan without gain only costs flash, so it is left out.
Why: on branched graphs greedy by size leaves gaps that a search over orders closes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..graph import Graph, Value
from .context import PassContext
from .half_weights import read_in_place

NAME = "plan_memory"

METADATA = "OfflineMemoryAllocation"
ALIGNMENT = 16
#: Orders that the search tries beyond the fixed ones.
TRIALS = 300


@dataclass(frozen=True)
class Lifetime:
    """A tensor in the arena: bytes, a multiple of 16, and the first and last operator during which it must stand."""

    size: int
    first: int
    last: int

    def meets(self, other: Lifetime) -> bool:
        return self.first <= other.last and other.first <= self.last


def run(graph: Graph, context: PassContext) -> None:
    graph.metadata.pop(METADATA, None)
    table = lifetimes(graph)
    buffers = list(table.values())
    bound = lower_bound(buffers)
    online = arena_bytes(buffers, place(buffers, by_size(buffers)))
    if online == bound:
        context.refused(
            graph.name, f"no plan embedded: the device's own planner reaches the lower bound of {bound} bytes"
        )
        return
    offsets = search(buffers)
    planned = arena_bytes(buffers, offsets)
    if planned >= online:
        context.refused(
            graph.name, f"no plan embedded: none found below the device's own {online} bytes (bound {bound})"
        )
        return
    graph.metadata[METADATA] = encode(graph, dict(zip(table, offsets, strict=True)))
    context.applied(graph.name, f"embedded a plan of {planned} bytes; the device alone would need {online}")


def lifetimes(graph: Graph) -> dict[Value, Lifetime]:
    """Lifetime of each value that needs room: inputs from the first operator on, outputs to the last, variables always.

    Weights of float16 that are read where they lie need none.
    """
    last_operator = max(len(graph.ops) - 1, 0)
    variables, spared = graph.variables(), read_in_place(graph)
    made = {v: i for i, op in enumerate(graph.ops) for v in op.outputs}
    first = dict.fromkeys([*graph.inputs, *variables], 0) | {v: i for v, i in made.items() if v not in spared}
    last = dict(first)
    for index, op in enumerate(graph.ops):
        last.update({value: index for value in op.inputs if value in first})
    last.update({value: last_operator for value in (*graph.outputs, *variables) if value in first})
    sizes = {value: -(-value.nbytes // ALIGNMENT) * ALIGNMENT for value in first}
    return {value: Lifetime(sizes[value], first[value], last[value]) for value in first}


def lower_bound(buffers: Sequence[Lifetime]) -> int:
    """The most bytes that live during one operator: no plan needs less."""
    moments = {buffer.first for buffer in buffers}
    return max((sum(b.size for b in buffers if b.first <= moment <= b.last) for moment in moments), default=0)


def arena_bytes(buffers: Sequence[Lifetime], offsets: Sequence[int]) -> int:
    return max((offset + buffer.size for buffer, offset in zip(buffers, offsets, strict=True)), default=0)


def by_size(buffers: Sequence[Lifetime]) -> list[int]:
    """Indices, largest first, then earliest: the device's order."""
    return sorted(range(len(buffers)), key=lambda i: (-buffers[i].size, buffers[i].first))


def place(buffers: Sequence[Lifetime], order: Sequence[int]) -> list[int]:
    """Offsets when each buffer in turn takes the lowest gap that is free throughout its life."""
    offsets = [0] * len(buffers)
    placed: list[int] = []
    for index in order:
        offset = 0
        for other in sorted((i for i in placed if buffers[i].meets(buffers[index])), key=lambda i: offsets[i]):
            if offsets[other] - offset >= buffers[index].size:
                break
            offset = max(offset, offsets[other] + buffers[other].size)
        offsets[index] = offset
        placed.append(index)
    return offsets


def search(buffers: Sequence[Lifetime]) -> list[int]:
    """The smallest plan among fixed orders and random exchanges of the best one; always the same for the same input."""
    orders = [
        by_size(buffers),
        sorted(range(len(buffers)), key=lambda i: buffers[i].first),
        sorted(range(len(buffers)), key=lambda i: -buffers[i].first),
        sorted(range(len(buffers)), key=lambda i: -buffers[i].size * (buffers[i].last - buffers[i].first + 1)),
    ]
    best = min(orders, key=lambda order: arena_bytes(buffers, place(buffers, order)))
    smallest, bound = arena_bytes(buffers, place(buffers, best)), lower_bound(buffers)
    rng = np.random.default_rng(0)
    for _ in range(TRIALS):
        if smallest == bound:
            break
        order = list(best)
        i, j = rng.integers(len(order), size=2)
        order[i], order[j] = order[j], order[i]
        size = arena_bytes(buffers, place(buffers, order))
        if size <= smallest:
            best, smallest = order, size
    return place(buffers, best)


def encode(graph: Graph, offsets: dict[Value, int]) -> bytes:
    """The metadata's bytes: version, subgraph, count, offsets, little-endian int32."""
    entries = [offsets.get(value, -1) for value in graph.values()]
    return np.array([1, 0, len(entries), *entries], "<i4").tobytes()
