"""SVDF: filters over the input whose last results are weighted over time, [batch, inputs] → [batch, units].

Operands: 0 the input; 1 features [filters, inputs]; 2 weights over time [filters, memory]; 3 bias [units] or none;
4 what the filters found before [batch, filters · memory], oldest first, a variable. A unit sums ``rank`` filters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..activation import tanh_or_clamp
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Quantization, Value
from ..opdef import Declaration, Matrix, attribute
from ..recurrence import state

#: weights that the hybrid kernel takes in integers
MATRICES = (Matrix(1, 0), Matrix(2, 4))
ATTRS = {"rank": 1, "fused_activation_function": "NONE", "asymmetric_quantize_inputs": False}


def shape(op: Op) -> list[tuple[int, ...]]:
    x, features, time, rank = (*(op.operand(i).shape for i in range(3)), attribute(op, "rank"))
    if len(x) != 2 or len(features) != 2 or len(time) != 2 or features[1] != x[1] or time[0] != features[0]:
        raise GraphError(f"features {list(features)} and time {list(time)} of SVDF do not fit input {list(x)}")
    if rank < 1 or features[0] % rank or op.operand(4).shape != (x[0], features[0] * time[1]):
        raise GraphError(f"SVDF of rank {rank} with {features[0]} filters cannot keep {list(op.operand(4).shape)}")
    return [(x[0], features[0] // rank)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, features, time, bias, memory = inputs
    assert x is not None and features is not None and time is not None and memory is not None
    moments = memory.reshape(len(x), *time.shape)
    moments[:, :, :-1] = moments[:, :, 1:].copy()
    moments[:, :, -1] = x @ features.T
    memory[...] = moments.reshape(memory.shape)
    found = (moments * time).sum(axis=2, dtype=np.float32)
    y = found.reshape(len(x), -1, attribute(op, "rank")).sum(axis=2, dtype=np.float32) + (0 if bias is None else bias)
    return [tanh_or_clamp(y.astype(np.float32), attribute(op, "fused_activation_function"))]


def macs(op: Op) -> int:
    return len(op.operand(0).shape) and op.operand(0).shape[0] * (op.operand(1).size + op.operand(2).size)


def case(draw: Draw, dtype: str) -> Op:
    depth, memory, rank, units = (draw.choice(sizes) for sizes in ([1, 5, 16, 40], [1, 2, 8, 9], [1, 2, 3], [1, 4, 7]))
    x = cases.tensor(draw, cases.data_dtype(dtype), (draw.integer(1, 3), depth))
    held = x.dtype if x.dtype == "float32" else draw.choice(["int16", "int16", "int16", "int8"])
    features = _weights(draw, dtype, (units * rank, depth))
    time = _weights(draw, dtype if cases.is_hybrid(dtype) else held, (units * rank, memory))
    kept = _scaled(draw, x, features, 8 if held == "int8" else 2) if dtype == "int8" else None
    variable = state(held, (x.shape[0], units * rank * memory), cases.coded(held, kept))
    bias = _bias(draw, units, variable, time)
    activations = ["RELU"] * 4 + ["NONE"] if dtype == "int8" else ["NONE", "RELU", "RELU6", "TANH"]
    attrs = {"rank": rank, "fused_activation_function": draw.choice(activations)}
    if cases.is_hybrid(dtype):
        attrs["asymmetric_quantize_inputs"] = draw.choice([False, True])
    op = Op("svdf", [x, features, time, bias, variable], [], attrs)
    return cases.finished(op, shape(op), _scaled(draw, variable, time, 10, 1) if dtype == "int8" else None)


def _weights(draw: Draw, dtype: str, shape: tuple[int, int]) -> Value:
    if cases.is_hybrid(dtype):
        scale = draw.integer(2**23, 2**24 - 1) / 2**30 / np.sqrt(shape[1])
        return cases.weights(draw, dtype, shape, Quantization.per_tensor(float(scale), 0))
    value = cases.constant(draw, dtype, shape, cases.without_zero_point(cases.quantization(draw)))
    if dtype == "float32":
        assert value.data is not None
        value.data = value.data / np.float32(3 * np.sqrt(shape[1]))
    return value


def _scaled(draw: Draw, a: Value, b: Value, most: int, least: int = -1) -> Quantization:
    """For what is made of products of ``a`` and ``b``: factors from 2**-most to 2**-least.

    Sums of int16 products reach 2**31; times 2 they leave int32, and there the engines differ.
    """
    assert a.quant is not None and b.quant is not None
    mantissa = draw.integer(2**23, 2**24 - 1) / 2**23
    scale = float(a.quant.scale[0]) * float(b.quant.scale[0]) * mantissa * 2.0 ** draw.integer(least, most)
    return Quantization.per_tensor(scale, draw.choice([0, -128, 127, draw.integer(-128, 127)]))


def _bias(draw: Draw, units: int, variable: Value, time: Value) -> Value | None:
    """None, or one; TFLite Micro compares its scale with the products'."""
    if draw.choice([False, False, False, True]):
        return None
    rng = cases.rng_of(draw)
    if variable.quant is None or time.quant is None:
        return Value("", "float32", (units,), rng.standard_normal(units).astype(np.float32))
    data = rng.integers(-(2**20), 2**20, units).astype(np.int32)
    step = float(np.float32(variable.quant.scale[0]) * np.float32(time.quant.scale[0]))
    return Value("", "int32", (units,), data, Quantization.per_tensor(step, 0))


OP = Declaration(case=case, shape=shape, reference=reference, data=(0,), attrs=ATTRS, macs=macs, matrices=MATRICES)
