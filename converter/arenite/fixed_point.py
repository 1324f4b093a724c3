"""The fixed-point arithmetic of TFLite's integer kernels in numpy, bit for bit: gemmlowp's double rounding.

``kernels_cpp/fixed_point.h`` is the same in C++. Used by what must predict an integer kernel exactly.
"""

from __future__ import annotations

import math

import numpy as np

from .errors import QuantizationError

INT32 = np.iinfo(np.int32)


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Split a positive scale ratio: real ≈ multiplier · 2**(shift − 31).

    real        in (0, 2**30); dimensionless (sx·sw / sy), computed in double from the float32 scales.
    multiplier  in [2**30, 2**31), or 0 when real < 2**-32.   shift in [−31, 30], positive is left.
    Raises QuantizationError when real is not finite, not positive or too large.
    Same as TFLite QuantizeMultiplier (quantization_util.cc).
    """
    if not math.isfinite(real) or real <= 0:
        raise QuantizationError(f"a scale ratio must be finite and positive, got {real}")
    fraction, shift = math.frexp(real)
    multiplier = math.floor(fraction * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier, shift = 1 << 30, shift + 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        raise QuantizationError(f"a scale ratio of {real} does not fit 31 bits")
    return multiplier, shift


def saturating_rounding_doubling_high_mul(a: np.ndarray, b: np.ndarray | int) -> np.ndarray:
    """round(a·b / 2**31), ties up; a, b int32 values in int64. −2**31 · −2**31 saturates to 2**31 − 1."""
    high: np.ndarray = (np.asarray(a, np.int64) * b + (1 << 30)) >> 31
    result: np.ndarray = np.minimum(high, INT32.max)
    return result


def rounding_divide_by_pot(x: np.ndarray, exponent: np.ndarray | int) -> np.ndarray:
    """round(x / 2**exponent), ties away from zero; exponent in [0, 31], int64 in and out."""
    x = np.asarray(x, np.int64)
    mask = (np.int64(1) << np.asarray(exponent, np.int64)) - 1
    threshold = (mask >> 1) + (x < 0)
    result: np.ndarray = (x >> np.asarray(exponent, np.int64)) + ((x & mask) > threshold)
    return result


def multiply_by_quantized_multiplier(
    x: np.ndarray, multiplier: np.ndarray | int, shift: np.ndarray | int
) -> np.ndarray:
    """x · multiplier · 2**(shift − 31) with both roundings.

    x                  int32 accumulators, any shape.
    multiplier, shift  as :func:`quantize_multiplier` gives them; arrays broadcast (per channel: the last axis).
    Returns int32. The left shift wraps at 32 bits as TFLite Micro's does.
    Same as TFLite MultiplyByQuantizedMultiplier (common.cc, double rounding).
    """
    shift = np.asarray(shift, np.int64)
    shifted = (np.asarray(x, np.int64) << np.maximum(shift, 0)).astype(np.int32).astype(np.int64)
    high = saturating_rounding_doubling_high_mul(shifted, np.asarray(multiplier, np.int64))
    return rounding_divide_by_pot(high, np.maximum(-shift, 0)).astype(np.int32)
