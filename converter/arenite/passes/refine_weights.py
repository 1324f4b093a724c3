"""Choose integer weights and biases by what the operators' results err on calibration samples.

    %b = conv_2d(%a, %w : i8, %bias : i32)  →  the same with other integers, other scales and another bias

The float graph and the integer graph, simulated, run side by side, operator after operator, on the calibration samples. At
each operator with weights:

* rounding: the weights' integers and their scale are chosen so that the results for the inputs *as they are quantized* come
  nearest to the float graph's (``least_squares``); a weight that is zero stays zero;
* bias: the mean difference that is left in each channel goes into the bias.

Subgraphs are fitted to what their rounds get, as far as both graphs take the same way.

Not when: fewer than ``LEAST`` samples; the model has variables that it assigns, or long loops that the data ends; ranges were
trained. An operator whose results are no better with the new weights on samples that were not used to find them keeps the old
ones, and so does the whole model.
Why: rounding each weight to the nearest step is best only when inputs are independent of each other. They are not, and
errors of the operators before are of use too: they can be taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..activation import clamp
from ..evaluate import Execution, calls_made, keeps_resources, takes_one_path
from ..graph import Graph, Op, Quantization, Value
from ..opdef import attribute, data_operands, declaration
from .context import Entry, PassContext, set_constant
from .judging import LEAST, Judge, Parts, distinct, gain_db, parted
from .rounding import MOST_TAPS, Moments, change, moments, rounded
from .scheme import bias_scale, quantize_bias

NAME = "refine_weights"

#: Standard errors from which on a mean difference counts.
CERTAIN = 2.0
#: Products of weights with those of the same sum up to which each half is tried without the other too.
MOST_TRIED = 2_000_000
#: Rounds of subgraphs that are run to fit, or to judge.
MOST_CALLS = 96
#: Operators that calibration has run in loops that the data ends, from which on their weights stay as they are.
MOST_ROUNDS = 30_000


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer or context.exact is None:
        return
    if reason := _refusal(graph, context):
        context.refused(graph.name, f"weights stay as they are: {reason}")
        return
    samples = parted(context.exact, context.samples, LEAST)
    judge = Judge(context.exact, samples.judging)
    old = _Trial.of(graph, judge, [])
    trials = {}
    for left_out in _left_out(graph, context):
        own = replace(context, without=context.without | left_out, log=[])
        _Refinement(graph, own, *_pairs(context.exact, graph, samples)).run(tell=True)
        trials[left_out] = _Trial.of(graph, judge, own.log)
        old.restore()
    _keep_the_best(graph, old, trials, judge, context)


def _refusal(graph: Graph, context: PassContext) -> str:
    if {"rounding", "bias"} <= context.without:
        return "it was asked for"
    if context.ranges:
        return "they were trained for their grids"
    if (count := len(distinct(context.samples))) < LEAST:
        return f"there are {count} samples, fewer than {LEAST}"
    if keeps_resources(graph):
        return "the model has variables that it assigns"
    if _rounds(graph, context) > MOST_ROUNDS and not takes_one_path(context.exact or graph):
        return "its loops end by the data, so samples run one by one, and they take long"
    return ""


def _rounds(graph: Graph, context: PassContext) -> float:
    """Operators that calibration has run in subgraphs."""
    inside = [value for part in graph.subgraphs()[1:] for op in part.ops for value in op.outputs]
    return sum(float(context.statistics[value].peaks[0]) for value in inside if value in context.statistics)


def _left_out(graph: Graph, context: PassContext) -> Iterator[frozenset[str]]:
    """What is left out in each trial: nothing, and where that is cheap, each half of it."""
    yield frozenset()
    if not context.without & {"rounding", "bias"} and _work(graph) <= MOST_TRIED:
        yield from (frozenset({"rounding"}), frozenset({"bias"}))


def _work(graph: Graph) -> int:
    """Weights times weights of the same sum."""
    work = 0
    for op in (op for part in graph.subgraphs() for op in part.ops):
        decl = declaration(op.name)
        if (
            decl.products is not None
            and decl.weight is not None
            and (data := op.operand(decl.weight[0]).data) is not None
        ):
            groups, outputs, taps = decl.products.filters(op, data).shape
            work += groups * outputs * taps**2
    return work


@dataclass(frozen=True)
class _Trial:
    """Constants of the operators, what the model errs with them, and what was noted on the way."""

    inputs: dict[Op, list[Value | None]]
    noise: float
    log: list[Entry]

    @classmethod
    def of(cls, graph: Graph, judge: Judge, log: list[Entry]) -> _Trial:
        ops = [op for part in graph.subgraphs() for op in part.ops]
        return cls({op: list(op.inputs) for op in ops}, judge.noise(graph), log)

    def restore(self) -> None:
        for op, operands in self.inputs.items():
            op.inputs = list(operands)


@dataclass
class _Pair:
    """The runs of both graphs on one batch."""

    exact: Execution
    integer: Execution
    samples: int


def _pairs(exact: Graph, graph: Graph, samples: Parts) -> tuple[list[_Pair], list[_Pair]]:
    """Those to fit to, and those to judge by."""
    fitted, judging = (
        [_Pair(Execution(exact, batch), Execution(graph, batch), len(batch[0])) for batch in batches]
        for batches in (samples.fitted, samples.judging)
    )
    return fitted, judging


class _Refinement:
    """Both graphs, operator by operator, over all batches; the subgraphs that they call, over the rounds of each."""

    def __init__(self, graph: Graph, context: PassContext, fitted: list[_Pair], judging: list[_Pair]) -> None:
        self._graph, self._context = graph, context
        self._fitted, self._judging = fitted, judging
        self._twins = dict(context.twins)
        self._waiting = [context.twins[op] for op in graph.ops if op in context.twins]
        self._uses = Counter(id(value) for twin in self._waiting for value in twin.inputs)

    @property
    def _pairs(self) -> list[_Pair]:
        return self._fitted + self._judging

    def run(self, tell: bool = False) -> None:
        with np.errstate(all="ignore"):
            for i, op in enumerate(list(self._graph.ops)):
                self._step(op)
                if tell and self._context.progress is not None:
                    self._context.progress("choosing weights", i + 1, len(self._graph.ops))

    def _step(self, op: Op) -> None:
        twin = self._twins.get(op)
        if twin is None or not self._is_ours(op, twin):
            if twin is not None:
                self._catch_up(twin, before=True)
                self._enter(op, twin)
                self._catch_up(twin)
            for pair in self._pairs:
                pair.integer.step(op)
            return
        self._catch_up(twin, before=True)
        wanted = [_bare(twin, pair.exact.operands(twin)) for pair in self._pairs]
        if "rounding" not in self._context.without:
            self._round(op, twin, wanted)
        made = [_bare(op, pair.integer.operands(op)) for pair in self._pairs]
        if "bias" not in self._context.without:
            shift = _mean_difference(wanted[: len(self._fitted)], made[: len(self._fitted)])
            shift = _correct_bias(self._graph, op, shift, self._context)
            made = [array + shift.astype(np.float32) for array in made]
        for pair, right, own in zip(self._pairs, wanted, made, strict=True):
            pair.exact.step(twin, [clamp(right, attribute(twin, "fused_activation_function"))])
            pair.integer.step(op, [clamp(own, attribute(op, "fused_activation_function"))])
        self._waiting.remove(twin)

    def _enter(self, op: Op, twin: Op) -> None:
        """Refine the subgraphs that ``op`` calls on what its rounds get."""
        if not any(declaration(inner.name).weight is not None for part in op.callees for inner in part.ops):
            return
        fitted, judging = (_calls(op, twin, pairs) for pairs in (self._fitted, self._judging))
        for part in dict.fromkeys(op.callees):
            own = [[pair for callee, pair in calls if callee is part] for calls in (fitted, judging)]
            if sum(pair.samples for pair in own[0]) >= LEAST and own[1]:
                _Refinement(part, self._context, *own).run()

    def _is_ours(self, op: Op, twin: Op) -> bool:
        """Whether weights and bias of ``op`` are integers that no other operator shares."""
        decl = declaration(op.name)
        if decl.weight is None or not _has_integer_weights(op):
            return False
        alone = self._uses[id(twin.operand(decl.weight[0]))] == 1
        if not alone:
            self._context.refused(op.origin, "its weights stay as they are: it shares them with other operators")
        return alone

    def _catch_up(self, twin: Op, before: bool = False) -> None:
        """Run the float graph up to ``twin``, with it unless ``before``."""
        end = self._waiting.index(twin) + (not before)
        for op in self._waiting[:end]:
            for pair in self._pairs:
                pair.exact.step(op)
        del self._waiting[:end]

    def _round(self, op: Op, twin: Op, wanted: list[np.ndarray]) -> None:
        """New integers for the weights of ``op`` if they are better on the judging samples."""
        decl = declaration(op.name)
        assert decl.weight is not None
        if self._context.few_levels(op) is not None:
            return  # they are what training has made them
        weights, old = twin.operand(decl.weight[0]).data, op.operand(decl.weight[0])
        if decl.products is None or weights is None or old.data is None or old.quant is None:
            return
        if decl.products.filters(op, weights).shape[2] > MOST_TAPS:
            self._context.refused(op.origin, f"its weights stay rounded to the nearest: more than {MOST_TAPS} to a sum")
            return
        rng = np.random.default_rng(0)
        fit, judge = (
            self._moments(op, weights, pairs, part, rng)
            for pairs, part in (
                (self._fitted, wanted[: len(self._fitted)]),
                (self._judging, wanted[len(self._fitted) :]),
            )
        )
        steps, quant = rounded(op, weights, _real_bias(twin), fit)
        errors = [judge.error(change(op, s, q, weights)) for s, q in ((old.data, old.quant), (steps, quant))]
        if not errors[1] < errors[0]:
            self._context.refused(
                op.origin, "its weights stay rounded to the nearest: others are no better on other samples"
            )
            return
        set_constant(self._graph, op, decl.weight[0], steps, quant=quant, dtype=old.dtype)
        _restate_bias(self._graph, op, twin, self._context)
        self._context.applied(op.origin, "chose weights by the results' error")

    def _moments(
        self, op: Op, weights: np.ndarray, pairs: list[_Pair], wanted: list[np.ndarray], rng: np.random.Generator
    ) -> Moments:
        index = data_operands(op)[0][0]
        inputs = [pair.integer.operands(op)[index] for pair in pairs]
        x = np.concatenate([array for array in inputs if array is not None])
        return moments(op, weights, x, np.concatenate(wanted), rng)


def _calls(op: Op, twin: Op, pairs: list[_Pair]) -> list[tuple[Graph, _Pair]]:
    """What ``op`` calls over all pairs: both graphs of a round side by side, as far as they take the same way."""
    found: list[tuple[Graph, _Pair]] = []
    for pair in pairs:
        both = zip(calls_made(twin, pair.exact.operands(twin)), calls_made(op, pair.integer.operands(op)), strict=False)
        for (exact, inputs), (part, stored) in both:
            if op.callees.index(part) == twin.callees.index(exact):
                found.append((part, _Pair(Execution(exact, inputs), Execution(part, stored), pair.samples)))
    chosen = np.linspace(0, len(found) - 1, min(MOST_CALLS, len(found))).round().astype(int)
    return [found[i] for i in dict.fromkeys(chosen.tolist())]


def _has_integer_weights(op: Op) -> bool:
    decl = declaration(op.name)
    if decl.weight is None or decl.bias is None:
        return False
    weight = op.operand(decl.weight[0])
    return weight.is_constant and weight.quant is not None and data_operands(op)[0][1].quant is not None


def _bare(op: Op, operands: list[np.ndarray | None]) -> np.ndarray:
    """The result without the fused activation."""
    bare = Op(op.name, op.inputs, op.outputs, {**op.attrs, "fused_activation_function": "NONE"})
    (result,) = declaration(op.name).reference(bare, operands)
    return result


def _mean_difference(wanted: list[np.ndarray], made: list[np.ndarray]) -> np.ndarray:
    """By how much each channel is too small, [channels]; less, down to nothing, where samples differ much in it."""
    channels, size = wanted[0].shape[-1], wanted[0].size // len(wanted[0])
    samples = np.concatenate(
        [
            (a.astype(np.float64) - b).reshape(-1, size // channels, channels).mean(axis=1)
            for a, b in zip(wanted, made, strict=True)
        ]
    )
    mean, error = samples.mean(axis=0), samples.std(axis=0) / np.sqrt(len(samples))
    certain = np.maximum(0, 1 - (CERTAIN * error / np.maximum(np.abs(mean), 1e-30)) ** 2)
    result: np.ndarray = mean * certain
    return result


def _real_bias(twin: Op) -> np.ndarray:
    """The float operator's bias, [channels]."""
    bias = _bias(twin)
    return np.zeros(twin.output.shape[-1]) if bias is None or bias.data is None else bias.data.astype(np.float64)


