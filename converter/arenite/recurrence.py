"""What recurrent operators share: walking over time, sigmoid, and parts of generated instances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from . import cases
from .cases import Draw
from .graph import Quantization, Value


def over_time(x: np.ndarray, units: int, time_major: bool, step: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """``step`` of each [batch, inputs] slice of ``x`` in turn; its results [batch, units] in the layout of ``x``.

    x  [batch, time, inputs], or [time, batch, inputs] when ``time_major``.
    """
    axis = 0 if time_major else 1
    result = np.empty((*x.shape[:2], units), np.float32)
    for source, target in zip(np.moveaxis(x, axis, 0), np.moveaxis(result, axis, 0), strict=True):
        target[...] = step(source)
    return result


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(−x)) without overflow."""
    e = np.exp(-np.abs(x))
    result: np.ndarray = np.where(x < 0, e, np.float32(1)) / (1 + e)
    return result


def state(dtype: str, shape: tuple[int, ...], quant: Quantization | None = None) -> Value:
    """A variable for a generated instance."""
    return Value("", dtype, shape, quant=quant if dtype != "float32" else None, is_variable=True)


def hidden_quantization(draw: Draw) -> Quantization:
    """Scales with which the state, in [−1, 1], fits or is cut off."""
    scale = draw.integer(2**23, 2**24 - 1) / 2**24 / draw.choice([32, 128, 128, 32768])
    return Quantization.per_tensor(scale, draw.choice([0, -128, 127, draw.integer(-20, 20)]))


def drawn_matrix(draw: Draw, x: Value, shape: tuple[int, int]) -> Value:
    """Weights of one gate; the products' scale is a step of the gate, 2**-12, times 2**-10 to 4."""
    if x.quant is None:
        value = cases.constant(draw, "float32", shape)
        assert value.data is not None
        value.data = value.data / np.float32(np.sqrt(shape[1]))
        return value
    step = draw.integer(2**23, 2**24 - 1) / 2**23 * 2.0 ** -draw.integer(11, 22)
    return cases.constant(draw, "int8", shape, Quantization.per_tensor(step / float(x.quant.scale[0]), 0))


def drawn_bias(draw: Draw, dtype: str, units: int) -> Value:
    rng = cases.rng_of(draw)
    if dtype == "float32":
        data = rng.standard_normal(units).astype(np.float32)
    else:
        limit = draw.choice([1000, 100_000, 2**30])
        data = rng.integers(-limit, limit + 1, units).astype(np.int64 if dtype == "int16" else np.int32)
    return Value("", data.dtype.name, data.shape, data)
