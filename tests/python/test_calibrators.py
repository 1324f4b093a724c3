"""Ranges: what is counted, what each calibrator makes of it, and that only what helps the outputs is cut off."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arenite.conversion import convert
from arenite.errors import AreniteError
from arenite.graph import Graph
from arenite.histogram import BINS, ELEMENTS, Histogram, merged
from arenite.passes import PassContext, calibrate, run_passes
from arenite.passes.calibrators import CALIBRATORS, CUTTING, _divergence, entropy, mse, percentile, squared_error
from arenite.text import parse


def counted(*arrays: np.ndarray) -> Histogram:
    histogram = Histogram()
    for array in arrays:
        histogram.add(array, float(array.min()), float(array.max()))
    return histogram


def by_numpy(histogram: Histogram, x: np.ndarray) -> np.ndarray:
    return np.bincount(np.floor(x.astype(np.float64) / histogram.width).astype(int) - histogram.first, minlength=BINS)


@given(st.lists(st.tuples(st.floats(-8, 8), st.floats(-5, 5)), min_size=1, max_size=6), st.integers(0, 99))
def test_histograms_grow_without_losing_a_count(parts: list[tuple[float, float]], seed: int) -> None:
    """Batches of any scale and place give the counts that all values together would have given."""
    rng = np.random.default_rng(seed)
    arrays = [(rng.standard_normal(50) * 10.0**scale + place).astype(np.float32) for scale, place in parts]
    for histogram in (counted(*arrays), merged([counted(array) for array in arrays])):
        np.testing.assert_array_equal(histogram.counts, by_numpy(histogram, np.concatenate(arrays)))
        assert histogram.last - histogram.first < BINS


@pytest.mark.parametrize("x", [np.zeros(3), np.full(3, 1e-45), [-3.4e38, 3.4e38], [1e-30, 3.4e38]])
def test_histograms_of_extreme_values(x: object) -> None:
    histogram = counted(np.asarray(x, np.float32))
    assert histogram.counts.sum() == len(np.asarray(x))


def test_of_large_arrays_all_parts_are_counted() -> None:
    x = np.linspace(-1, 1, 5 * ELEMENTS, dtype=np.float32)
    histogram = counted(x)
    used = histogram.centers[histogram.counts > 0]
    assert histogram.counts.sum() <= ELEMENTS
    assert used.min() < -0.99 and used.max() > 0.99


def test_all_of_the_values_are_all_of_the_range() -> None:
    x = np.random.default_rng(0).uniform(-3, 5, 1000).astype(np.float32)
    seen = float(x.min()), float(x.max())
    assert percentile(counted(x), seen, 100) == seen


def lost(histogram: Histogram, low: float, high: float) -> float:
    """Kullback-Leibler divergence as the paper tells it, in loops: outliers go into the end bins of what is wanted, not of what
    is rounded; each step's count is spread over its bins that have any."""
    inside = [int(n) for n, x in zip(histogram.counts, histogram.centers, strict=True) if low <= x < high]
    wanted = [float(n) for n in inside]
    wanted[0] += sum(int(n) for n, x in zip(histogram.counts, histogram.centers, strict=True) if x < low)
    wanted[-1] += sum(int(n) for n, x in zip(histogram.counts, histogram.centers, strict=True) if x >= high)
    steps: dict[int, list[int]] = {}
    for place, count in enumerate(inside):
        if count:
            steps.setdefault(place * 256 // len(inside), []).append(place)
    rounded = [0.0] * len(inside)
    for places in steps.values():
        for place in places:
            rounded[place] = sum(inside[p] for p in places) / len(places)
    p, q = np.array(wanted) / sum(wanted), np.array(rounded) / sum(rounded)
    return float(sum(a * np.log(a / b if b else 1e9) for a, b in zip(p, q, strict=True) if a))


@pytest.mark.parametrize("seed", range(4))
def test_entropy_takes_the_range_that_loses_least(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.round(rng.standard_t(2 + seed, 3000) * 20).astype(np.float32) / 16  # some bins stay empty
    histogram, seen = counted(x), (float(x.min()), float(x.max()))
    for part in (1.0, 0.7, 0.45):
        range_ = part * seen[0], part * seen[1]
        assert _divergence(histogram, *range_) == pytest.approx(lost(histogram, *range_), rel=1e-6)
    assert lost(histogram, *entropy(histogram, seen)) <= lost(histogram, *seen)


def test_squared_error_is_that_of_rounding() -> None:
    x = np.random.default_rng(0).standard_normal(100_000).astype(np.float32)
    rounded, cut = squared_error(counted(x), np.array(-2.0), np.array(2.5))
    inside = x[(x > -2) & (x < 2.5)]
    step = 4.5 / 255
    error = (inside - np.rint(inside / step) * step) ** 2
    outside = np.concatenate([x[x > 2.5] - 2.5, x[x < -2] + 2])
    assert float(rounded) == pytest.approx(error.sum() / x.size, rel=0.02)
    assert float(cut) == pytest.approx((outside**2).sum() / x.size, rel=0.02)


def test_calibrators_cut_a_lone_outlier() -> None:
    x = np.random.default_rng(0).standard_normal(100_000).astype(np.float32)
    x[7] = 100
    histogram, seen = counted(x), (float(x.min()), 100.0)
    low, high = percentile(histogram, seen)
    assert 3.5 < high < 5 and -5 < low < -3.5
    assert percentile(histogram, seen, 90)[1] == pytest.approx(1.65, abs=0.2)
    assert 3 < mse(histogram, seen)[1] <= 100 and entropy(histogram, seen)[1] < 50


@pytest.mark.parametrize("name", CUTTING)
def test_calibrators_stay_within_what_was_seen(name: str) -> None:
    for x in (np.ones(10), np.linspace(0, 1, 1000), np.array([-5.0, 0.0]), np.array([0.25])):
        array = x.astype(np.float32)
        seen = (min(0.0, float(x.min())), max(0.0, float(x.max())))
        low, high = CUTTING[name](counted(array), seen)
        assert seen[0] <= low <= 0 <= high <= seen[1] and low < high


HEAD = """
%x: float32[1,64] = input
%w: float32[32,64] = const random(1)
%b: float32[32] = const random(2)
%h: float32[1,32] = fully_connected(%x, %w, %b) {fused_activation_function="RELU"}
%v: float32[4,32] = const random(3)
%y: float32[1,4] = fully_connected(%h, %v)
%p: float32[1,4] = softmax(%y)
return %p
"""


def samples(count: int = 200, outlier: float = 40.0) -> np.ndarray:
    """Standard normal; in one sample one feature is far off."""
    x = np.random.default_rng(0).standard_normal((count, 64)).astype(np.float32)
    x[3, 5] = outlier
    return x


def input_range(calibrator: str, text: str = HEAD) -> float:
    result = convert(parse(text), "int8", samples(), calibrator=calibrator)
    (x,) = result.graph.inputs
    assert x.quant is not None
    return float(x.quant.scale[0]) * 255


def test_every_calibrator_gives_a_range() -> None:
    ranges = {name: input_range(name) for name in (*CALIBRATORS, "percentile:99")}
    assert ranges["minmax"] > 43
    assert ranges["percentile:99"] < 12 and ranges["average"] < 8
    assert ranges["auto"] <= ranges["minmax"]


#: Its outputs do not tell large inputs from larger ones; those of the other do.
SATURATING, LINEAR = (
    HEAD.replace("%p: float32[1,4] = softmax(%y)\n", "").replace("return %p", "return %y").replace(*inserted)
    for inserted in (
        (
            "%h: float32[1,32] = fully_connected(%x",
            "%s: float32[1,64] = logistic(%x)\n%h: float32[1,32] = fully_connected(%s",
        ),
        ("", ""),
    )
)


@pytest.mark.parametrize(("text", "tails", "cut"), [(SATURATING, 3, True), (LINEAR, 4, False)])
def test_auto_cuts_what_the_outputs_do_not_miss(text: str, tails: int, cut: bool) -> None:
    data = np.random.default_rng(0).standard_t(tails, (400, 64)).astype(np.float32)
    found = {}
    for name in ("auto", "minmax"):
        (x,) = convert(parse(text), "int8", data, calibrator=name).graph.inputs
        assert x.quant is not None
        found[name] = float(x.quant.scale[0])
    assert found["auto"] < 0.95 * found["minmax"] if cut else found["auto"] == found["minmax"]


def test_auto_is_what_was_seen_where_it_must_be_fast() -> None:
    fast = convert(parse(HEAD), "int8", samples(), calibrator="auto", fast=True)
    assert fast.content == convert(parse(HEAD), "int8", samples(), calibrator="minmax", fast=True).content


OUTLIERS_COUNT = """
%x: float32[1,64] = input
%i: int32[1] = const 1
%y: int64[1] = arg_max(%x, %i)
return %y
"""


def test_extremes_that_matter_are_not_cut() -> None:
    """An argmax lives on extremes: cutting off the outlier makes no sample's result different, cutting off more does."""
    data = np.random.default_rng(0).standard_normal((200, 64)).astype(np.float32)
    result = convert(parse(OUTLIERS_COUNT), "int8", data, calibrator="percentile:60")
    (x,) = result.graph.inputs
    assert x.quant is not None and float(x.quant.scale[0]) * 255 > data.max() - data.min() - 0.1
    assert any("percentile:60 is not taken" in entry.text for entry in result.report.log)


@pytest.mark.parametrize("name", ["best", "mse:3", "percentile:high", "percentile:101"])
def test_unknown_calibrators(name: str) -> None:
    with pytest.raises(AreniteError, match="calibrator is one of auto"):
        convert(parse(HEAD), "int8", samples(), calibrator=name)


def small() -> Graph:
    return parse("%x: float32[1,2] = input\n%y: float32[1,2] = relu(%x)\nreturn %y")


def test_samples_without_end_take_no_more_memory() -> None:
    """3,000 samples and 12,000 that come one after the other have the same peak."""

    def stream(count: int) -> Iterator[np.ndarray]:
        rng = np.random.default_rng(0)
        for _ in range(count // 1000):
            yield rng.standard_normal((1000, 2)).astype(np.float32)

    peaks = []
    for count in (3_000, 12_000):
        context = PassContext("int8", calibration=stream(count), calibrator="auto")
        tracemalloc.start()
        run_passes(small(), context, (calibrate,))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(context.samples[0]) == calibrate.KEPT_SAMPLES
        assert all(
            s.histogram is not None and s.histogram.counts.sum() == 2 * count for s in context.statistics.values()
        )
    assert peaks[1] < 1.2 * peaks[0]


def test_a_number_of_samples_is_chosen_by_seed() -> None:
    x = np.arange(200, dtype=np.float32).reshape(100, 2)
    chosen = {}
    for seed in (0, 1):
        context = PassContext("int8", calibration=x, sample_count=10, seed=seed)
        run_passes(small(), context, (calibrate,))
        chosen[seed] = context.samples[0]
        assert len(chosen[seed]) == 10 and (np.diff(chosen[seed][:, 0]) > 0).all()
    assert not np.array_equal(chosen[0], chosen[1])
    context = PassContext("int8", calibration=iter(x), sample_count=10)
    run_passes(small(), context, (calibrate,))
    np.testing.assert_array_equal(context.samples[0], x[:10])