def _bias(op: Op) -> Value | None:
    index = declaration(op.name).bias
    assert index is not None
    return op.inputs[index] if len(op.inputs) > index else None


def _bias_steps(op: Op) -> np.ndarray:
    """Real value of one step of the bias, [channels]."""
    decl = declaration(op.name)
    assert decl.weight is not None
    data, weight = data_operands(op)[0][1].quant, op.operand(decl.weight[0]).quant
    assert data is not None and weight is not None
    return bias_scale(data.scale, weight)


def _restate_bias(graph: Graph, op: Op, twin: Op, context: PassContext) -> None:
    """The bias at the scale of new weights."""
    if _bias(op) is not None:
        _set_bias(graph, op, _real_bias(twin), context)


def _set_bias(graph: Graph, op: Op, real: np.ndarray, context: PassContext) -> np.ndarray:
    """Round ``real`` to the bias of ``op``; what it then is, [channels]."""
    index, step = declaration(op.name).bias, _bias_steps(op)
    assert index is not None
    steps = quantize_bias(real, step, context.bias_of(op))
    quant = None if step.size > 1 else Quantization.per_tensor(float(step[0]), 0)
    op.inputs += [None] * (index + 1 - len(op.inputs))
    set_constant(graph, op, index, steps, f"{op.output.name}/bias", quant)
    result: np.ndarray = steps * step
    return result


