"""What recurrent operators share: walking over time, sigmoid, state in generated instances."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

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
