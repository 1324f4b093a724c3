"""Models for the budgets: made here, the same bytes every time.

Weights are small seeded integers and scales follow from the layer's fan-in by a rule, so nothing is trained, calibrated
or rounded by floating-point libraries. Activations fill the int8 range roughly as a trained model's do.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from math import sqrt

import numpy as np

from arenite import writer
from arenite.graph import Graph, Op, Quantization, Value

#: standard deviation, in steps, that the scale rule gives activations and weights
_SPREAD = 40
_WEIGHT_SPREAD = 42


class Builder:
    """An int8 graph, one operator after another. Methods take and return activations [1, H, W, C] or [1, N]."""

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self._random = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))
        self.graph = Graph(name)
        self.input = self._value("input", shape, Quantization.per_tensor(2**-5, 0))
        self.graph.inputs, self.graph.input_names = [self.input], ["input"]

    def finish(self, output: Value) -> bytes:
        """The model's ``.tflite`` file."""
        self.graph.outputs, self.graph.output_names = [output], ["output"]
        self.graph.verify()
        return bytes(writer.write(self.graph))

    def conv_2d(self, x: Value, channels: int, size: tuple[int, int], stride: int = 1, relu: bool = True) -> Value:
        weights = self._weights((channels, *size, x.shape[3]), axis=0)
        shape = (1, -(-x.shape[1] // stride), -(-x.shape[2] // stride), channels)
        return self._weighted("conv_2d", x, weights, shape, stride, relu)

    def depthwise_conv_2d(self, x: Value, stride: int = 1) -> Value:
        weights = self._weights((1, 3, 3, x.shape[3]), axis=3)
        shape = (1, -(-x.shape[1] // stride), -(-x.shape[2] // stride), x.shape[3])
        return self._weighted("depthwise_conv_2d", x, weights, shape, stride, relu=True, depth_multiplier=1)

    def fully_connected(self, x: Value, outputs: int, relu: bool = True) -> Value:
        weights = self._weights((outputs, x.shape[1]), axis=0)
        bias = self._bias(x, weights)
        y = self._result("fully_connected", (1, outputs), self._output_quant(x, weights, relu))
        return self._add("fully_connected", [x, weights, bias], y, fused_activation_function="RELU" if relu else "NONE")

    def add(self, a: Value, b: Value) -> Value:
        quant = Quantization.per_tensor(_scale(a) + _scale(b) / 2, -128)
        y = self._result("add", a.shape, quant)
        return self._add("add", [a, b], y, fused_activation_function="RELU")

    def average_pool_2d(self, x: Value, size: tuple[int, int]) -> Value:
        return self._pool("average_pool_2d", x, size)

    def max_pool_2d(self, x: Value, size: tuple[int, int]) -> Value:
        return self._pool("max_pool_2d", x, size)

    def flatten(self, x: Value) -> Value:
        y = self._result("reshape", (1, x.size), x.quant)
        return self._add("reshape", [x, self._constant("shape", np.array([1, x.size], np.int32))], y)

    def softmax(self, x: Value) -> Value:
        return self._add(
            "softmax", [x], self._result("softmax", x.shape, Quantization.per_tensor(1 / 256, -128)), beta=1.0
        )

    def _pool(self, name: str, x: Value, size: tuple[int, int]) -> Value:
        y = self._result(name, (1, x.shape[1] // size[0], x.shape[2] // size[1], x.shape[3]), x.quant)
        window = {"filter_height": size[0], "filter_width": size[1], "stride_h": size[0], "stride_w": size[1]}
        return self._add(name, [x], y, padding="VALID", fused_activation_function="NONE", **window)

    def _weighted(
        self, name: str, x: Value, weights: Value, shape: tuple[int, ...], stride: int, relu: bool, **attrs: int
    ) -> Value:
        y = self._result(name, shape, self._output_quant(x, weights, relu))
        attrs |= {"stride_h": stride, "stride_w": stride, "dilation_h_factor": 1, "dilation_w_factor": 1}
        activation = "RELU" if relu else "NONE"
        inputs = [x, weights, self._bias(x, weights)]
        return self._add(name, inputs, y, padding="SAME", fused_activation_function=activation, **attrs)

    def _weights(self, shape: tuple[int, ...], axis: int) -> Value:
        """The sum of three uniform integers: near enough to normal, exact everywhere."""
        data = self._random.integers(-42, 43, (3, *shape)).sum(0).astype(np.int8)
        channels = np.arange(shape[axis])
        scale = ((8 + channels % 5) / 2**11).astype(np.float32)
        return self._constant("weights", data, Quantization(scale, np.zeros(len(channels), np.int64), axis))

    def _bias(self, x: Value, weights: Value) -> Value:
        assert weights.quant is not None
        scale = (np.float32(_scale(x)) * weights.quant.scale).astype(np.float32)
        limit = int(_SPREAD * _WEIGHT_SPREAD * sqrt(_fan_in(weights)) / 2)
        data = self._random.integers(-limit, limit + 1, scale.size).astype(np.int32)
        return self._constant("bias", data, Quantization(scale, np.zeros(scale.size, np.int64), 0))

    def _output_quant(self, x: Value, weights: Value, relu: bool) -> Quantization:
        """The accumulator's spread becomes _SPREAD steps; two of them fit with a ReLU, one on each side without."""
        assert weights.quant is not None
        step = _scale(x) * float(weights.quant.scale.mean()) * _WEIGHT_SPREAD * sqrt(_fan_in(weights))
        return Quantization.per_tensor(step / 2 if relu else step, -128 if relu else 0)

    def _value(self, base: str, shape: tuple[int, ...], quant: Quantization | None) -> Value:
        return Value(base, "int8", shape, quant=quant)

    def _result(self, base: str, shape: tuple[int, ...], quant: Quantization | None) -> Value:
        return self._value(f"{base}_{len(self.graph.ops)}", shape, quant)

    def _constant(self, base: str, data: np.ndarray, quant: Quantization | None = None) -> Value:
        return Value(f"{base}_{len(self.graph.ops)}", data.dtype.name, data.shape, data, quant)

    def _add(self, name: str, inputs: list[Value], output: Value, **attrs: object) -> Value:
        self.graph.ops.append(Op(name, list(inputs), [output], attrs))
        return output


def _scale(value: Value) -> float:
    assert value.quant is not None
    return float(value.quant.scale[0])


def _fan_in(weights: Value) -> int:
    assert weights.quant is not None
    return weights.size // weights.quant.scale.size


def sine() -> bytes:
    """1-16-16-1: what an invoke costs beside arithmetic. 288 MACs."""
    b = Builder("sine", (1, 1))
    return b.finish(b.fully_connected(b.fully_connected(b.fully_connected(b.input, 16), 16), 1, relu=False))


def digits() -> bytes:
    """8x8 image, 10 classes: convolution, depthwise-separable block, residual add, max and average pooling."""
    b = Builder("digits", (1, 8, 8, 1))
    x = b.conv_2d(b.input, 16, (3, 3))
    y = b.conv_2d(b.depthwise_conv_2d(x), 16, (1, 1), relu=False)
    x = b.max_pool_2d(b.add(x, y), (2, 2))
    x = b.conv_2d(b.depthwise_conv_2d(x), 32, (1, 1))
    x = b.flatten(b.average_pool_2d(x, (4, 4)))
    return b.finish(b.softmax(b.fully_connected(x, 10, relu=False)))


def keywords() -> bytes:
    """A small DS-CNN on 49x10 spectrogram frames, 12 classes."""
    b = Builder("keywords", (1, 49, 10, 1))
    x = b.conv_2d(b.input, 32, (10, 4), stride=2)
    for _ in range(3):
        x = b.conv_2d(b.depthwise_conv_2d(x), 32, (1, 1))
    x = b.flatten(b.average_pool_2d(x, (25, 5)))
    return b.finish(b.softmax(b.fully_connected(x, 12, relu=False)))


def autoencoder() -> bytes:
    """Fully connected 320-64-64-8-64-64-320."""
    b = Builder("autoencoder", (1, 320))
    x = b.input
    for width in (64, 64, 8, 64, 64):
        x = b.fully_connected(x, width)
    return b.finish(b.fully_connected(x, 320, relu=False))


MODELS: dict[str, Callable[[], bytes]] = {f.__name__: f for f in (sine, digits, keywords, autoencoder)}


def fixed_input(count: int) -> np.ndarray:
    """int8 [count] of a linear congruential generator, x = x * 1664525 + 1013904223 mod 2**32 from x = 1, bits 24 to 31."""
    x, values = 1, np.empty(count, np.uint8)
    for i in range(count):
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        values[i] = x >> 24
    return values.view(np.int8)
