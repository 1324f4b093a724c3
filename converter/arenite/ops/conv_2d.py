"""CONV_2D: y[n,h,w,o] = sum over kh, kw, i of x · w + b[o]. Input NHWC, filter OHWI with I = C / groups, bias [O]."""

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
from ..products import Products, patches
from ..spatial import Window, image_size, window_of

ATTRS = {
    "padding": "SAME",
    "stride_w": 1,
    "stride_h": 1,
    "fused_activation_function": "NONE",
    "dilation_w_factor": 1,
    "dilation_h_factor": 1,
}


def window(op: Op) -> Window:
    return window_of({**ATTRS, **op.attrs}, image_size(op.operand(1).shape))


def shape(op: Op) -> list[tuple[int, ...]]:
    x, w = op.operand(0).shape, op.operand(1).shape
    size = image_size(x)
    if len(w) != 4 or w[3] < 1 or x[3] % w[3] or w[0] % (x[3] // w[3]):
        raise GraphError(f"filter {list(w)} (OHWI) does not fit input {list(x)} (NHWC)")
    return [(x[0], *window(op).output_size(size), w[0])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, w, bias = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None
    assert x is not None and w is not None
    patches = window(op).patches(x)
    groups = x.shape[3] // w.shape[3]
    parts = [
        _matmul(part, filters)
        for part, filters in zip(np.split(patches, groups, axis=-1), np.split(w, groups, axis=0), strict=True)
    ]
    y = parts[0] if groups == 1 else np.concatenate(parts, axis=-1)
    if bias is not None:
        y += bias
    return [clamp(y, attribute(op, "fused_activation_function"))]


def _matmul(patches: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """[N, OH, OW, KH, KW, I] x [O, KH, KW, I] → [N, OH, OW, O]."""
    rows = patches.reshape(-1, filters[0].size)
    product: np.ndarray = rows @ filters.reshape(len(filters), -1).T
    return product.reshape(*patches.shape[:3], len(filters))


def columns(op: Op, x: np.ndarray, places: np.ndarray) -> np.ndarray:
    pixels, depth = patches(window(op), x, places), op.operand(1).shape[3]
    groups = np.split(pixels, x.shape[3] // depth, axis=-1)
    return np.stack([group.reshape(len(places), -1) for group in groups])


def filters(op: Op, w: np.ndarray) -> np.ndarray:
    groups = op.operand(0).shape[3] // w.shape[3]
    return w.reshape(groups, len(w) // groups, -1)


def macs(op: Op) -> int:
    return op.output.size * op.operand(1).size // op.operand(1).shape[0]


def scale_input(op: Op, factors: np.ndarray) -> np.ndarray:
    """Factors [O, 1, 1, I]: output channel o of a grouped filter sees the input channels of its group only."""
    outputs, _, _, depth = op.operand(1).shape
    groups = factors.size // depth
    return np.repeat(factors.reshape(groups, depth), outputs // groups, axis=0)[:, None, None, :]


def case(draw: Draw, dtype: str) -> Op:
    groups, depth = draw.choice([1, 1, 1, 2, 3]), cases.channels(draw)
    x = cases.tensor(draw, cases.data_dtype(dtype), cases.image(draw, groups * depth))
    kernel, outputs = (draw.integer(1, 4), draw.integer(1, 4)), groups * cases.channels(draw)
    w = cases.weights(draw, dtype, (outputs, *kernel, depth), cases.channel_quantization(draw, outputs, 0))
    attrs = cases.sliding(draw, image_size(x.shape), kernel, dilated=True)
    bias_dtype = draw.choice(["int16"] * 3 + ["int8"]) if dtype == "int16" else x.dtype  # int64, or int32
    op = Op("conv_2d", [x, w, *cases.bias(draw, bias_dtype, outputs)], [], attrs)
    return cases.finished(op, shape(op), cases.product_quantization(draw, x, w))


def packed_form(op: Op) -> tuple[str, dict[str, Any]]:
    _, height, width, depth = op.operand(1).shape
    own = {name: attribute(op, name) for name in ATTRS if name.startswith(("stride", "dilation"))}
    same = attribute(op, "padding") == "SAME"
    return "arenite_packed_conv_2d", {
        "kernel_h": height,
        "kernel_w": width,
        "depth": depth,
        "same_padding": same,
        **own,
    }


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0,),
    weight=(1, 0),
    bias=2,
    attrs=ATTRS,
    activation=True,
    macs=macs,
    half=(1, 2),
    packed_form=packed_form,
    window=window,
    zero_padded=True,
    scale_input=scale_input,
    products=Products(columns, filters),
    limits="weights have zero point 0",
)
