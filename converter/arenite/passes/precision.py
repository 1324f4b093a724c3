"""Give sixteen bits to what costs the outputs most, as little as reaches the accuracy that is wanted.

Before types are settled, the int8 model is simulated on calibration samples: with the weights and biases of the int8 model
that was made first, each activation rounded to its range. A tensor keeps sixteen bits when its producer and all its readers
compute in int16, so tensors are what is chosen, and their operators follow. First each tensor's own loss at the outputs is
measured with all else exact; then tensors are taken by loss per instruction that their operators cost more; how many of
them are needed is found by simulating the whole model; and those that turn out not to be needed are given back.

Not when: the int8 model is exact enough; an operator has no int16 kernel, or holds a state or a table; the model cannot be
run in parts. Inputs and outputs keep the type that the user wants: with int8 ones, their own rounding remains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np

from ..evaluate import Change
from ..graph import Graph, Op, Quantization, Value
from ..opdef import QuantRule, declaration
from ..sensitivity import Probe, rounding
from .context import PassContext
from .scheme import activation_quantization

#: What an operator takes more in int16, in instructions on Cortex-M4 (docs/microkernels.md): for a multiply-accumulate
#: (24 / 16 − 13 / 16), for a result of sums of 64 bits, and for any other result.
PER_MAC, PER_SUM, PER_RESULT = 0.7, 30, 10
#: Simulations that giving back may take.
TRIALS = 12


def choose(graph: Graph, integer: set[Op], widenable: set[Op], context: PassContext) -> None:
    """Add to ``context.wide`` the operators that take int16 for an SQNR of ``context.aim_db`` at the outputs.

    integer  operators that compute in integers.   widenable  those of them that could in int16.
    """
    if context.aim_db is None:
        return
    if not Probe.suits(graph):
        context.refused(
            graph.name, "nothing is given sixteen bits: a model with branches, loops or resources is not measured"
        )
        return
    search = _Search(graph, integer, widenable, context)
    wide = search.run(10 ** (-context.aim_db / 10))
    context.wide |= set(wide)
    context.extra_instructions = round(sum(map(extra_instructions, wide)))
    for op in wide:
        context.applied(op.origin, f"{op.name} computes in int16")


def extra_instructions(op: Op) -> float:
    """What int16 costs more than int8, estimated for Cortex-M4."""
    macs, size = declaration(op.name).macs(op), sum(value.size for value in op.outputs)
    return PER_MAC * macs + (PER_SUM if macs else PER_RESULT) * size


class _Search:
    def __init__(self, graph: Graph, integer: set[Op], widenable: set[Op], context: PassContext) -> None:
        self._graph, self._integer, self._widenable, self._context = graph, integer, widenable, context
        self._probe = Probe(graph, context.samples, context.seed)
        self._producers, self._consumers = graph.producers(), graph.consumers()
        self._fine_ends = context.io in ("int16", "float32")

    def run(self, most: float) -> list[Op]:
        """The operators that take int16 so that noise over signal of the outputs is at most ``most``, or as low as it gets."""
        if self._loss([]) <= most:
            return []
        order = self._order()
        steps = range(1, len(order) + 1)
        needed = self._first(lambda count: self._loss(order[:count]) <= most, steps)
        if needed is None:
            return self._ordered(op for value in order for op in self._needs(value))
        return self._ordered(op for value in self._given_back(order[:needed], most) for op in self._needs(value))

    @staticmethod
    def _first(holds: Callable[[int], bool], steps: range) -> int | None:
        """The least step that ``holds``, which all behind it do too."""
        low, high = 0, len(steps)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if holds(steps[middle]) else (middle + 1, high)
        return steps[low] if low < len(steps) else None

    def _given_back(self, chosen: list[Value], most: float) -> list[Value]:
        """``chosen`` without those that are not needed; the most expensive are tried first."""
        for value in sorted(chosen, key=lambda v: -self._price(v, set()))[:TRIALS]:
            rest = [other for other in chosen if other is not value]
            if self._loss(rest) <= most:
                chosen = rest
        return chosen

    def _order(self) -> list[Value]:
        """Tensors that can have sixteen bits, by what they lose in eight per instruction that they cost more."""
        losses = {}
        candidates = [value for value in self._rounded if self._can_be_fine(value)]
        for i, value in enumerate(candidates):
            losses[value] = self._probe.loss({value: self._rounded[value]})
            if self._context.progress is not None:
                self._context.progress("measuring tensors", i + 1, len(candidates))
        order: list[Value] = []
        taken: set[Op] = set()
        while losses:
            best = max(losses, key=lambda value: losses[value] / (1 + self._price(value, taken)))
            taken.update(self._needs(best))
            del losses[best]
            order.append(best)
        return order

    def _price(self, value: Value, taken: set[Op]) -> float:
        return sum(extra_instructions(op) for op in self._needs(value) if op not in taken)

    def _needs(self, value: Value) -> list[Op]:
        """The operators that must compute in int16 for ``value`` to keep sixteen bits."""
        producer = self._producers.get(value)
        readers = [op for op in self._consumers[value] if op in self._integer]
        return [*([producer] if producer in self._integer and producer is not None else []), *readers]

    def _can_be_fine(self, value: Value) -> bool:
        at_end = value in self._graph.outputs or value not in self._producers
        return (self._fine_ends or not at_end) and all(op in self._widenable for op in self._needs(value))

    def _ordered(self, ops: Iterable[Op]) -> list[Op]:
        wanted = set(ops)
        return [op for op in self._graph.ops if op in wanted]

    # --- simulation -------------------------------------------------------------------------------------------------
    @cached_property
    def _rounded(self) -> dict[Value, Change]:
        """Activations that int8 rounds anew, and how."""
        table = {}
        for value in self._graph.values():
            producer = self._producers.get(value)
            inside = (
                producer in self._integer if producer else any(op in self._integer for op in self._consumers[value])
            )
            if value.is_constant or value.is_variable or value.dtype != "float32" or not inside:
                continue
            seen = self._context.statistics[value]
            if producer is not None and _keeps_steps(producer):
                continue
            fixed = declaration(producer.name).fixed if producer is not None else None
            grid = activation_quantization(seen.low, seen.high)
            table[value] = rounding(Quantization.per_tensor(*fixed["int8"]) if fixed else grid, "int8")
        return table

    @cached_property
    def _coarse(self) -> tuple[Graph, dict[Value, Value]]:
        """The graph with rounded constants, and its value for each of ours."""
        copy = self._graph.copy()
        for place, op in enumerate(copy.ops):
            for index, data in enumerate(self._context.rounded.get(place, [])):
                op.inputs += [None] * (index + 1 - len(op.inputs))
                op.inputs[index] = self._rounded_constant(copy, op.inputs[index], data)
        ours, theirs = ([v for v in graph.values() if not v.is_constant] for graph in (self._graph, copy))
        return copy, dict(zip(ours, theirs, strict=True))

    @staticmethod
    def _rounded_constant(graph: Graph, value: Value | None, data: np.ndarray | None) -> Value | None:
        """The constant ``value``, or what was absent, with ``data``."""
        if data is None or data.dtype.kind != "f" or (value is not None and value.shape != data.shape):
            return value
        name = graph.unique_name("rounded" if value is None else value.name)
        return Value(name, "float32", data.shape, data.astype(np.float32))

    def _loss(self, fine: Iterable[Value]) -> float:
        """Noise over signal of the outputs when ``fine`` and all that comes with it keep sixteen bits."""
        wide = {op for value in fine for op in self._needs(value)}
        kept = {value for value in self._rounded if self._can_be_fine(value) and set(self._needs(value)) <= wide}
        copy, twins = self._coarse
        changes = {twins[value]: change for value, change in self._rounded.items() if value not in kept}
        changes |= {twins[value]: np.copy for value in self._graph.inputs if twins[value] not in changes}
        return self._probe.loss_of(copy, twins, changes)


def _keeps_steps(op: Op) -> bool:
    """Whether its results are its operands' elements, which were rounded to the same grid."""
    decl = declaration(op.name)
    return decl.quant is QuantRule.SAME_AS_INPUT and (decl.moves or decl.passes_clamp)
