"""Random float graphs of the common operators, the same for the same seed."""

from __future__ import annotations

import numpy as np

from arenite.graph import Graph, Op, Value
from arenite.opdef import declaration


class Builder:
    """Grows a graph by one random operator at a time; every choice comes from one seeded generator."""

    #: which operator a step may add, each as often as it stands here
    KINDS = tuple(range(11))

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
        kind = self.KINDS[int(self.rng.integers(len(self.KINDS)))]
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
