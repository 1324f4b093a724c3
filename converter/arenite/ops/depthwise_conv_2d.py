"""DEPTHWISE_CONV_2D: each input channel c gives ``depth_multiplier`` M outputs c·M … c·M+M−1. Filter [1, KH, KW, C·M]."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import cases
from ..activation import clamp
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, Role, attribute
from ..products import Products, patches
from ..spatial import Pair, Window, image_size, window_of

ATTRS = {
    "padding": "SAME",
    "stride_w": 1,
    "stride_h": 1,
    "depth_multiplier": 1,
    "fused_activation_function": "NONE",
    "dilation_w_factor": 1,
    "dilation_h_factor": 1,
}


def window(op: Op) -> Window:
    return window_of({**ATTRS, **op.attrs}, image_size(op.operand(1).shape))


def shape(op: Op) -> list[tuple[int, ...]]:
    x, w = op.operand(0).shape, op.operand(1).shape
    size = image_size(x)
    if len(w) != 4 or w[0] != 1 or w[3] != x[3] * attribute(op, "depth_multiplier"):
        raise GraphError(
            f"filter {list(w)} (1HWC) does not fit input {list(x)} with depth_multiplier {attribute(op, 'depth_multiplier')}"
        )
    return [(x[0], *window(op).output_size(size), w[3])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, w, bias = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None
    assert x is not None and w is not None
    if (multiplier := w.shape[3] // x.shape[3]) > 1:
        x = np.repeat(x, multiplier, axis=3)
    y = _sum_of_products(window(op).taps(x, 0), w[0])
    if bias is not None:
        y += bias
    return [clamp(y, attribute(op, "fused_activation_function"))]


def _sum_of_products(taps: Iterable[tuple[Pair, np.ndarray]], w: np.ndarray) -> np.ndarray:
    """Σ pixels · w[tap], of filters [KH, KW, C]: row by row, since products of long vectors take less time."""
    y, product = None, None
    for tap, pixels in taps:
        n, height, width, channels = pixels.shape
        product = np.multiply(pixels.reshape(n, height, -1), np.tile(w[tap], width), out=product)
        if y is None:
            y, product = product, np.empty_like(product)
        else:
            y += product
    assert y is not None
    result: np.ndarray = y.reshape(n, height, width, channels)
    return result


def columns(op: Op, x: np.ndarray, places: np.ndarray) -> np.ndarray:
    pixels = patches(window(op), x, places)
    return np.moveaxis(pixels.reshape(len(places), -1, x.shape[3]), 2, 0)


def filters(op: Op, w: np.ndarray) -> np.ndarray:
    channels = op.operand(0).shape[3]
    return w.reshape(-1, channels, w.shape[3] // channels).transpose(1, 2, 0)


def scale_input(op: Op, factors: np.ndarray) -> np.ndarray:
    return np.repeat(factors, op.operand(1).shape[3] // factors.size)


def macs(op: Op) -> int:
    return op.output.size * op.operand(1).shape[1] * op.operand(1).shape[2]


def affine_form(scale: np.ndarray, shift: np.ndarray) -> tuple[list[np.ndarray], dict[str, Any]]:
    """One tap per channel: weights [1, 1, 1, C], bias [C]."""
    return [scale.reshape(1, 1, 1, -1), shift], {**ATTRS, "padding": "VALID"}


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, cases.data_dtype(dtype), cases.image(draw, cases.channels(draw)))
    kernel, multiplier = (draw.integer(1, 5), draw.integer(1, 5)), draw.choice([1, 1, 2, 3])
    outputs = x.shape[3] * multiplier
    w = cases.weights(draw, dtype, (1, *kernel, outputs), cases.channel_quantization(draw, outputs, 3))
    attrs = cases.sliding(draw, image_size(x.shape), kernel, dilated=True) | {"depth_multiplier": multiplier}
    op = Op("depthwise_conv_2d", [x, w, *cases.bias(draw, x.dtype, outputs)], [], attrs)
    return cases.finished(op, shape(op), cases.product_quantization(draw, x, w))


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0,),
    weight=(1, 3),
    bias=2,
    attrs=ATTRS,
    activation=True,
    macs=macs,
    half=(1, 2),
    window=window,
    zero_padded=True,
    scale_input=scale_input,
    products=Products(columns, filters),
    role=Role.CHANNEL_AFFINE,
    affine_form=affine_form,
    limits="weights have zero point 0",
)
