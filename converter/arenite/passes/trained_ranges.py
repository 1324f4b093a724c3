"""Ranges of all values from those that training found, for a model that comes without calibration data.

An operator that moves or selects elements has one range for its operands and results; one with a fixed result has that.
Every other result must have been trained: quantization-aware training rounds it, so its range is known.
"""

from __future__ import annotations

import numpy as np

from ..elements import limits
from ..errors import CalibrationError
from ..graph import Graph, Op, Value
from ..opdef import QuantRule, Role, data_operands, declaration
from .boundaries import carried
from .context import PassContext, Statistics

#: (low, high), real values.
Range = tuple[float, float]


def trained_statistics(graph: Graph, context: PassContext) -> dict[Value, Statistics]:
    """What calibration would have seen of each value. Raises CalibrationError naming the results without a range."""
    parts = graph.subgraphs()
    named = {(part.name, v.name): v for part in parts for v in part.values() if not v.is_constant}
    values, ops = list(named.values()), [op for part in parts for op in part.ops]
    ranges = {value: context.ranges[place] for place, value in named.items() if place in context.ranges}
    known = -1
    while known < len(ranges):  # what one graph knows is news for another
        known = len(ranges)
        for op in reversed(ops):
            _to_operands(op, ranges)
        for op in ops:
            _to_results(op, ranges, context)
        for group in carried(graph):
            _share([place.value for place in group], ranges)
    missing = [value for value in values if value.dtype == "float32" and value not in ranges]
    if missing:
        raise CalibrationError(_told(ops, missing))
    return {value: _statistics(value, ranges.get(value, (0.0, 0.0))) for value in values}


def _share(values: list[Value], ranges: dict[Value, Range]) -> None:
    """What is carried from one place to another lies in the range of all."""
    known = [one for value in values if (one := _of_operand(value, ranges)) is not None]
    for value in values if any(not value.is_constant and value in ranges for value in values) else []:
        if not value.is_constant:
            ranges.setdefault(value, (min(low for low, _ in known), max(high for _, high in known)))


def _to_operands(op: Op, ranges: dict[Value, Range]) -> None:
    """What an operator only moves lies in the range of its result."""
    known = next((ranges[value] for value in op.outputs if value in ranges), None)
    if known is None or not _keeps_range(op):
        return
    for _, value in data_operands(op):
        if not value.is_constant:
            ranges.setdefault(value, known)


def _to_results(op: Op, ranges: dict[Value, Range], context: PassContext) -> None:
    decl = declaration(op.name)
    found: Range | None = None
    if decl.fixed and context.activations in decl.fixed:
        scale, zero = decl.fixed[context.activations]
        low, high = limits(context.activations)
        found = (scale * (low - zero), scale * (high - zero))
    elif _keeps_range(op):
        known = [_of_operand(value, ranges) for _, value in data_operands(op) if value.dtype == "float32"]
        whole = [one for one in known if one is not None]
        if whole and len(whole) == len(known):
            found = (min(low for low, _ in whole), max(high for _, high in whole))
    for value in op.outputs:
        if found is not None and value.dtype == "float32":
            ranges.setdefault(value, found)


def _keeps_range(op: Op) -> bool:
    decl = declaration(op.name)
    return decl.quant is QuantRule.SAME_AS_INPUT or decl.role in (Role.QUANTIZE, Role.DEQUANTIZE)


def _of_operand(value: Value, ranges: dict[Value, Range]) -> Range | None:
    if value.data is not None:
        return float(value.data.min(initial=0)), float(value.data.max(initial=0))
    return ranges.get(value)


def _statistics(value: Value, found: Range) -> Statistics:
    channels = value.shape[-1] if value.shape else 1
    lows, highs = (np.full(channels, end, np.float32) for end in found)
    return Statistics(*found, lows=lows, highs=highs, crest=found[0], trained=True)


def _told(ops: list[Op], missing: list[Value]) -> str:
    producers = {value: op for op in ops for value in op.outputs}
    lines = [
        f"{producers[value].name} of {producers[value].origin}"
        if value in producers
        else f"input or state '{value.name}'"
        for value in missing
    ]
    return (
        "training found ranges, but none for these results, and there is no calibration data:\n  "
        + "\n  ".join(dict.fromkeys(lines))
        + "\nGive calibration data too (calibration=x_train[:200], arenite convert … --calibrate samples.npz), or wrap the"
        " whole model with arenite.qat"
    )
