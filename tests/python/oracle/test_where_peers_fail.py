"""Instances that TFLite Micro or LiteRT cannot answer, or answer wrongly; ours is checked against the real values."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import engines

from arenite.errors import ModelError
from arenite.graph import Op, Quantization, Value

FIXED = Quantization.per_tensor(1 / 256, -128)


def run(name: str, x: np.ndarray, quant: Quantization | None, out: Quantization, **attrs: object) -> np.ndarray:
    value = Value("", x.dtype.name, x.shape, None, quant)
    op = Op(name, [value], [Value("", "int8", x.shape, None, out)], attrs)
    (y,) = engines.ours(engines.model_of(op), [x])
    return y


@pytest.mark.parametrize("depth", [511, 512, 1000, 4096, 8191])
def test_softmax_of_many_equal_logits(depth: int) -> None:
    """From a sum of 512 on the peers abort; every share is then half a step at most."""
    x = np.full((2, depth), 7, np.int8)
    y = run("softmax", x, Quantization.per_tensor(0.1, 0), FIXED, beta=1.0)
    assert (y == (-127 if depth < 512 else -128)).all()


def test_softmax_finds_one_large_logit_among_many() -> None:
    x = np.full((1, 8191), -128, np.int8)
    x[0, 4000] = 127
    y = run("softmax", x, Quantization.per_tensor(0.1, 0), FIXED, beta=1.0)
    assert y[0, 4000] == 127 and y.astype(int).sum() == 127 - 128 * 8190


@pytest.mark.parametrize("scale", [8.0, 20.0, 1000.0])
def test_logistic_of_zero_at_coarse_scales(scale: float) -> None:
    """TFLite Micro gives 0 for an input of 0 when a step is 8 or more."""
    x = np.array([-1, 0, 1], np.int8)
    np.testing.assert_array_equal(run("logistic", x, Quantization.per_tensor(scale, 0), FIXED), [-128, 0, 127])


def test_logistic_at_fine_scales() -> None:
    """Below 2**-28 TFLite Micro shifts by a negative count and gives the ends of the range."""
    y = run("logistic", np.array([-128, 0, 127], np.int8), Quantization.per_tensor(2.0**-30, 0), FIXED)
    np.testing.assert_array_equal(y, [0, 0, 0])


def test_softmax_at_fine_scales() -> None:
    """Below 2**-26 the peers abort; all logits are equal then."""
    y = run("softmax", np.array([[-128, 0, 127, 5]], np.int8), Quantization.per_tensor(2.0**-30, 0), FIXED, beta=1.0)
    np.testing.assert_array_equal(y, [[-64] * 4])


def test_quantize_of_infinities_and_nan() -> None:
    x = np.array([np.inf, -np.inf, np.nan, 3e38, -3e38, 1e-40, 0.0], np.float32)
    y = run("quantize", x, None, Quantization.per_tensor(0.5, 3))
    np.testing.assert_array_equal(y, [127, -128, -128, 127, -128, 3, 3])


def test_relu6_to_another_scale() -> None:
    """TFLite Micro clamps the input's codes and ignores the output's scale."""
    x = np.array([-128, 0, 20, 60, 127], np.int8)  # −12.8, 0, 2, 6, 12.7
    y = run("relu6", x, Quantization.per_tensor(0.1, 0), Quantization.per_tensor(0.05, -100))
    np.testing.assert_array_equal(y, [-100, -100, -60, 20, 20])


@pytest.mark.parametrize("name", ["floor_div", "floor_mod"])
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_division_by_zero(name: str, dtype: str) -> None:
    """Known only at run time: eval refuses it, as the peers do. The one quotient that int32 cannot hold wraps."""
    values = [Value("", dtype, (2,)) for _ in range(3)]
    content = engines.model_of(Op(name, [values[0], values[1]], [values[2]]))
    with pytest.raises(ModelError, match="value at run time is out of range"):
        engines.ours(content, [np.array([1, 2], dtype), np.array([1, 0], dtype)])
    (y,) = engines.ours(content, [np.array([-(2**31), -7], dtype), np.array([-1, 2], dtype)])
    if dtype == "int32":
        np.testing.assert_array_equal(y, [-(2**31), -4] if name == "floor_div" else [0, 1])


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_quotients_of_codes_by_zero_and_far_below_one(dtype: str) -> None:
    """LiteRT refuses to divide by zero, TFLite Micro divides by something; both shift small quotients by more than 31."""
    a, b = Quantization.per_tensor(0.5, 0), Quantization.per_tensor(0.25, 0)
    operands = [Value("", dtype, (5,), None, a), Value("", dtype, (5,), None, b)]
    op = Op("div", [*operands], [Value("", dtype, (5,), None, Quantization.per_tensor(2.0, 0))])
    feed = [np.array([3, -3, 0, 1, -1], dtype), np.array([0, 0, 0, 127, 127], dtype)]
    limits = np.iinfo(dtype)
    (y,) = engines.ours(engines.model_of(op), feed)
    np.testing.assert_array_equal(y, [limits.max, limits.min, 0, 0, 0])


@pytest.mark.parametrize("exponent", [-1, -(2**31)])
def test_integer_power_below_zero(exponent: int) -> None:
    values = [Value("", "int32", (2,)) for _ in range(3)]
    with pytest.raises(ModelError, match="value at run time is out of range"):
        engines.ours(
            engines.model_of(Op("pow", values[:2], values[2:])),
            [np.array([2, 2], np.int32), np.array([1, exponent], np.int32)],
        )


def test_exp_beyond_every_code() -> None:
    """The peers convert what int32 cannot hold."""
    coarse = Quantization.per_tensor(10.0, 0)
    y = run("exp", np.array([-128, 0, 1, 127], np.int8), coarse, Quantization.per_tensor(1.0, -100))
    np.testing.assert_array_equal(y, [-100, -99, 127, 127])


def test_auto_scale_of_the_least_sample() -> None:
    """TFLite Micro takes -2**15 for a small number, shifts what follows by too much and overflows."""
    x = np.array([-(2**15), 3], np.int16)
    values = [Value("", "int16", (2,)), Value("", "int16", (2,)), Value("", "int32", ())]
    scaled, shift = engines.ours(engines.model_of(Op("signal_fft_auto_scale", values[:1], values[1:])), [x])
    assert scaled.tolist() == x.tolist() and shift == 0


def test_log_of_zero_and_below() -> None:
    y = run(
        "log", np.array([-128, 0, 1, 127], np.int8), Quantization.per_tensor(1.0, 0), Quantization.per_tensor(0.1, 0)
    )
    np.testing.assert_array_equal(y, [-128, -128, 0, 48])


def sums(name: str, x: np.ndarray, quant: Quantization, out: Quantization) -> np.ndarray:
    """CUMSUM along ``x`` [n], or its last sum by ADD_N."""
    if name == "cumsum":
        inputs = [Value("", "int8", x.shape, None, quant), Value("", "int32", (), np.array(0, np.int32))]
        op = Op(name, [*inputs], [Value("", "int8", x.shape, None, out)])
        return engines.ours(engines.model_of(op), [x])[0]
    op = Op(name, [Value("", "int8", (1,), None, quant) for _ in x], [Value("", "int8", (1,), None, out)])
    return engines.ours(engines.model_of(op), [x[i : i + 1] for i in range(len(x))])[0]


@pytest.mark.parametrize("name", ["cumsum", "add_n"])
def test_sums_of_codes_with_a_zero_point(name: str) -> None:
    """TFLite Micro starts from minus the zero point instead of 0: its sums are all off by that."""
    y = sums(
        name, np.array([10, 11, 12], np.int8), Quantization.per_tensor(0.5, 10), Quantization.per_tensor(0.5, -100)
    )
    assert y[-1] == -97 and (name == "add_n" or list(y) == [-100, -99, -97])


@pytest.mark.parametrize("name", ["cumsum", "add_n"])
@pytest.mark.parametrize(("code", "scale"), [(127, 64.0), (-128, 64.0), (127, 256.0)])
def test_sums_of_more_than_twelve_bits(name: str, code: int, scale: float) -> None:
    """From 4096 steps on TFLite Micro's 32 bits wrap: 17 terms are enough."""
    x = np.full(60, code, np.int8)
    y = sums(name, x, Quantization.per_tensor(1.0, 0), Quantization.per_tensor(scale, 0))
    expected = np.clip(np.rint(np.cumsum(x.astype(np.float64)) / scale), -128, 127)
    np.testing.assert_array_equal(y, expected[-len(y) :])
    steep = sums(name, x, Quantization.per_tensor(1.0, 0), Quantization.per_tensor(2.0**-18, 0))
    assert steep[-1] == (127 if code > 0 else -128)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "int64"])
