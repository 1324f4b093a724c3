"""Random graphs of all operators through the whole pipeline: no crash, exact passes stay exact, TFLite Micro agrees."""

from __future__ import annotations

import numpy as np
import pytest

from arenite.conversion import convert
from arenite.evaluate import evaluate
from arenite.graph import Graph, Op, Value
from arenite.opdef import declaration
from arenite.passes import EXACT, PassContext, run_passes
from arenite.runtime import Interpreter

tflm = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")


class Builder:
    """Grows a graph by one random operator at a time; every choice comes from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.graph = Graph()
        size = int(self.rng.integers(4, 8))
        image = Value("x", "float32", (1, size, size, int(self.rng.integers(1, 5))))
        self.graph.inputs, self.graph.input_names = [image], ["x"]
        self.images = [image]
        self.constants = 0

    def constant(self, array: np.ndarray) -> Value:
        self.constants += 1
        return Value(f"c{self.constants}", array.dtype.name, array.shape, array)

    def random(self, *shape: int) -> Value:
        return self.constant(self.rng.standard_normal(shape).astype(np.float32))

    def emit(self, name: str, inputs: list[Value | None], **attrs: object) -> Value:
        op = Op(name, inputs, [], dict(attrs))
        op.outputs = [Value(f"v{len(self.graph.ops)}", "float32", declaration(name).shape(op)[0])]
        self.graph.ops.append(op)
        return op.output

    def window(self) -> dict[str, object]:
        stride = int(self.rng.integers(1, 3))
        return {"stride_h": stride, "stride_w": stride, "padding": "SAME"}

    def step(self) -> None:
        """One more image from one or two of those at hand."""
        x = self.images[int(self.rng.integers(max(0, len(self.images) - 3), len(self.images)))]
        channels = x.shape[3]
        kind = int(self.rng.integers(11))
        if kind == 0:
            out = int(self.rng.integers(1, 6))
            y = self.emit("conv_2d", [x, self.random(out, 3, 3, channels)], **self.window())
        elif kind == 1:
            y = self.emit("depthwise_conv_2d", [x, self.random(1, 3, 3, channels)], depth_multiplier=1, **self.window())
        elif kind == 2:
            pool = str(self.rng.choice(["max_pool_2d", "average_pool_2d"]))
            y = self.emit(pool, [x], filter_height=2, filter_width=2, **self.window())
        elif kind in (3, 4):
            y = self.emit("mul" if kind == 3 else "add", [self.random(channels), x])
        elif kind in (5, 6, 7):
            y = self.emit(["relu", "relu6", "logistic"][kind - 5], [x])
        elif kind == 8:
            y = self.emit("pad", [x, self.constant(np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int32))])
        else:
            other = next(v for v in self.images if v.shape == x.shape)
            y = self.emit("add", [x, other]) if kind == 9 else self.emit("concatenation", [x, other], axis=3)
        self.images.append(y)

    def build(self) -> Graph:
        for _ in range(int(self.rng.integers(3, 10))):
            self.step()
        last = self.images[-1]
        if self.rng.random() < 0.5:
            axes = self.constant(np.array([1, 2], np.int32))
            flat = self.emit("mean", [last, axes])
        else:
            shape = self.constant(np.array([1, last.size], np.int32))
            flat = self.emit("reshape", [last, shape])
        scores = self.emit("fully_connected", [flat, self.random(4, flat.shape[1]), self.random(4)])
        self.graph.outputs = [self.emit("softmax", [scores]), scores]
        self.graph.output_names = ["probabilities", "scores"]
        self.graph.remove_dead()
        return self.graph


@pytest.mark.parametrize("seed", range(40))
def test_a_random_graph(seed: int) -> None:
    graph = Builder(seed).build()
    data = np.random.default_rng(seed).standard_normal((8, *graph.inputs[0].shape[1:])).astype(np.float32)
    exact = run_passes(graph, PassContext("int8"), EXACT)
    for a, b in zip(evaluate(graph, [data[:1]]), evaluate(exact, [data[:1]]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * max(1, np.abs(a).max()))
    converted = convert(graph, "int8", data)
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
