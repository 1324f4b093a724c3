"""Quantization-aware training: the grids that were trained are the grids of the file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from several_runs import allocated, run

import arenite
from arenite.graph import Graph, Quantization
from arenite.reader import read
from arenite.text import parse
from arenite.writer import write

SAMPLES = np.random.default_rng(0).normal(0, 0.1, (20, 4)).astype(np.float32)
TRAINED = """
%x: float32[1,4] = input
%q: int8[1,4] q(0.03125, 0) = quantize(%x)
%d: float32[1,4] = dequantize(%q)
%w: float32[3,4] = const random(1)
%v: int8[3,4] q([0.01, 0.02, 0.03], axis=0) = quantize(%w)
%r: float32[3,4] = dequantize(%v)
%f: float32[1,3] = fully_connected(%d, %r, none)
%a: float32[1,3] = relu(%f)
%p: int8[1,3] q(0.0625, -128) = quantize(%a)
%y: float32[1,3] = dequantize(%p)
return %y "scores"
"""


def grids(graph: Graph) -> list[tuple[str, float]]:
    values = [*graph.inputs, *(value for op in graph.ops for value in op.outputs)]
    return [(value.name, float(value.quant.scale[0])) for value in values if value.quant is not None]


def test_trained_grids_are_those_of_the_integer_model() -> None:
    converted = arenite.convert(parse(TRAINED), "int8", SAMPLES)
    assert [op.name for op in converted.graph.ops] == ["fully_connected"]
    assert grids(converted.graph) == [("x", pytest.approx(0.03125)), ("y", pytest.approx(0.0625))]
    assert converted.graph.output_names == ["scores"]
    weights = converted.graph.ops[0].operand(1)
    trained = parse(TRAINED).ops[2].operand(0).data
    assert trained is not None and weights.data is not None and weights.quant is not None
    steps = np.array([[0.01], [0.02], [0.03]])
    rounded = np.clip(np.round(trained / steps), -128, 127) * steps
    assert np.abs(weights.data * weights.quant.scale[:, None] - rounded).max() <= weights.quant.scale.max() / 2 * 1.001


def test_the_float_model_rounds_as_in_training() -> None:
    """Constants once and for all, the rest on the device."""
    converted = arenite.convert(parse(TRAINED))
    assert [op.name for op in converted.graph.ops] == [
        "quantize", "dequantize", "fully_connected", "quantize", "dequantize",
    ]  # fmt: skip
    (y,) = run(allocated(converted.content), [np.array([[0.1, -0.2, 0.33, 9]], np.float32)])
    np.testing.assert_array_equal(y % 0.0625, 0)


def test_what_others_read_too_stays() -> None:
    text = TRAINED.replace("return %y", "return %q, %y").replace(' "scores"', "")
    assert "quantize" in [op.name for op in arenite.convert(parse(text)).graph.ops]


def test_channels_are_not_equalized_and_lost_ranges_are_told() -> None:
    report = arenite.convert(parse(TRAINED), "int8", SAMPLES).report
    assert "weights were trained for their grids" in report.explain()


def test_weights_of_uint8_with_zero_points_are_read() -> None:
    """So TensorFlow's converter writes fake quantization of weights per channel."""
    graph = parse(TRAINED)
    weights = graph.ops[2].outputs[0]
    assert weights.quant is not None
    weights.dtype, weights.quant = "uint8", Quantization(weights.quant.scale, np.full(3, 128), 0)
    again = next(value for value in read(write(graph)).values() if value.shape == (3, 4) and value.quant is not None)
    assert again.quant is not None and again.quant.zero_point.tolist() == [128] * 3
    assert len(arenite.convert(graph, "int8", SAMPLES).graph.ops) == 1


def test_a_trained_model_of_tensorflow() -> None:
    """FakeQuant nodes on the input, on weights per channel, behind the activation and on the output."""
    tf = pytest.importorskip("tensorflow")
    weights = tf.constant(np.random.default_rng(1).normal(size=(3, 3, 2, 4)).astype(np.float32))
    most = tf.reduce_max(tf.abs(weights), [0, 1, 2])

    def trained(x: Any) -> Any:
        fake = tf.quantization
        x = fake.fake_quant_with_min_max_args(x, -2.0, 2.0)
        kernel = fake.fake_quant_with_min_max_vars_per_channel(weights, -most, most, narrow_range=True)
        y = fake.fake_quant_with_min_max_vars(tf.nn.relu(tf.nn.conv2d(x, kernel, 1, "SAME")), 0.0, 6.0)
        return fake.fake_quant_with_min_max_args(tf.reduce_mean(y, [1, 2]), 0.0, 3.0)

    function = tf.function(trained, input_signature=[tf.TensorSpec((1, 6, 6, 2), name="x")])
    samples = np.random.default_rng(2).normal(0, 0.1, (20, 6, 6, 2)).astype(np.float32)
    exact, integer = arenite.convert(function), arenite.convert(function, "int8", samples, io="float32")
    assert [scale for _, scale in grids(integer.graph)] == [pytest.approx(s / 255) for s in (4, 6, 3)]
    for x in samples[:3]:
        truth = function(x[None]).numpy()
        np.testing.assert_allclose(run(allocated(exact.content), [x[None]])[0], truth, atol=1e-6)
        np.testing.assert_allclose(run(allocated(integer.content), [x[None]])[0], truth, atol=3 / 255 * 1.01)
