"""Predicted accuracy: it matches what the runtime then gives, and a bad conversion is named with its layer."""

from __future__ import annotations

import numpy as np

from arenite.conversion import convert
from arenite.prediction import predict
from arenite.runtime import Interpreter
from arenite.text import parse

MLP = """
%x: float32[1,8] = input
%w: float32[16,8] = const random(1)
%h: float32[1,16] = fully_connected(%x, %w) {fused_activation_function="RELU"} @"hidden"
%v: float32[3,16] = const random(2)
%y: float32[1,3] = fully_connected(%h, %v) @"head"
return %y "scores"
"""


def data(count: int = 30) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, 8), np.float32)


def test_the_prediction_is_near_what_the_runtime_gives() -> None:
    converted = convert(parse(MLP), "int8", data(), io="float32")
    interpreter = Interpreter(model_content=converted.content)
    interpreter.allocate_tensors()
    results = []
    for x in data()[:8]:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x[None])
        interpreter.invoke()
        results.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    hidden, head = (np.asarray(op.operand(1).data) for op in parse(MLP).ops)
    exact = np.maximum(data()[:8] @ hidden.T, 0) @ head.T
    noise = np.concatenate(results) - exact
    measured = 10 * np.log10((exact**2).sum() / (noise**2).sum())
    assert abs(converted.report.predicted_sqnr_db["scores"] - measured) < 1
    assert not converted.report.warnings


def test_a_lost_signal_is_reported_with_its_layer() -> None:
    """A product with constants 1 and 10,000 cannot share one scale: the small channel is gone."""
    text = """
%x: float32[1,2] = input
%c: float32[2] = const [1, 10000]
%b: float32[1,2] = logistic(%x) @"squash"
%a: float32[1,2] = mul(%b, %c) @"spread"
%d: float32[1,2] = logistic(%x) @"other"
%e: float32[2] = const [1, -10000]
%f: float32[1,2] = mul(%b, %e) @"spread_back"
%g: float32[1,2] = add(%a, %f) @"difference"
return %g
"""
    x = np.random.default_rng(1).standard_normal((20, 2)).astype(np.float32)
    report = convert(parse(text), "int8", x).report
    (warning,) = report.warnings
    assert "output 'g': quantized, it keeps an SQNR of only" in warning and "add of layer 'difference'" in warning
    assert report.predicted_sqnr_db["g"] < 20


def test_values_that_mean_something_else_are_not_compared() -> None:
    converted = convert(parse(MLP), "int8", data())
    prediction = predict(converted.float_graph, converted.graph, [data()])
    assert set(prediction.values) == {"x", "h", "y"}
    assert prediction.values["x"] > prediction.values["h"] > 20


def test_float_conversion_predicts_nothing() -> None:
    assert convert(parse(MLP)).report.predicted_sqnr_db == {}