def _correct_bias(graph: Graph, op: Op, shift: np.ndarray, context: PassContext) -> np.ndarray:
    """Add ``shift`` to the bias of ``op``, as far as its steps allow; what was added, [channels]."""
    old, step = _bias(op), _bias_steps(op)
    before = np.zeros(shift.size) if old is None or old.data is None else old.data * step
    if old is None and not np.rint(shift / step).any():
        return np.zeros(shift.size)
    return _set_bias(graph, op, before + shift, context) - before


def _keep_the_best(
    graph: Graph, old: _Trial, trials: dict[frozenset[str], _Trial], judge: Judge, context: PassContext
) -> None:
    """Give the operators the constants with which the model errs least on the judging samples; the old ones when none do."""
    left_out, best = min(trials.items(), key=lambda trial: trial[1].noise)
    asked = [name for name in ("rounding", "bias") if name not in context.without]
    if best.noise < old.noise:
        best.restore()
        context.log += best.log
        kept = [name for name in asked if name not in left_out]
        gain = gain_db(old.noise, best.noise)
        context.applied(
            graph.name,
            f"{' and '.join(kept)} kept: the outputs err {gain:.1f} dB less on {judge.count} samples kept apart",
        )
        context.effects |= {" and ".join(kept): gain} | dict.fromkeys(left_out, 0.0)
        return
    context.log += [entry for entry in trials[frozenset()].log if entry.kind == "refused"]
    if any(trial.inputs != old.inputs for trial in trials.values()):
        context.refused(
            graph.name,
            "the old weights and biases are back: with the new ones the outputs err no less on "
            f"{judge.count} samples kept apart",
        )
        context.effects |= dict.fromkeys(asked, 0.0)
