"""Bring the channels of activations to similar size, by weights that multiply on one side and divide on the other.

    %b = conv_2d(%a, w1, b1) {"RELU"}; %c = conv_2d(%b, w2, …)
      →  %b' = conv_2d(%a, w1·k, b1·k) {"RELU"}; %c = conv_2d(%b', w2/k, …)          k > 0, one factor per channel

k = min((R / r)**a, R / 2r), at least 1, where r is the channel's largest magnitude in calibration and R the largest r.
Large a rounds the small channels of %b' finer and the weights w2/k coarser: the a in {0, ¼, ½, ¾, 1} with the least
predicted noise is taken. Pooling, mean and padding in between carry the factors through. A sum of two activations has the
factors of both, so all that writes or reads a residual stream is scaled together, each k by the value that allows least.

relu6 counts as relu: a channel that grows stays below half of the largest, which is 6 at most, so it meets the clamp no sooner
than the end of the grid.

Not when: another operator or another activation stands on the way, or one of the values is an input or output of the model; the
predicted noise falls by less than ``WORTHWHILE``; quantized with it, the model errs no less on calibration samples.
Why: %b has one scale for all channels. BatchNorm can make channels differ a hundred times, and the small ones vanish.
Exact in float for what calibration saw; the values of %b' are not those of the user's layer, so it is renamed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from ..activation import RANGES
from ..evaluate import runs_by_parts
from ..graph import Graph, Op, Value
from ..opdef import Affine, data_operands, declaration
from .context import Entry, PassContext, Statistics
from .judging import LEAST, Judge, distinct, gain_db, parted
from .parameters import float_parameters, set_parameters
from .reach import fused_activation
from .scheme import WEIGHT_MAX
from .trial import quantized

NAME = "equalize"

EXPONENTS = (0.0, 0.25, 0.5, 0.75, 1.0)
#: No channel grows by more than this.
MAX_FACTOR = 2.0**10
#: Predicted noise must fall below this share; where that does not keep what it promises, below the next.
WORTHWHILE = (0.9, 0.7)
#: A grown channel keeps this far below the largest one: what calibration saw of a single channel is a poor bound, and
#: beyond the common range values are cut off (without it a small MLP lost 10 dB on unseen data).
HEADROOM = 2.0


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer:
        return
    if context.ranges:
        context.refused(graph.name, "channels are not equalized: the weights were trained for their grids")
        return
    parts = graph.subgraphs()
    if len(parts) > 1:  # what is carried between them is judged by the prediction of each stream alone
        for part in parts:
            _equalize_all(part, min(WORTHWHILE), context)
        return
    before, judge, noises = _State.of(graph, context), _judge(graph, context), dict[float, float]()
    for share in WORTHWHILE:
        if not _equalize_all(graph, share, context):
            break
        if judge is None:
            return
        noises[share] = judge.noise(quantized(graph, context))
        before.restore(context)
    if noises and judge is not None:
        _keep_the_best(graph, noises, judge, context)


def _keep_the_best(graph: Graph, noises: dict[float, float], judge: Judge, context: PassContext) -> None:
    """Equalize with the share that the model errs least with, or not at all. ``noises``: by share."""
    plain, share = judge.noise(quantized(graph, context)), min(noises, key=lambda share: noises[share])
    if noises[share] >= plain:
        context.effects[NAME] = 0.0
        context.refused(graph.name, f"channels are not equalized: the outputs err no less on {judge.count} samples")
        return
    _equalize_all(graph, share, context)
    gain = context.effects[NAME] = gain_db(plain, noises[share])
    context.applied(graph.name, f"equalized channels kept: the outputs err {gain:.1f} dB less on {judge.count} samples")


def _judge(graph: Graph, context: PassContext) -> Judge | None:
    """None when there is too little to judge by, or the model cannot be simulated alone."""
    if not runs_by_parts(graph) or not context.samples or len(distinct(context.samples)) < LEAST:
        return None
    return Judge(graph.copy(), parted(graph, context.samples, LEAST).judging)


@dataclass(frozen=True)
class _State:
    """What equalizing changes."""

    inputs: dict[Op, list[Value | None]]
    names: dict[Value, str]
    statistics: dict[Value, Statistics]
    log: list[Entry]

    @classmethod
    def of(cls, graph: Graph, context: PassContext) -> _State:
        return cls(
            {op: list(op.inputs) for op in graph.ops},
            {value: value.name for value in graph.values()},
            {value: replace(seen) for value, seen in context.statistics.items()},
            list(context.log),
        )

    def restore(self, context: PassContext) -> None:
        for op, inputs in self.inputs.items():
            op.inputs = list(inputs)
        for value, name in self.names.items():
            value.name = name
        context.statistics.update((value, replace(seen)) for value, seen in self.statistics.items())
        context.log[:] = self.log


def _equalize_all(graph: Graph, share: float, context: PassContext) -> bool:
    """Equalize each stream whose predicted noise falls below ``share``; whether there was one."""
    done: set[Op] = set()
    noted = len(context.log)
    for op in graph.ops:
        if declaration(op.name).weight is not None and op not in done:
            done.update(_equalize(graph, op, share, context))
    return any(entry.kind == "applied" for entry in context.log[noted:])


def _equalize(graph: Graph, op: Op, share: float, context: PassContext) -> list[Op]:
    """Equalize the stream that ``op`` writes, if that gains; all that write it."""
    stream = stream_of(graph, op)
    if isinstance(stream, str):
        context.refused(op.origin, f"the channels of '{op.output.name}' stay as they are: {stream}")
        return []
    if any(context.statistics[value].lows is None for value in stream.values):
        context.refused(
            op.origin, f"the channels of '{op.output.name}' stay as they are: calibration did not reach them all"
        )
        return stream.writers
    if any(context.few_levels(reader) is not None for reader in stream.readers):
        context.refused(
            op.origin, f"the channels of '{op.output.name}' stay as they are: weights behind have few levels"
        )
        return stream.writers
    noise = {a: _noise(stream.readers, _factors(stream.values, a, context), context) for a in EXPONENTS}
    best = min(EXPONENTS, key=lambda a: noise[a])
    if noise[best] >= share * noise[0]:
        return stream.writers
    factors, name = _factors(stream.values, best, context), op.output.name
    if not _rescale(graph, stream, factors):
        context.refused(op.origin, f"equalizing '{name}' overflows float32")
        return stream.writers
    for value in stream.values:
        context.statistics[value].scale(factors)
        value.name = graph.unique_name(f"{value.name}_equalized")
    gain = 10 * np.log10(noise[0] / noise[best])
    context.applied(op.origin, f"equalized the channels of '{name}': predicted noise {gain:.1f} dB lower")
    return stream.writers


@dataclass
class Stream:
    """Values whose channels must be scaled alike, and the operators with weights that write and that read them."""

    values: list[Value]
    writers: list[Op] = field(default_factory=list)
    readers: list[Op] = field(default_factory=list)

    def add(self, values: Iterable[Value]) -> None:
        self.values += [value for value in values if value not in self.values]


def stream_of(graph: Graph, op: Op) -> Stream | str:
    """The stream that ``op`` writes, or why its channels cannot be scaled."""
    if float_parameters(op) is None:
        return "its weights are not constant"
    producers, consumers, stream = graph.producers(), graph.consumers(), Stream([op.output])
    for value in stream.values:  # grows while it is walked
        writer = producers.get(value)
        if writer is None:
            return (
                f"'{value.name}', which is added, is {'a constant' if value.is_constant else 'an input of the model'}"
            )
        if value in graph.outputs:
            return f"'{value.name}' is an output of the model"
        if fused_activation(writer) not in RANGES:
            return f"{fused_activation(writer)} is no clamp"
        if _scales(writer):
            stream.writers.append(writer)
        elif (carried := _carried(writer)) is not None:
            stream.add(carried)
        else:
            return f"{writer.name} writes '{value.name}'"
        for reader in consumers[value]:
            if _scales(reader) and reader.inputs[0] is value:
                stream.readers.append(reader)  # once: it has one operand that is no weight
            elif _carried(reader) is not None:
                stream.add(reader.outputs)
            else:
                return f"{reader.name} reads them"
    return stream if stream.readers else "nothing with weights reads them"


def _scales(op: Op) -> bool:
    """Whether factors of channels can go into its weights."""
    return declaration(op.name).weight is not None and float_parameters(op) is not None


def _carried(op: Op) -> list[Value] | None:
    """The operands whose channels ``op`` hands on, scaled if they are; None when it does something else."""
    decl, data = declaration(op.name), [value for _, value in data_operands(op)]
    if decl.weight is None and decl.per_channel(op):
        return [op.operand(0)]
    if decl.affine is not Affine.SHIFT or len(data) != 2:
        return None
    return data if all(value.shape and value.shape[-1] == op.output.shape[-1] for value in data) else None


def _factors(values: list[Value], exponent: float, context: PassContext) -> np.ndarray:
    """k [C] ≥ 1; 1 for the largest channel of any of the values and for channels that were always zero."""
    room = np.min([_room(value, context) for value in values], axis=0)
    room[np.isinf(room)] = 1
    factors: np.ndarray = np.clip(np.minimum(room**exponent, room / HEADROOM), 1, MAX_FACTOR)
    return factors


def _room(value: Value, context: PassContext) -> np.ndarray:
    """How many times its own size each channel of the value could be, [C]; infinite where it was always zero."""
    seen = context.statistics[value]
    assert seen.lows is not None and seen.highs is not None
    sizes = np.maximum(np.abs(seen.lows), np.abs(seen.highs)).astype(np.float64)
    room: np.ndarray = np.divide(sizes.max(initial=0), sizes, out=np.full(sizes.shape, np.inf), where=sizes > 0)
    return room


def _noise(readers: list[Op], factors: np.ndarray, context: PassContext) -> float:
    """Predicted noise over signal behind the readers, summed: rounding of the activation plus rounding of weights."""
    return sum(_noise_behind(reader, factors, context) for reader in readers)


def _noise_behind(reader: Op, factors: np.ndarray, context: PassContext) -> float:
    """Both roundings err evenly within one step s, by s²/12 on average; 1/12 cancels in every comparison."""
    decl, parameters, seen = declaration(reader.name), float_parameters(reader), context.statistics[reader.operand(0)]
    assert parameters is not None and decl.weight is not None and decl.scale_input is not None
    assert seen.lows is not None and seen.highs is not None and seen.power is not None
    weights, power = parameters[1], seen.power / max(seen.count, 1)
    rows = np.moveaxis(weights * decl.scale_input(reader, 1 / factors), decl.weight[1], 0).reshape(
        len(parameters[2]), -1
    )
    reach = np.broadcast_to(decl.scale_input(reader, power * factors**2), weights.shape)
    reach = np.moveaxis(reach, decl.weight[1], 0).reshape(rows.shape)
    signal = float((rows**2 * reach).sum())
    step = ((seen.highs * factors).max(initial=0) - (seen.lows * factors).min(initial=0)) / (
        65535 if context.activations_of(reader) == "int16" else 255
    )
    weight_steps = np.abs(rows).max(axis=1, initial=0) / WEIGHT_MAX
    noise = step**2 * (rows**2).sum() + (weight_steps**2 * reach.sum(axis=1)).sum()
    return float(noise) / signal if signal else 0.0


def _rescale(graph: Graph, stream: Stream, factors: np.ndarray) -> bool:
    """Multiply before, divide behind; False, and nothing changed, when a weight leaves float32."""
    before = {op: list(op.inputs) for op in (*stream.writers, *stream.readers)}
    if all(_multiply(graph, op, factors) for op in stream.writers) and all(
        _divide(graph, op, factors) for op in stream.readers
    ):
        return True
    for op, inputs in before.items():
        op.inputs = inputs
    return False


def _multiply(graph: Graph, op: Op, factors: np.ndarray) -> bool:
    decl, own = declaration(op.name), float_parameters(op)
    assert decl.weight is not None and own is not None
    shape = [-1 if i == decl.weight[1] else 1 for i in range(own[1].ndim)]
    return set_parameters(graph, op, own[1] * factors.reshape(shape), own[2] * factors)


def _divide(graph: Graph, op: Op, factors: np.ndarray) -> bool:
    scale, own = declaration(op.name).scale_input, float_parameters(op)
    assert scale is not None and own is not None
    return set_parameters(graph, op, own[1] * scale(op, 1 / factors), own[2])
