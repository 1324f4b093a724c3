"""Bring the channels of an activation to similar size, by weights that multiply on one side and divide on the other.

    %b = conv_2d(%a, w1, b1) {"RELU"}; %c = conv_2d(%b, w2, …)
      →  %b' = conv_2d(%a, w1·k, b1·k) {"RELU"}; %c = conv_2d(%b', w2/k, …)          k > 0, one factor per channel

k = min((R / r)**a, R / 2r), at least 1, where r is the channel's largest magnitude in calibration and R the largest r.
Large a rounds the small channels of %b' finer and the weights w2/k coarser: the a in {0, ¼, ½, ¾, 1} with the least
predicted noise is taken. Pooling, mean and padding in between carry the factors through.

Not when: an activation that is not homogeneous (relu6) or another operator stands on the way, or %b is an output of the
model; the predicted noise falls by less than ``WORTHWHILE``.
Why: %b has one scale for all channels. BatchNorm can make channels differ a hundred times, and the small ones vanish.
Exact in float; the values of %b' are not those of the user's layer, so it is renamed.
"""

from __future__ import annotations

import numpy as np

from ..activation import is_homogeneous
from ..graph import Graph, Op, Value
from ..opdef import attribute, declaration
from .context import PassContext
from .parameters import float_parameters, set_parameters
from .scheme import WEIGHT_MAX

NAME = "equalize"

EXPONENTS = (0.0, 0.25, 0.5, 0.75, 1.0)
#: No channel grows by more than this.
MAX_FACTOR = 2.0**10
#: Predicted noise must fall below this share.
WORTHWHILE = 0.7
#: A grown channel keeps this far below the largest one: what calibration saw of a single channel is a poor bound, and
#: beyond the common range values are cut off (without it a small MLP lost 10 dB on unseen data).
HEADROOM = 2.0


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer:
        return
    if context.ranges:
        context.refused(graph.name, "channels are not equalized: the weights were trained for their grids")
        return
    for op in graph.ops:
        if declaration(op.name).weight is not None and context.statistics[op.output].lows is not None:
            _equalize(graph, op, context)


def _equalize(graph: Graph, op: Op, context: PassContext) -> None:
    found = readers_of(graph, op)
    if isinstance(found, str):
        context.refused(op.origin, f"the channels of '{op.output.name}' stay as they are: {found}")
        return
    carried, readers = found
    noise = {a: _noise(readers, _factors(op.output, a, context), context) for a in EXPONENTS}
    best = min(EXPONENTS, key=lambda a: noise[a])
    if noise[best] >= WORTHWHILE * noise[0]:
        return
    factors = _factors(op.output, best, context)
    if not _rescale(graph, op, readers, factors):
        context.refused(op.origin, f"equalizing '{op.output.name}' overflows float32")
        return
    for value in carried:
        context.statistics[value].scale(factors)
        value.name = graph.unique_name(f"{value.name}_equalized")
    gain = 10 * np.log10(noise[0] / noise[best])
    context.applied(op.origin, f"equalized the channels of '{op.output.name}': predicted noise {gain:.1f} dB lower")


def readers_of(graph: Graph, op: Op) -> tuple[list[Value], list[Op]] | str:
    """(values that carry the channels of ``op``, operators whose weights can take the factors back), or why not."""
    if float_parameters(op) is None:
        return "its weights are not constant"
    if not is_homogeneous(attribute(op, "fused_activation_function")):
        return f"{attribute(op, 'fused_activation_function')} clamps them at one level"
    consumers, carried, readers = graph.consumers(), [op.output], []
    for value in carried:  # grows while it is walked
        if value in graph.outputs:
            return f"'{value.name}' is an output of the model"
        for reader in consumers[value]:
            decl = declaration(reader.name)
            if decl.weight is not None and reader.inputs[0] is value and float_parameters(reader) is not None:
                readers.append(reader)
            elif decl.per_channel(reader):
                carried.append(reader.output)
            else:
                return f"{reader.name} reads them"
    return (carried, readers) if readers else "nothing with weights reads them"


def _factors(value: Value, exponent: float, context: PassContext) -> np.ndarray:
    """k [C] ≥ 1; 1 for the largest channel and for channels that were always zero."""
    seen = context.statistics[value]
    assert seen.lows is not None and seen.highs is not None
    sizes = np.maximum(np.abs(seen.lows), np.abs(seen.highs)).astype(np.float64)
    sizes[sizes == 0] = sizes.max(initial=0) or 1
    room = sizes.max(initial=1) / sizes
    factors: np.ndarray = np.clip(np.minimum(room**exponent, room / HEADROOM), 1, MAX_FACTOR)
    return factors


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


def _rescale(graph: Graph, op: Op, readers: list[Op], factors: np.ndarray) -> bool:
    """Multiply before, divide behind; False, and nothing changed, when a weight leaves float32."""
    decl, parameters = declaration(op.name), float_parameters(op)
    assert decl.weight is not None and parameters is not None
    shape = [-1 if i == decl.weight[1] else 1 for i in range(parameters[1].ndim)]
    if not set_parameters(graph, op, parameters[1] * factors.reshape(shape), parameters[2] * factors):
        return False
    for reader in readers:
        scale, own = declaration(reader.name).scale_input, float_parameters(reader)
        assert scale is not None and own is not None
        set_parameters(graph, reader, own[1] * scale(reader, 1 / factors), own[2])
    return True
