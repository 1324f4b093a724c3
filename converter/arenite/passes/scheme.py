"""The int8 and 16x8 arithmetic of TFLite's quantization spec: ranges to scales, weights and biases to integers."""

from __future__ import annotations

import numpy as np

from ..elements import limits
from ..errors import QuantizationError
from ..graph import Quantization

INT8_MIN, INT8_MAX = -128, 127
#: |q| of a weight is at most this: with −128 absent, kernels may negate and pair products.
WEIGHT_MAX = 127
INT16_MAX = 32767
#: Times what calibration saw, for values that it did not see: one of sixteen bits, where weights have eight.
HEADROOM = 2
#: dtype of a bias → what it may reach, so that the products still fit the accumulator: 32 bits, or 48 of 64.
BIAS_MAX = {"int32": 2**30, "int64": 2**46}


def activation_quantization(low: float, high: float, dtype: str = "int8") -> Quantization:
    """Scale and zero point of an activation in [low, high], real values; ``dtype`` int8 or int16.

    The range is widened to include zero, and zero is exactly one step: the zero point is nudged to the nearest integer
    seen from the closer end, as TFLite does. int16 has no zero point: the larger side is 32767 steps. An empty range gets
    scale 1, in int16 1 / 32767. Raises QuantizationError when not finite.
    """
    if not (np.isfinite(low) and np.isfinite(high)) or low > high:
        raise QuantizationError(f"[{low}, {high}] is not a range")
    low, high = min(low, 0.0), max(high, 0.0)
    if dtype == "int16":
        step = float(np.float32(max(-low, high) / INT16_MAX))
        return Quantization.per_tensor(step if step >= np.finfo(np.float32).tiny else 1 / INT16_MAX, 0)
    scale = float(np.float32((high - low) / (INT8_MAX - INT8_MIN)))
    if scale < np.finfo(np.float32).tiny:
        return Quantization.per_tensor(1.0, 0)
    from_low, from_high = INT8_MIN - low / scale, INT8_MAX - high / scale
    nearer_low = abs(INT8_MIN) + abs(low / scale) < abs(INT8_MAX) + abs(high / scale)
    zero_point = round(from_low if nearer_low else from_high)
    return Quantization.per_tensor(scale, int(np.clip(zero_point, INT8_MIN, INT8_MAX)))


def weight_scales(
    weights: np.ndarray, axis: int, dtype: str = "int8", importance: np.ndarray | None = None
) -> np.ndarray:
    """Symmetric scales of weights, float64, one per output channel along ``axis``.

    int8: max|w| / 127, so that nothing is cut off. int4: the scale with the least squared error, see
    ``least_squares_scales``. A channel of zeros takes the largest scale of its neighbours: any positive one is right.

    importance  factors of the squared errors, of the weights' shape; int4 only.
    """
    rows = np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1).astype(np.float64)
    extremes = np.abs(rows).max(axis=1, initial=0)
    scale = extremes / WEIGHT_MAX
    if dtype == "int4":
        factors = np.ones_like(rows) if importance is None else np.moveaxis(importance, axis, 0).reshape(rows.shape)
        scale = least_squares_scales(rows, factors)
    scale[extremes == 0] = scale[extremes > 0].max(initial=0) or 1 / WEIGHT_MAX
    result: np.ndarray = scale
    return result


#: largest |w| in steps: what the search for an int4 scale starts from. Beyond 8 the extremes are cut off.
INT4_STARTS = np.arange(6.0, 16.0, 0.25)


def least_squares_scales(rows: np.ndarray, importance: np.ndarray) -> np.ndarray:
    """For each row the scale s with the least Σ importance · (w − s · q)², q the nearest steps in [−8, 7].

    Sixteen steps are few: cutting off a rare extreme can cost less than making all steps coarse. From each start, s is
    fitted to the steps that it gives, and the steps to that s.
    """
    best, least = np.ones(len(rows)), np.full(len(rows), np.inf)
    extremes = np.abs(rows).max(axis=1, initial=0)
    for start in INT4_STARTS:
        scale = np.where(extremes > 0, extremes / start, 1.0)
        for _ in range(2):
            steps = _int4_steps(rows, scale)
            energy = (importance * steps**2).sum(axis=1)
            fitted = (importance * rows * steps).sum(axis=1) / np.where(energy > 0, energy, 1)
            scale = np.where(fitted > 0, fitted, scale)
        error = (importance * (rows - scale[:, None] * _int4_steps(rows, scale)) ** 2).sum(axis=1)
        best, least = np.where(error < least, scale, best), np.minimum(error, least)
    return best


def _int4_steps(rows: np.ndarray, scale: np.ndarray) -> np.ndarray:
    steps: np.ndarray = np.clip(np.rint(rows / scale[:, None]), *limits("int4"))
    return steps


def weight_quantization(
    weights: np.ndarray,
    axis: int,
    input_scale: float,
    bias: np.ndarray | None,
    bias_dtype: str = "int32",
    dtype: str = "int8",
    importance: np.ndarray | None = None,
) -> tuple[Quantization, np.ndarray]:
    """Symmetric quantization of weights, and which channels had to be widened for their bias.

    weights  float32, output channels along ``axis``.   bias  float32 [out] or None.   dtype, importance  see weight_scales.
    A scale is at least so large that round(bias / (input_scale · scale)) stays within ±2**30 (int64: ±2**46).
    Returns (quantization, bool [out]).
    """
    scale = weight_scales(weights, axis, dtype, importance)
    channels = scale.size
    needed = (
        np.zeros(channels) if bias is None else np.abs(bias.astype(np.float64)) / (input_scale * BIAS_MAX[bias_dtype])
    )
    needed = np.maximum(needed, np.finfo(np.float32).tiny)
    widened = needed > scale
    stored = np.maximum(scale, np.where(widened, needed * (1 + 2**-20), 0)).astype(np.float32)
    silent = ~np.moveaxis(weights, axis, 0).reshape(channels, -1).any(axis=1)
    return Quantization(stored, np.zeros(channels, np.int64), axis), widened & ~silent


def quantize_weights(weights: np.ndarray, quant: Quantization, dtype: str = "int8") -> np.ndarray:
    """Weights in [−127, 127], or [−8, 7] in int4, nearest to the real ones at the stored float32 scale; an int8 array."""
    low, high = limits(dtype) if dtype == "int4" else (-WEIGHT_MAX, WEIGHT_MAX)
    shape = [-1 if i == quant.axis else 1 for i in range(weights.ndim)]
    steps = weights.astype(np.float64) / quant.scale.astype(np.float64).reshape(shape)
    return np.clip(np.rint(steps), low, high).astype(np.int8)


def bias_scale(input_scale: np.ndarray, quant: Quantization) -> np.ndarray:
    """Real value of one step of the int32 accumulator, float64 [out]: the product of the stored float32 scales."""
    product: np.ndarray = input_scale.astype(np.float64) * quant.scale.astype(np.float64)
    return product


def quantize_bias(bias: np.ndarray, step: np.ndarray, dtype: str = "int32") -> np.ndarray:
    """int32 or int64 bias, nearest at ``step`` [out]. Raises QuantizationError when one does not fit 32 or 48 bits."""
    steps = np.rint(bias.astype(np.float64) / step)
    if np.abs(steps).max(initial=0) >= 2 * BIAS_MAX[dtype]:
        raise QuantizationError("a bias does not fit the accumulator at its scale")
    result: np.ndarray = steps.astype(dtype)
    return result
