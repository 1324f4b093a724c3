"""Fused activation functions: TFLite's ``ActivationFunctionType`` as the interval that they clamp to."""

from __future__ import annotations

import numpy as np

#: name in the options table → (low, high) in real values.
RANGES: dict[str, tuple[float, float]] = {
    "NONE": (-np.inf, np.inf),
    "RELU": (0.0, np.inf),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
}


def clamp(x: np.ndarray, activation: str) -> np.ndarray:
    """``x`` limited to the activation's interval, same dtype; NaN stays NaN. KeyError for an unknown name."""
    if activation == "NONE":
        return x
    low, high = RANGES[activation]
    if x.dtype.kind == "i":
        codes = np.iinfo(x.dtype)
        low, high = max(low, codes.min), min(high, codes.max)
    limited = np.asarray(np.maximum(x, x.dtype.type(low)))
    return limited if high == np.inf else np.minimum(limited, x.dtype.type(high), out=limited)


def tanh_or_clamp(x: np.ndarray, activation: str) -> np.ndarray:
    """What recurrent operators may fuse: TANH too."""
    return np.tanh(x) if activation == "TANH" else clamp(x, activation)


def tightest(first: str, second: str) -> str | None:
    """The one activation equal to ``second(first(x))``, or None when no single one is."""
    low = max(RANGES[first][0], RANGES[second][0])
    high = min(RANGES[first][1], RANGES[second][1])
    return next((name for name, interval in RANGES.items() if interval == (low, high)), None)


def is_homogeneous(activation: str) -> bool:
    """Whether f(k·x) = k·f(x) for every k > 0."""
    return all(bound in (0.0, np.inf, -np.inf) for bound in RANGES[activation])
