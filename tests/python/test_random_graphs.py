"""Random graphs of all operators through the whole pipeline: no crash, exact passes stay exact, TFLite Micro agrees."""

from __future__ import annotations

import numpy as np
import pytest
from random_graphs import Builder

from arenite.conversion import convert
from arenite.evaluate import evaluate
from arenite.passes import EXACT, PassContext, run_passes
from arenite.runtime import Interpreter

tflm = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")


@pytest.mark.parametrize("seed", range(40))
def test_a_random_graph(seed: int) -> None:
    graph = Builder(seed).build()
    data = np.random.default_rng(seed).standard_normal((8, *graph.inputs[0].shape[1:])).astype(np.float32)
    exact = run_passes(graph, PassContext("int8"), EXACT)
    for a, b in zip(evaluate(graph, [data[:1]]), evaluate(exact, [data[:1]]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * max(1, np.abs(a).max()))
    converted = convert(graph, "int8", data, builtins_only=True)
    assert all(op.output.dtype == "int8" for op in converted.graph.ops)
    here, there = Interpreter(model_content=converted.content), tflm.Interpreter.from_bytes(converted.content)
    here.allocate_tensors()
    for i in range(3):
        x = np.random.default_rng(i).integers(-128, 128, graph.inputs[0].shape, np.int8)
        here.set_tensor(here.get_input_details()[0]["index"], x)
        there.set_input(x, 0)
        here.invoke()
        there.invoke()
        for j, detail in enumerate(here.get_output_details()):
            np.testing.assert_array_equal(here.get_tensor(detail["index"]), there.get_output(j))
