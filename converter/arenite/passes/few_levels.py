"""Weights that training has left with one magnitude: −s and s, or −s, 0 and s, with one s per output channel."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..errors import QuantizationError
from ..graph import Op, Quantization
from ..opdef import declaration
from .context import PassContext

#: By how much of s the magnitudes of a channel may differ: what float32 does to products with BatchNormalization's factors.
TOLERANCE = 1e-4
#: Values of a channel that an error shows.
SHOWN = 4


def require(ops: Iterable[Op], context: PassContext) -> None:
    """QuantizationError naming every operator of ``ops`` that was asked to have few levels and has not."""
    problems = [problem for op in ops if (problem := _problem(op, context))]
    if problems:
        raise QuantizationError(
            "these layers do not have the weights that were asked for, and others would be another model:\n  "
            + "\n  ".join(problems)
            + "\nTrain them so (arenite.qat.wrap(model, 'ternary weights'), docs/qat.md), or keep such a layer in eight bits:"
            " --weights 'NAME=int8', weights={'NAME': 'int8'} behind the others"
        )


def _problem(op: Op, context: PassContext) -> str:
    dtype, place = context.few_levels(op), declaration(op.name).weight
    if dtype is None or place is None or op.operand(place[0]).data is None:
        return ""
    rows = _rows(op.operand(place[0]).data, place[1])
    channel = _first_odd(rows, dtype)
    return "" if channel is None else f"{op.origin}: {_told(rows[channel], channel, dtype)}"


def exact(weights: np.ndarray, axis: int, dtype: str) -> tuple[np.ndarray, Quantization]:
    """(int8 steps −1, 0, 1 of the weights' shape, their quantization). QuantizationError when they have other values.

    A channel of zeros takes the largest scale of the others.
    """
    rows = _rows(weights, axis)
    if (channel := _first_odd(rows, dtype)) is not None:
        raise QuantizationError(_told(rows[channel], channel, dtype))
    scale = _magnitudes(rows)
    scale[scale == 0] = scale.max(initial=0) or 1.0
    shape = [-1 if i == axis else 1 for i in range(weights.ndim)]
    steps = np.rint(weights.astype(np.float64) / scale.reshape(shape)).astype(np.int8)
    return steps, Quantization(scale.astype(np.float32), np.zeros(scale.size, np.int64), axis)


def _rows(weights: np.ndarray | None, axis: int) -> np.ndarray:
    """float64 [channels, weights of one]."""
    assert weights is not None
    return np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1).astype(np.float64)


def _magnitudes(rows: np.ndarray) -> np.ndarray:
    """The mean of each channel's magnitudes that are no zeros, [channels]; 0 for a channel of zeros."""
    sizes = np.abs(rows)
    some = sizes > TOLERANCE * sizes.max(axis=1, keepdims=True, initial=0)
    mean: np.ndarray = (sizes * some).sum(axis=1) / np.maximum(some.sum(axis=1), 1)
    return mean


def _first_odd(rows: np.ndarray, dtype: str) -> int | None:
    """The first channel with other values than ``dtype`` has."""
    sizes, scale = np.abs(rows), _magnitudes(rows)[:, None]
    odd = np.abs(sizes - scale) > TOLERANCE * scale
    if dtype == "ternary":
        odd &= sizes > TOLERANCE * scale
    else:
        odd |= scale == 0
    channels = odd.any(axis=1)
    return int(channels.argmax()) if channels.any() else None


def _told(row: np.ndarray, channel: int, dtype: str) -> str:
    wanted = "−s and s" if dtype == "binary" else "−s, 0 and s"
    values = np.unique(row.astype(np.float32))
    shown = ", ".join(f"{value:.4g}" for value in values[:SHOWN]) + ", …" * (len(values) > SHOWN)
    advice = ""
    if dtype == "binary" and _first_odd(row[None], "ternary") is None:
        advice = "; with its zeros it is ternary"
    plural = "s" * (len(values) != 1)
    return (
        f"output channel {channel} has {len(values)} distinct value{plural} ({shown}), not {wanted} as {dtype}{advice}"
    )
