"""Calibration: what is measured, in which forms data may come, and how bad data is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from arenite.conversion import convert
from arenite.errors import CalibrationError
from arenite.passes import PassContext, run_passes
from arenite.passes import calibrate as pass_
from arenite.text import parse

TWO_INPUTS = """
%a: float32[1,2] = input "left"
%b: float32[1,2] = input "right"
%w: float32[1,2] = const [1, 1]
%s: float32[1,2] = add(%a, %b)
%y: float32[1,1] = fully_connected(%s, %w, none) @"head"
return %y
"""
LEFT = np.array([[1, 2], [3, 4], [-5, 0]], np.float32)
RIGHT = LEFT * 10


def measure(data: Any, text: str = TWO_INPUTS) -> tuple[dict[str, tuple[float, float]], PassContext]:
    context = PassContext("int8", calibration=data)
    run_passes(parse(text), context, (pass_,))
    return {value.name: (s.low, s.high) for value, s in context.statistics.items()}, context


@pytest.mark.parametrize(
    "data",
    [
        [LEFT, RIGHT],
        {"right": RIGHT, "left": LEFT},
        ({"left": a, "right": b} for a, b in zip(LEFT, RIGHT, strict=True)),
        ((a[None], b[None]) for a, b in zip(LEFT, RIGHT, strict=True)),
    ],
    ids=["list", "dict", "iterator of dicts", "iterator of tuples"],
)
def test_ranges_in_every_form_of_data(data: Any) -> None:
    ranges, _ = measure(data)
    assert ranges == {"a": (-5, 4), "b": (-50, 40), "s": (-55, 44), "y": (-55, 77)}


def test_means_are_kept_for_the_inputs_of_weights() -> None:
    _, context = measure([LEFT, RIGHT])
    means = {value.name: s.mean.tolist() for value, s in context.statistics.items() if s.total is not None}
    assert list(means) == ["s"]
    np.testing.assert_allclose(means["s"], [[-11 / 3, 22]], rtol=1e-6)


def test_many_samples_run_in_batches_and_report_progress() -> None:
    steps: list[tuple[int, int]] = []
    x = np.random.default_rng(0).standard_normal((150, 2)).astype(np.float32)
    context = PassContext("int8", calibration=[x, x], progress=lambda stage, done, total: steps.append((done, total)))
    run_passes(parse(TWO_INPUTS), context, (pass_,))
    assert steps == [(64, 150), (128, 150), (150, 150)]
    (total,) = [s for s in context.statistics.values() if s.total is not None]
    assert total.samples == 150


def test_samples_that_an_operator_would_mix_run_one_by_one() -> None:
    text = "%x: float32[1,2] = input\n%s: int32[1] = const 0\n%y: float32[2] = mean(%x, %s)\nreturn %y"
    ranges, context = measure(LEFT, text)
    assert ranges["y"] == (-5, 4)
    assert "1 at a time" in str(context.log[0])


BAD = {
    "nothing": (None, "calibration=x_train"),
    "no samples": ([LEFT[:0], RIGHT[:0]], "no samples"),
    "wrong shape": ([LEFT[:, :1], RIGHT], "'left' has shape"),
    "one array for two inputs": (LEFT, "2 inputs"),
    "unknown name": ({"left": LEFT, "top": RIGHT}, "left, right"),
    "different counts": ([LEFT, RIGHT[:2]], "different numbers"),
    "NaN in the data": ([LEFT * np.float32("nan"), RIGHT], "NaN"),
    "overflow inside": ([np.full((1, 2), 3e38, np.float32)] * 2, "add of the model gives NaN or infinity"),
}


@pytest.mark.parametrize(("data", "message"), BAD.values(), ids=BAD)
def test_bad_data_is_refused(data: Any, message: str) -> None:
    with pytest.raises(CalibrationError, match=message):
        measure(data)


def test_a_model_with_a_batch_is_refused() -> None:
    with pytest.raises(CalibrationError, match="batch=1"):
        measure(LEFT, "%x: float32[3,2] = input\n%y: float32[3,2] = relu(%x)\nreturn %y")


def test_features_of_different_size_are_named() -> None:
    text = '%x: float32[1,2] = input "table"\n%y: float32[1,2] = relu(%x)\nreturn %y'
    _, context = measure(np.array([[1, 5000], [0.5, 100]], np.float32), text)
    (warning,) = context.uneven.values()
    assert "'table'" in warning and "±1" in warning and "±5e+03" in warning
    assert not measure(LEFT, text)[1].warnings


def test_products_take_one_thread_while_a_model_is_converted() -> None:
    def threads() -> set[int]:
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    def samples() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        seen.append(threads())
        yield LEFT[:1], RIGHT[:1]

    seen: list[set[int]] = []
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        convert(parse(TWO_INPUTS), "int8", samples())
        assert (seen, threads()) == ([{1} if before else before], before)
