"""One int8 model of the operators that image classifiers are made of, each once, with random weights; no TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from arenite.graph import Graph, Op, Quantization, Value
from arenite.opdef import declaration
from arenite.writer import write


class _Tour:
    """Appends operators; ``self.last`` is the newest result."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(5)
        self.ops: list[Op] = []
        self.last = self.first = Value("x", "float32", (1, 11, 9, 3))

    def constant(self, data: np.ndarray, quant: Quantization | None = None) -> Value:
        return Value(f"constant_{len(self.ops)}_{data.ndim}_{data.size}", str(data.dtype), data.shape, data, quant)

    def weights(self, shape: tuple[int, ...], axis: int) -> Value:
        data = self.random.integers(-127, 128, shape).astype(np.int8)
        scale = self.random.uniform(0.002, 0.01, shape[axis]).astype(np.float32)
        return self.constant(data, Quantization(scale, np.zeros(shape[axis], np.int64), axis))

    def bias(self, channels: int) -> Value:
        return self.constant(self.random.integers(-500, 500, channels).astype(np.int32))

    def add(self, name: str, *more: Value, like: tuple[float, int] | None = None, **attrs: Any) -> Value:
        """Operator ``name`` on the newest result and ``more``; its result has scale and zero point ``like``."""
        op = Op(name, [self.last, *more], [], {**declaration(name).attrs, **attrs})
        (shape,) = declaration(name).shape(op)
        dtype = "float32" if name == "dequantize" else "int8"
        quant = None if dtype == "float32" else Quantization.per_tensor(*like) if like else self.last.quant
        op.outputs.append(Value(f"{name}_{len(self.ops)}", dtype, shape, quant=quant))
        self.ops.append(op)
        self.last = op.output
        return self.last


def model() -> bytes:
    """x float32 [1, 11, 9, 3] → … → float32 [1, 5]."""
    t = _Tour()
    wide = (0.1, -4)
    t.add("quantize", like=(0.05, 3))
    t.add("pad", t.constant(np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int32)))
    image = t.add("conv_2d", t.weights((8, 3, 3, 3), 0), t.bias(8), like=wide, stride_w=1, stride_h=1)
    t.add("depthwise_conv_2d", t.weights((1, 3, 3, 8), 3), t.bias(8), like=wide, stride_w=1, stride_h=1,
          depth_multiplier=1)  # fmt: skip
    t.add("add", image, like=(0.2, 1))
    t.add("relu6", like=(6 / 255, -128))
    t.add("mul", image, like=wide)
    t.add("concatenation", image, axis=3)
    window = {"stride_w": 2, "stride_h": 2, "filter_width": 2, "filter_height": 2}
    t.add("max_pool_2d", **window)
    t.add("average_pool_2d", **window, padding="VALID")
    t.add("relu")
    t.add("logistic", like=(1 / 256, -128))
    t.add("reshape", t.constant(np.array([1, -1, 16], np.int32)))
    t.add("mean", t.constant(np.array([1], np.int32)), like=(0.01, -100))
    t.add("fully_connected", t.weights((5, 16), 0), t.bias(5), like=wide)
    t.add("softmax", like=(1 / 256, -128))
    t.add("dequantize")
    return write(Graph("main", [t.first], [t.last], t.ops, ["x"], ["y"]))
