"""FULLY_CONNECTED with one weight scale: how exactly is input scale · weight scale / output scale rounded?

TFLite's sources multiply the two scales as floats; the TFLite Micro of the wheel multiplies doubles. The two multipliers
differ in the last bits, which shows only on sums near a rounding boundary: one output in 100,000 on random data. So the
test builds models whose sums all lie there.
"""

from __future__ import annotations

import numpy as np
import pytest

from arenite import fixed_point
from arenite.graph import Graph, Op, Quantization, Value
from arenite.runtime import Interpreter
from arenite.writer import write

tflm = pytest.importorskip("tflite_micro.python.tflite_micro.runtime", reason="tflite-micro is not installed")

SUMS = np.arange(-90000, 90000)


def _scaled(real: float) -> np.ndarray:
    return np.asarray(fixed_point.multiply_by_quantized_multiplier(SUMS, *fixed_point.quantize_multiplier(real)))


def _telling_sums(scales: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums whose output depends on the product's precision, and that output in double precision."""
    x, w, y = (float(s) for s in scales)
    in_float, in_double = _scaled(float(scales[0] * scales[1]) / y), _scaled(x * w / y)
    telling = (in_float != in_double) & (abs(in_double) < 127)
    return SUMS[telling], in_double[telling]


def _model(sums: np.ndarray, scales: np.ndarray) -> bytes:
    """A fully connected operator whose accumulators are ``sums``, whatever its input is."""
    n = len(sums)
    x, w, y = (Quantization.per_tensor(float(s), 0) for s in scales)
    source = Value("x", "int8", (1, 4), quant=x)
    weights = Value("w", "int8", (n, 4), np.zeros((n, 4), np.int8), w)
    bias = Value("b", "int32", (n,), sums.astype(np.int32))
    result = Value("y", "int8", (1, n), quant=y)
    op = Op("fully_connected", [source, weights, bias], [result], {"fused_activation_function": "NONE"})
    return write(Graph("main", [source], [result], [op], ["x"], ["y"]))


def test_the_product_of_scales_is_taken_in_double_precision():
    rng, told = np.random.default_rng(2), 0
    while told < 20:
        scales = np.array([*rng.uniform(0.01, 0.05, 2), rng.uniform(0.2, 0.6)], np.float32)
        sums, expected = _telling_sums(scales)
        if len(sums) == 0:
            continue
        content, sample = _model(sums, scales), np.zeros((1, 4), np.int8)
        theirs = tflm.Interpreter.from_bytes(content, arena_size=100_000)
        theirs.set_input(sample, 0)
        theirs.invoke()
        ours = Interpreter(model_content=content)
        ours.allocate_tensors()
        ours.set_tensor(ours.get_input_details()[0]["index"], sample)
        ours.invoke()
        output = ours.get_tensor(ours.get_output_details()[0]["index"])
        np.testing.assert_array_equal(output, theirs.get_output(0))
        np.testing.assert_array_equal(output[0], expected)
        told += len(sums)