def test_cast_of_floats_that_the_type_lacks(dtype: str) -> None:
    """Saturated, where C++ leaves it undefined and the peers give what the processor gives; NaN as LiteRT for int32."""
    limits = np.iinfo(dtype)
    x = np.array([np.inf, 1e30, -np.inf, -1e30, np.nan, -0.9, 2.9, -2.9, limits.max // 2 + 1], np.float32)
    op = Op("cast", [Value("", "float32", x.shape)], [Value("", dtype, x.shape)])
    (y,) = engines.ours(engines.model_of(op), [x])
    nan, low = limits.max if dtype == "int32" else 0, limits.min
    np.testing.assert_array_equal(y, [limits.max] * 2 + [low] * 2 + [nan, 0, 2, max(-2, low), limits.max // 2 + 1])
    if dtype == "int32":
        np.testing.assert_array_equal(y, engines.litert(engines.model_of(op), [x])[0])


def test_largest_among_nan() -> None:
    """LiteRT's comparison is no order then; here NaN is below all numbers."""
    x, y, places = Value("", "float32", (5,)), Value("", "float32", (5,)), Value("", "int32", (5,))
    op = Op("topk_v2", [x, Value("", "int32", (), np.array(5, np.int32))], [y, places])
    values, order = engines.ours(engines.model_of(op), [np.array([np.nan, 1, -np.inf, np.nan, np.inf], np.float32)])
    np.testing.assert_array_equal(order, [4, 1, 2, 0, 3])
    np.testing.assert_array_equal(values, [np.inf, 1, -np.inf, np.nan, np.nan])
