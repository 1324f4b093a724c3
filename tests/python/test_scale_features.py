"""Features of unlike size: brought to one size where the model takes floats, refused with that advice where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from arenite import CalibrationError, convert
from arenite.evaluate import evaluate
from arenite.graph import Graph
from arenite.passes import PassContext, calibrate, run_passes, scale_features
from arenite.text import parse

SIZES = np.array([0.01, 1, 30, 1000], np.float32)
WEIGHTS = np.array([[1, -1, 2, 0.5], [-0.5, 2, 1, 1], [1, 1, -1, -2]]) / SIZES
TEXT = f"""
%x: float32[1,4] = input
%w: float32[3,4] = const {WEIGHTS.reshape(-1).tolist()}
%b: float32[3] = const [0.1, 0.2, 0.3]
%y: float32[1,3] = fully_connected(%x, %w, %b)
return %y
"""


def rows(seed: int) -> np.ndarray:
    """Of other means too: the third is around 90."""
    x = np.random.default_rng(seed).uniform(-1, 1, (100, 4)).astype(np.float32) + np.array([0, 0, 3, 0], np.float32)
    return x * SIZES


def sqnr(graph: Graph) -> float:
    exact, actual = evaluate(parse(TEXT), [rows(1)])[0], evaluate(graph, [rows(1)])[0]
    return float(10 * np.log10(np.square(exact).sum() / np.square(exact - actual).sum()))


def test_the_float_function_stays() -> None:
    context = PassContext("int8", io="float32", calibration=rows(0))
    after = run_passes(parse(TEXT), context, (calibrate, scale_features))
    assert [op.name for op in after.ops] == ["mul", "add", "fully_connected"]
    np.testing.assert_allclose(evaluate(after, [rows(1)])[0], evaluate(parse(TEXT), [rows(1)])[0], rtol=1e-3, atol=1e-3)


def test_statistics_are_those_of_the_scaled_features() -> None:
    context, again = (PassContext("int8", io="float32", calibration=rows(0)) for _ in "ab")
    after = run_passes(parse(TEXT), context, (calibrate, scale_features))
    run_passes(after, again, (calibrate,))
    predicted, measured = ({v.name: s for v, s in c.statistics.items()} for c in (context, again))
    name = after.ops[-1].operand(0).name
    room = scale_features.ROOM
    assert predicted[name].low == pytest.approx(room * measured[name].low, rel=1e-3)
    np.testing.assert_allclose(predicted[name].mean, measured[name].mean, atol=1e-4)
    powers = [seen[name].power for seen in (predicted, measured)]
    assert powers[0] is not None and powers[1] is not None
    np.testing.assert_allclose(powers[0], powers[1], rtol=1e-3)


def test_float_inputs_keep_small_features() -> None:
    scaled = convert(parse(TEXT), "int8", rows(0), io="float32")
    assert sqnr(scaled.graph) > 30 and not scaled.report.warnings and not scaled.report.float_fallback


def test_integer_inputs_are_refused_with_the_advice() -> None:
    with pytest.raises(CalibrationError, match=r"±0\.00994 to ±995.*--io float32.*would keep"):
        convert(parse(TEXT), "int8", rows(0))
    with pytest.raises(CalibrationError, match="--io float32"):
        convert(parse(TEXT), "int8", rows(0), io="float32", without=("scale_features",))
