"""The integer arithmetic of transpose_conv and batch_matmul, written a second time in numpy integers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from oracle.reference_int8 import Array, centred, clipped, quantize_multiplier, rescale, rescale_wide, scale_of, zero_of

from arenite.graph import Op


def transpose_conv(op: Op, _: Array, w: Array, x: Array, b: Array | None = None) -> Array:
    """Scattered as TFLite does: every input pixel adds to the outputs that its taps reach."""
    kernel, size = w.shape[1:3], op.output.shape[1:3]
    strides = (op.attrs["stride_h"], op.attrs["stride_w"])
    before = [0, 0]
    if op.attrs["padding"] == "SAME":
        before = [
            max((math.ceil(n / s) - 1) * s + k - n, 0) // 2 for n, s, k in zip(size, strides, kernel, strict=True)
        ]
    data, acc = centred(x, op.operand(2)), np.zeros(op.output.shape, np.int64)
    for iy, ix, ky, kx in np.ndindex(*x.shape[1:3], *kernel):
        y, xx = iy * strides[0] - before[0] + ky, ix * strides[1] - before[1] + kx
        if 0 <= y < size[0] and 0 <= xx < size[1]:
            acc[:, y, xx] += data[:, iy, ix] @ w[:, ky, kx].astype(np.int64).T
    if b is not None:
        acc += b
    channels = [_scaled(op, 2, acc[..., c], c) for c in range(acc.shape[-1])]
    return clipped(np.stack(channels, -1), op.output, op.attrs["fused_activation_function"])


def batch_matmul(op: Op, x: Array, y: Array) -> Array:
    left, right = centred(x, op.operand(0)), centred(y, op.operand(1))
    left = left.swapaxes(-1, -2) if op.attrs["adj_x"] else left
    right = right.swapaxes(-1, -2) if op.attrs["adj_y"] else right
    return clipped(_scaled(op, 0, np.asarray(left @ right), 0), op.output)


def _scaled(op: Op, data: int, acc: Array, channel: int) -> Array:
    """The sums in the output's codes, not yet clamped; operand 1 may have a scale per channel."""
    quant = op.operand(1).quant
    assert quant is not None
    scale = scale_of(op.operand(1), channel if quant.is_per_channel else 0)
    ratio = scale_of(op.operand(data)) * scale / scale_of(op.output)
    scaled = rescale_wide if op.output.dtype == "int16" else rescale
    return np.asarray(scaled(acc, quantize_multiplier(ratio)) + zero_of(op.output))


OPERATORS: dict[str, Callable[..., Array]] = {"batch_matmul": batch_matmul, "transpose_conv": transpose_conv}
