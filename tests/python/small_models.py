"""Models small enough to check by hand, made without TensorFlow."""

from __future__ import annotations

import numpy as np

from arenite import flat
from arenite.graph import Graph, Op, Quantization, Value
from arenite.writer import write

INPUT_SCALE, INPUT_ZERO_POINT = 0.5, -3
FC_ATTRS = {"fused_activation_function": "NONE", "keep_num_dims": False, "asymmetric_quantize_inputs": False}


def float_mlp(batch: int = 1) -> bytes:
    """x [B, 4] → fully_connected → relu → softmax [B, 3], float32."""
    x = Value("x", "float32", (batch, 4))
    weights = np.arange(12, dtype=np.float32).reshape(3, 4) / 8 - 0.5
    w = Value("dense/kernel", "float32", (3, 4), weights)
    b = Value("dense/bias", "float32", (3,), np.array([0.25, -0.5, 0.125], np.float32))
    dense, relu, y = (Value(n, "float32", (batch, 3)) for n in ("dense", "relu", "scores"))
    ops = [
        Op("fully_connected", [x, w, b], [dense], dict(FC_ATTRS)),
        Op("relu", [dense], [relu]),
        Op("softmax", [relu], [y], {"beta": 1.0}),
    ]
    return write(Graph("main", [x], [y], ops, ["x"], ["scores"]))


def int8_mlp() -> bytes:
    """The same quantized: x int8 [1, 4] → fully_connected → relu → softmax int8 [1, 3]."""

    def quantized(name: str, shape: tuple[int, ...], scale: float, zero_point: int) -> Value:
        return Value(name, "int8", shape, quant=Quantization.per_tensor(scale, zero_point))

    x = quantized("x", (1, 4), INPUT_SCALE, INPUT_ZERO_POINT)
    weights = np.clip(np.rint((np.arange(12).reshape(3, 4) / 8 - 0.5) * 127), -127, 127).astype(np.int8)
    w = Value("dense/kernel", "int8", (3, 4), weights, Quantization.per_tensor(1 / 127, 0))
    bias_scale = INPUT_SCALE / 127
    bias = np.rint(np.array([0.25, -0.5, 0.125]) / bias_scale).astype(np.int32)
    b = Value("dense/bias", "int32", (3,), bias, Quantization.per_tensor(bias_scale, 0))
    dense, relu = quantized("dense", (1, 3), 0.75, 5), quantized("relu", (1, 3), 0.75, 5)
    y = quantized("scores", (1, 3), 1 / 256, -128)
    ops = [
        Op("fully_connected", [x, w, b], [dense], dict(FC_ATTRS)),
        Op("relu", [dense], [relu]),
        Op("softmax", [relu], [y], {"beta": 1.0}),
    ]
    return write(Graph("main", [x], [y], ops, ["x"], ["scores"]))


def two_inputs() -> bytes:
    """sum = left + right and product = left · right, float32 [1, 5]; two inputs, two outputs, not in alphabetical order."""
    right, left = Value("right", "float32", (1, 5)), Value("left", "float32", (1, 5))
    total, product = Value("total", "float32", (1, 5)), Value("product", "float32", (1, 5))
    attrs = {"fused_activation_function": "NONE"}
    ops = [Op("add", [left, right], [total], dict(attrs)), Op("mul", [left, right], [product], dict(attrs))]
    return write(Graph("main", [right, left], [total, product], ops, ["right", "left"], ["total", "product"]))


def with_fake_quant() -> bytes:
    """x [1, 2] → relu → fake_quant: a sound file with an operator of training, which will never have a kernel here."""
    codes = [("RELU", 19), ("FAKE_QUANT", 80)]
    tensors = [{"shape": np.array([1, 2], np.int32), "type": "FLOAT32", "name": name} for name in ("x", "relu", "wave")]
    operators = [
        {"opcode_index": 0, "inputs": np.array([0], np.int32), "outputs": np.array([1], np.int32)},
        {"opcode_index": 1, "inputs": np.array([1], np.int32), "outputs": np.array([2], np.int32)},
    ]
    subgraph = {
        "tensors": tensors,
        "inputs": np.array([0], np.int32),
        "outputs": np.array([2], np.int32),
        "operators": operators,
    }
    return flat.serialize(
        {
            "version": 3,
            "operator_codes": [{"deprecated_builtin_code": c, "builtin_code": n, "version": 1} for n, c in codes],
            "subgraphs": [subgraph],
            "buffers": [{}],
        }
    )
