"""Bring an input's features to one size while they are still float, where the model takes float inputs.

    %b = fully_connected(%x : float32 input, w, b)
      →  %c = add(mul(%x, k), t) in float; %b = fully_connected(%c, w / k, b − (w / k) · t)

k and t bring what calibration saw of each feature to [−1, 1].

Not when: inputs are integers (the scale is then in the data already); no feature is ``RATIO`` times as large as another; the
input has other readers than fully connected layers; ranges were trained.
Why: int8 has one scale for all features. Of columns of 0.1 and of 1,000 the small ones vanish, however a Normalization
layer treats them behind; and weights that make up for it lose theirs.
"""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Op, Value
from ..opdef import Affine, declaration, rows
from .context import PassContext, Statistics
from .parameters import float_parameters, set_parameters

NAME = "scale_features"

#: Features are scaled when one is so many times as large as another.
RATIO = 20.0
#: Room beyond ±1: each feature has extremes of its own, and some sample in use goes beyond one of them.
ROOM = 1.4


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer or context.io != "float32" or context.ranges:
        return
    for value in graph.inputs:
        if value.dtype == "float32" and len(value.shape) > 1 and _differ(context.statistics[value]):
            _scale(graph, value, context)


def _differ(seen: Statistics) -> bool:
    assert seen.lows is not None and seen.highs is not None
    sizes = np.maximum(np.abs(seen.lows), np.abs(seen.highs))
    return bool(sizes.max() > RATIO * sizes[sizes > 0].min(initial=np.inf))


def _scale(graph: Graph, value: Value, context: PassContext) -> None:
    readers = [op for op in graph.ops if value in op.inputs]
    if not readers or value in graph.outputs or not all(_takes_factors(op, value, context) for op in readers):
        context.refused(
            value.name,
            "its features differ much in size, but more than fully connected layers with any weights read it",
        )
        return
    seen = context.statistics[value]
    assert seen.lows is not None and seen.highs is not None
    low, high = seen.lows.astype(np.float64), seen.highs.astype(np.float64)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-6 * np.maximum(np.abs(high), 1e-30))
    for op in readers:
        _absorb(graph, op, middle, half)
    scaled = _emit(graph, Affine.SCALE, value, (1 / half).astype(np.float32), readers[0], context)
    moved = _emit(graph, Affine.SHIFT, scaled, (-middle / half).astype(np.float32), readers[0], context)
    context.statistics[scaled], context.statistics[moved] = seen, _moved(seen, middle, half)
    for op in readers:
        op.inputs[0] = moved
    context.uneven.pop(value, None)
    context.applied(value.name, "brought its features to one size in float, before it is quantized")


def _takes_factors(op: Op, value: Value, context: PassContext) -> bool:
    decl = declaration(op.name)
    return (
        decl.flattens
        and decl.weight is not None
        and [i for i, operand in enumerate(op.inputs) if operand is value] == [0]
        and float_parameters(op) is not None
        and context.few_levels(op) is None
    )


def _absorb(graph: Graph, op: Op, middle: np.ndarray, half: np.ndarray) -> None:
    """Weights and bias for (x − middle) / half instead of x."""
    parameters, scale = float_parameters(op), declaration(op.name).scale_input
    assert parameters is not None and scale is not None
    _, weights, bias = parameters
    set_parameters(graph, op, weights * scale(op, half), bias + (weights * scale(op, middle)).sum(axis=1))


def _emit(graph: Graph, kind: Affine, value: Value, constant: np.ndarray, reader: Op, context: PassContext) -> Value:
    """An element-wise operator of ``kind`` before ``reader`` that stays float."""
    name = next(name for name in rows() if declaration(name).affine is kind)
    result = Value(graph.unique_name(f"{value.name}_{kind.value}"), "float32", value.shape)
    operand = Value(graph.unique_name(f"{result.name}/constant"), "float32", constant.shape, constant)
    op = Op(name, [value, operand], [result], {}, reader.origin)
    graph.ops.insert(graph.ops.index(reader), op)
    context.floating.add(op)
    return result


def _moved(seen: Statistics, middle: np.ndarray, half: np.ndarray) -> Statistics:
    """What would have been seen of (x − middle) / half."""
    assert seen.lows is not None and seen.highs is not None and seen.power is not None and seen.total is not None
    mean = seen.total.reshape(-1, len(middle)).mean(axis=0) / seen.samples
    power = (seen.power - seen.count * (2 * mean * middle - middle**2)) / half**2
    total = (seen.total / seen.samples - middle) / half * seen.samples
    lows, highs = (ROOM * (ends - middle) / half for ends in (seen.lows, seen.highs))
    low, high = float(lows.min()), float(highs.max())
    return Statistics(
        low,
        high,
        lows,
        highs,
        power,
        seen.count,
        total,
        seen.samples,
        peaks=np.array([seen.samples, seen.samples, seen.samples]),
    )
