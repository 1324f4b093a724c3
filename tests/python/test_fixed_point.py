"""The numpy fixed-point arithmetic against exact integers and the roundings that gemmlowp defines."""

from __future__ import annotations

from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from arenite.errors import QuantizationError
from arenite.fixed_point import (
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_pot,
    saturating_rounding_doubling_high_mul,
)

int32s = st.integers(-(2**31), 2**31 - 1)


def truncating_division(a: int, b: int) -> int:
    return abs(a) // b * (1 if a >= 0 else -1)


@given(int32s, int32s)
def test_high_mul_is_gemmlowps(a: int, b: int) -> None:
    """Nudged by ±2**30 and divided by 2**31 towards zero, as gemmlowp writes it."""
    nudge = 2**30 if a * b >= 0 else 1 - 2**30
    expected = min(truncating_division(a * b + nudge, 2**31), 2**31 - 1)
    assert saturating_rounding_doubling_high_mul(np.int64(a), b) == expected


@given(int32s, st.integers(0, 31))
def test_divide_by_pot_rounds_halves_away_from_zero(x: int, exponent: int) -> None:
    quotient = Fraction(abs(x), 2**exponent)
    expected = int(quotient + Fraction(1, 2)) * (1 if x >= 0 else -1)
    assert rounding_divide_by_pot(np.int64(x), exponent) == expected


@given(st.floats(2**-31, 2**29))
def test_quantize_multiplier_keeps_31_bits(real: float) -> None:
    multiplier, shift = quantize_multiplier(real)
    assert 2**30 <= multiplier < 2**31
    assert abs(Fraction(multiplier) * Fraction(2) ** (shift - 31) / Fraction(real) - 1) <= Fraction(1, 2**31)


def test_quantize_multiplier_edges() -> None:
    assert quantize_multiplier(1.0) == (2**30, 1)
    assert quantize_multiplier(1 - 2**-40) == (2**30, 1)  # rounds up to the next power of two
    assert quantize_multiplier(2.0**-40) == (0, 0)
    for bad in (0.0, -1.0, float("nan"), float("inf"), 2.0**31):
        with pytest.raises(QuantizationError):
            quantize_multiplier(bad)


@given(st.integers(-(2**23), 2**23), st.floats(2**-20, 0.9))
def test_requantization_is_within_one_step_and_per_channel(x: int, real: float) -> None:
    multiplier, shift = quantize_multiplier(real)
    single = multiply_by_quantized_multiplier(np.int32(x), multiplier, shift)
    assert abs(int(single) - x * real) <= 1
    both = multiply_by_quantized_multiplier(np.full((3, 2), x), np.array([multiplier, 2**30]), np.array([shift, 1]))
    assert both.dtype == np.int32
    assert (both == [single, x]).all()
