"""Which part of what calibration saw the grid of an int8 activation holds.

Cutting off rare extremes makes the steps of all other values finer. Whether that helps only the model's outputs tell: each
candidate is tried with all else exact, and the loss of the outputs on calibration samples decides.

Not when: the calibrator is minmax; the range was trained; the model cannot be run in parts (branches, loops, resources).
An explicit calibrator is followed, except where extremes matter (outputs, and what softmax, argmax, comparisons read) and
it is measured to lose more than the whole range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..evaluate import Change
from ..graph import Graph, Value
from ..histogram import Histogram, merged
from ..opdef import declaration
from ..sensitivity import Probe, rounding
from .calibrators import CUTTING, Range, percentile, squared_error
from .context import PassContext, Statistics
from .scheme import activation_quantization

#: Another range is tried where its expected error in the tensor itself is at most this times that of the whole range.
PROMISING = 1.5
#: It must take the measured loss to this share, and what finer steps alone can save too: less is luck of the samples.
WORTHWHILE = 0.85
#: Tensors with less than this share of all losses keep their whole range.
NEGLIGIBLE = 0.003
#: Tensors times operators up to which every tensor's loss is measured; recurrent layers that were unrolled have more.
MOST_MEASURED = 40_000
#: Ranges whose ends differ less than this part are one.
SAME = 0.02


@dataclass(eq=False)
class Group:
    """Values that will share one int8 grid, and the range that they have together."""

    members: Sequence[Value]
    low: float
    high: float

    @property
    def range(self) -> Range:
        return min(self.low, 0.0), max(self.high, 0.0)

    @property
    def place(self) -> str:
        return f"'{self.members[0].name}'"


def choose(graph: Graph, groups: Sequence[Group], context: PassContext) -> None:
    """Narrow the ranges of ``groups``, activations of the float ``graph``, as ``context.calibrator`` says."""
    name = context.effective_calibrator
    groups = [group for group in groups if group.low < group.high and not _trained(group, context)]
    if name == "minmax" or not groups:
        return
    if name == "auto" and len(groups) * len(graph.ops) > MOST_MEASURED:
        context.refused(
            graph.name, "ranges are those seen: measuring so many tensors would take minutes; name a calibrator"
        )
        return
    if not Probe.suits(graph):
        context.refused(graph.name, "ranges are those seen: a model with branches, loops or resources is not measured")
        return
    probe = Probe(graph, context.samples, context.seed)
    if name == "auto":
        _choose_measured(groups, probe, context)
    else:
        _choose_named(graph, groups, name, probe, context)


def _trained(group: Group, context: PassContext) -> bool:
    return any(context.statistics[value].trained for value in group.members if not value.is_constant)


def _choose_measured(groups: list[Group], probe: Probe, context: PassContext) -> None:
    whole = {group: group.range for group in groups}
    histograms = {group: _histogram(group, probe, context) for group in groups}
    candidates = {group: _candidates(group, histograms[group], probe, context) for group in groups}
    groups = [group for group in groups if candidates[group]]
    losses = []
    for i, group in enumerate(groups):
        losses.append(_loss(group, group.range, probe))
        _tell(context, i + 1, 2 * len(groups))
    for i, (group, loss) in enumerate(zip(groups, losses, strict=True)):
        if loss > NEGLIGIBLE * sum(losses):
            _take_best(group, candidates[group], loss, histograms[group], probe, context)
        _tell(context, len(groups) + i + 1, 2 * len(groups))
    groups = [group for group in groups if group.range != whole[group]]
    whole = {group: whole[group] for group in groups}
    if groups and _loss_of_all(whole, probe) < _loss_of_all({group: group.range for group in groups}, probe):
        for group, seen in whole.items():
            group.low, group.high = seen
        context.refused("all tensors", "ranges are those seen after all: cut together, the outputs lose more")


def _loss_of_all(ranges: Mapping[Group, Range], probe: Probe) -> float:
    return probe.loss({value: change for g, there in ranges.items() for value, change in _changes(g, there).items()})


def _tell(context: PassContext, done: int, total: int) -> None:
    if context.progress is not None:
        context.progress("choosing ranges", done, total)


def _take_best(
    group: Group, candidates: dict[str, Range], loss: float, histogram: Histogram, probe: Probe, context: PassContext
) -> None:
    tried = {
        name: (_loss(group, there, probe) * _missed(group, there, histogram, probe), there)
        for name, there in candidates.items()
    }
    name, (least, best) = min(tried.items(), key=lambda item: item[1][0])
    least = max(least, loss * (_width(best) / _width(group.range)) ** 2)
    if least < WORTHWHILE * loss:
        _narrow(group, best, context, f"{name}: the outputs lose {10 * np.log10(loss / least):.1f} dB less by it")


def _missed(group: Group, there: Range, histogram: Histogram, probe: Probe) -> float:
    """How much larger the tensor's own error is over all samples than over those that the loss is measured on.

    Rare extremes may be in none of these; what cutting them off costs is known from the histogram.
    """
    observed = probe.local_error(_changes(group, there))
    rounded, cut = (float(error) for error in squared_error(histogram, np.array(there[0]), np.array(there[1])))
    return max(1.0, (min(observed, rounded) + cut) / observed) if observed > 0 else 1.0


def _width(range_: Range) -> float:
    return range_[1] - range_[0]


def _narrow(group: Group, taken: Range, context: PassContext, why: str) -> None:
    low, high = group.range
    if taken != (low, high):
        context.applied(group.place, f"range [{low:.4g}, {high:.4g}] cut to [{taken[0]:.4g}, {taken[1]:.4g}] by {why}")
    group.low, group.high = taken


def _choose_named(graph: Graph, groups: list[Group], name: str, probe: Probe, context: PassContext) -> None:
    extremes = _whose_extremes_matter(graph)
    for group in groups:
        taken = _range_by(name, group, probe, context)
        matters = any(value in extremes for value in group.members)
        if taken is not None and matters and _loss(group, taken, probe) > _loss(group, group.range, probe):
            context.refused(
                group.place, f"{name} is not taken: the model's outputs lose more by it than by the whole range"
            )
        elif taken is not None:
            _narrow(group, taken, context, name)


def _whose_extremes_matter(graph: Graph) -> set[Value]:
    """Outputs, and what is compared or goes through a softmax."""
    readers = [
        op
        for op in graph.ops
        if declaration(op.name).negligible is not None or any(value.dtype != "float32" for value in op.outputs)
    ]
    return {*graph.outputs, *(value for op in readers for value in op.inputs if value is not None)}


def _loss(group: Group, range_: Range, probe: Probe) -> float:
    return probe.loss(_changes(group, range_))


def _changes(group: Group, range_: Range) -> dict[Value, Change]:
    change = rounding(activation_quantization(*range_), "int8")
    return {value: change for value in group.members if not value.is_constant}


def _candidates(group: Group, histogram: Histogram, probe: Probe, context: PassContext) -> dict[str, Range]:
    """Ranges that differ from each other and promise something, by calibrator."""
    found = {"minmax": group.range}
    for name in ("average", *CUTTING):
        there = _range_by(name, group, probe, context, histogram)
        if there is not None and not any(_alike(there, other) for other in found.values()):
            found[name] = there
    low, high = np.array(list(found.values())).T
    errors = np.add(*squared_error(histogram, low, high))
    narrow = {name: (_width(there) / _width(group.range)) ** 2 < WORTHWHILE for name, there in found.items()}
    return {
        name: there
        for (name, there), error in zip(found.items(), errors, strict=True)
        if narrow[name] and error <= PROMISING * errors[0]
    }


def _alike(one: Range, other: Range) -> bool:
    return float(np.abs(np.subtract(one, other)).max()) <= SAME * (other[1] - other[0])


def _range_by(
    name: str, group: Group, probe: Probe, context: PassContext, histogram: Histogram | None = None
) -> Range | None:
    """What the calibrator makes of the group; None when it has nothing to go by."""
    low, high = _constants(group)
    if name == "average":
        averages = [_statistics(context, value).average for value in group.members if not value.is_constant]
        if any(average is None for average in averages):
            return None
        low = min([low, *(average[0] for average in averages if average)])
        high = max([high, *(average[1] for average in averages if average)])
        return max(low, group.range[0]), min(high, group.range[1])
    kind, _, percent = name.partition(":")
    histogram = histogram or _histogram(group, probe, context)
    cut = percentile(histogram, group.range, float(percent)) if percent else CUTTING[kind](histogram, group.range)
    return min(cut[0], low), max(cut[1], high)


def _constants(group: Group) -> Range:
    """The range of the constants among the members, which is kept."""
    data = [value.data for value in group.members if value.data is not None and value.size]
    return min([0.0, *(float(x.min()) for x in data)]), max([0.0, *(float(x.max()) for x in data)])


def _statistics(context: PassContext, value: Value) -> Statistics:
    return context.statistics[value]


def _histogram(group: Group, probe: Probe, context: PassContext) -> Histogram:
    """How often the values of the group occur; counted again on the probe's samples where passes have changed them."""
    counted: dict[int, Histogram] = {}
    for value in group.members:
        if value.is_constant:
            continue
        seen = context.statistics[value]
        counted[id(seen)] = seen.histogram or _count(value, seen, probe)
    return merged(list(counted.values()))


def _count(value: Value, seen: Statistics, probe: Probe) -> Histogram:
    histogram = Histogram()
    for array in probe.arrays(value):
        clipped = np.clip(array, seen.low, seen.high)
        histogram.add(clipped, float(clipped.min(initial=0)), float(clipped.max(initial=0)))
    return histogram
