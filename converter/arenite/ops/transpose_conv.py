"""TRANSPOSE_CONV: each input pixel adds its filter taps to the output; operand 0 (int32 [4]) states the output's shape.

Filter OHWI with O the outputs, input NHWI, bias [O]. The convolution with the same options maps the output's size to the
input's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..activation import clamp
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, attribute
from ..spatial import Window, image_size, window_of

ATTRS = {"padding": "SAME", "stride_w": 1, "stride_h": 1, "fused_activation_function": "NONE"}


def forward(op: Op) -> Window:
    """The convolution whose gradient this is: it slides over the output."""
    return window_of({**ATTRS, **op.attrs}, image_size(op.operand(1).shape))


def shape(op: Op) -> list[tuple[int, ...]]:
    stated, w, x = op.operand(0), op.operand(1).shape, op.operand(2).shape
    if stated.data is None or stated.shape != (4,):
        raise GraphError("the output shape of a transpose_conv must be a constant of four")
    result = tuple(int(n) for n in stated.data)
    size = forward(op).output_size(image_size(result))
    if len(w) != 4 or image_size(x) != size or (x[0], x[3], w[0]) != (result[0], w[3], result[3]):
        raise GraphError(f"input {list(x)} (NHWC) and filter {list(w)} (OHWI) do not make {list(result)}")
    return [result]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    w, x, bias = inputs[1], inputs[2], inputs[3] if len(inputs) > 3 else None
    assert w is not None and x is not None
    window, (_, height, width, _) = forward(op), op.output.shape
    (top, bottom), (left, right) = window.pads((height, width))
    (sh, sw), (rows, columns) = window.stride, x.shape[1:3]
    y = np.zeros((len(x), height + top + bottom, width + left + right, w.shape[0]), x.dtype)
    for i in range(window.kernel[0]):
        for j in range(window.kernel[1]):
            y[:, i : i + (rows - 1) * sh + 1 : sh, j : j + (columns - 1) * sw + 1 : sw] += x @ w[:, i, j].T
    y = y[:, top : top + height, left : left + width]
    return [clamp(y if bias is None else y + bias, attribute(op, "fused_activation_function"))]


def macs(op: Op) -> int:
    outputs, *taps = op.operand(1).shape[:3]
    return op.operand(2).size * outputs * taps[0] * taps[1]


def case(draw: Draw, dtype: str) -> Op:
    outputs, depth = cases.channels(draw), cases.channels(draw)
    kernel, stride = [draw.integer(1, 4) for _ in "hw"], [draw.integer(1, 3) for _ in "hw"]
    x = cases.tensor(draw, dtype, (draw.choice([1, 1, 2]), draw.integer(1, 6), draw.integer(1, 6), depth))
    padding = draw.choice(["SAME", "VALID"])
    spread = [
        (n - 1) * s + (1 if padding == "SAME" else k) for n, s, k in zip(x.shape[1:3], stride, kernel, strict=True)
    ]
    size = [n + draw.integer(0, s - 1) for n, s in zip(spread, stride, strict=True)]
    w = cases.constant(
        draw, cases.weight_dtype(dtype), (outputs, *kernel, depth), cases.channel_quantization(draw, outputs, 0)
    )
    attrs = {"padding": padding, "stride_h": stride[0], "stride_w": stride[1]}
    attrs["fused_activation_function"] = cases.activation(draw)
    stated = cases.integers([x.shape[0], *size, outputs])
    op = Op("transpose_conv", [stated, w, x, *cases.bias(draw, dtype, outputs)], [], attrs)
    return cases.finished(op, shape(op), cases.product_quantization(draw, x, w), dtype)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(2,),
    weight=(1, 0),
    bias=3,
    attrs=ATTRS,
    activation=True,
    macs=macs,
    half=(1, 3),
    scale_input=lambda op, factors: factors,
)
