"""FULLY_CONNECTED: y = x · wᵀ + b over the last axis. Weights [out, in], bias [out]; the input is flattened to [·, in]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import cases
from ..activation import clamp
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, attribute
from ..products import Products

ATTRS = {
    "fused_activation_function": "NONE",
    "weights_format": "DEFAULT",
    "keep_num_dims": False,
    "asymmetric_quantize_inputs": False,
}


def shape(op: Op) -> list[tuple[int, ...]]:
    x, w = op.operand(0).shape, op.operand(1).shape
    if len(w) != 2 or not x or w[1] < 1 or op.operand(0).size % w[1]:
        raise GraphError(f"weights {list(w)} ([out, in]) do not fit input {list(x)}")
    if attribute(op, "keep_num_dims"):
        if x[-1] != w[1]:
            raise GraphError(f"weights {list(w)} ([out, in]) need {w[1]} as the last dimension of input {list(x)}")
        return [(*x[:-1], w[0])]
    return [(op.operand(0).size // w[1], w[0])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, w, bias = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None
    assert x is not None and w is not None
    y = x.reshape(-1, w.shape[1]) @ w.T
    if bias is not None:
        y += bias
    if attribute(op, "keep_num_dims"):
        y = y.reshape(*x.shape[:-1], w.shape[0])
    return [clamp(y, attribute(op, "fused_activation_function"))]


def macs(op: Op) -> int:
    return op.output.size * op.operand(1).shape[1]


def case(draw: Draw, dtype: str) -> Op:
    depth = draw.choice([1, 7, 16, 33, 130])
    outputs = draw.choice([cases.channels(draw), 32, 33, 70])  # the kernel works in slices of 32
    x = cases.tensor(draw, cases.data_dtype(dtype), (*cases.shape(draw, (1, 2), 5), depth))
    per_channel = draw.choice([False, True])
    quant = cases.channel_quantization(draw, outputs, 0) if per_channel else cases.weight_quantization(draw, dtype)
    if x.dtype != "int8":  # no zero points at all
        quant = cases.without_zero_point(quant)
    w = cases.weights(draw, dtype, (outputs, depth), quant)
    keep = draw.choice([False, True])
    attrs = {"keep_num_dims": keep, "fused_activation_function": cases.activation(draw)}
    if cases.is_hybrid(dtype):
        attrs["asymmetric_quantize_inputs"] = draw.choice([False, True])
    op = Op("fully_connected", [x, w, *cases.bias(draw, x.dtype, outputs)], [], attrs)
    return cases.finished(op, shape(op), cases.product_quantization(draw, x, w))


def packed_form(op: Op) -> tuple[str, dict[str, Any]]:
    attrs = {"depth": op.operand(1).shape[1], "keep_num_dims": attribute(op, "keep_num_dims")}
    return "arenite_packed_fully_connected", attrs


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0,),
    weight=(1, 0),
    bias=2,
    attrs=ATTRS,
    activation=True,
    flattens=True,
    macs=macs,
    half=(1, 2),
    packed_form=packed_form,
    products=Products(lambda op, x, places: x.reshape(-1, op.operand(1).shape[1])[places][None], lambda op, w: w[None]),
    scale_input=lambda op, factors: np.tile(factors, op.operand(1).shape[1] // factors.size),
)
