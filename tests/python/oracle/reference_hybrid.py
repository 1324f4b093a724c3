"""Float activations with integer weights (TFLite's hybrid operators), written a second time, in numpy's float32 and int64.

The scale and the codes of an input are TFLite's AsymmetricQuantizeFloats and SymmetricQuantizeFloats; the order in which sums
meet the two scales differs from operator to operator.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from oracle.reference_int8 import windows

from arenite.activation import RANGES
from arenite.graph import Op, Quantization

Array = np.ndarray
F = np.float32


def nearest(x: Array) -> Array:
    """Halves away from zero; exact, because a float32 and a half fit a double."""
    wide = x.astype(np.float64)
    return np.trunc(wide + np.copysign(0.5, wide)).astype(np.int64)


def codes(x: Array, asymmetric: bool) -> tuple[Array, Array]:
    """(scale, codes less their zero point) of one row or image."""
    low, high = F(min(x.min(), 0)), F(max(x.max(), 0))
    if not asymmetric:
        size = max(-low, high)
        if size == 0:
            return F(1), np.zeros(x.shape, np.int64)
        return F(size / F(127)), np.clip(nearest(x * F(F(127) / size)), -127, 127)
    if low == high:
        return F(1), np.zeros(x.shape, np.int64)
    scale = F(F(high - low) / F(255))
    below, above = F(low / scale), F(high / scale)
    zero = F(-128) - below if F(128) - below < F(127) + above else F(127) - above
    zero_point = np.clip(nearest(np.asarray(zero)), -128, 127)
    steps = zero_point.astype(F) + x * F(F(1) / scale)
    return scale, np.clip(nearest(steps), -128, 127) - zero_point


def scales(op: Op, channels: int) -> Array:
    quant = op.operand(1).quant
    assert isinstance(quant, Quantization)
    return np.broadcast_to(quant.scale, channels).astype(F)


def finished(op: Op, sums: Array, b: Array | None) -> Array:
    low, high = RANGES[op.attrs["fused_activation_function"]]
    y = sums if b is None else sums + b
    return np.clip(y, -np.inf if low is None else low, np.inf if high is None else high).astype(F)


def fully_connected(op: Op, x: Array, w: Array, b: Array | None = None) -> Array:
    rows = x.reshape(-1, w.shape[1])
    result = np.empty((len(rows), len(w)), F)
    for i, row in enumerate(rows):
        scale, q = codes(row, op.attrs["asymmetric_quantize_inputs"])
        result[i] = (w.astype(np.int64) @ q).astype(F) * (scale * scales(op, len(w)))
    return finished(op, result, b).reshape(op.output.shape)


def conv_2d(op: Op, x: Array, w: Array, b: Array | None = None) -> Array:
    quant = op.operand(1).quant
    assert quant is not None
    per_channel, filters, depth = quant.is_per_channel, len(w), w.shape[3]
    per_group = filters // (x.shape[3] // depth)
    rows, columns = windows(op, w.shape[1:3], x.shape[1:3])
    result = np.empty((len(x), len(rows), len(columns), filters), F)
    for n, image in enumerate(x):
        scale, q = codes(image, per_channel)
        acc = np.zeros(result.shape[1:], np.int64)
        for (i, taps_y), (j, taps_x) in product(rows, columns):
            for (ty, y), (tx, xx) in product(taps_y, taps_x):
                for g in range(x.shape[3] // depth):
                    outs = slice(g * per_group, (g + 1) * per_group)
                    acc[i, j, outs] += w[outs, ty, tx].astype(np.int64) @ q[y, xx, g * depth : (g + 1) * depth]
        sums, of_channel = acc.astype(F), scales(op, filters)
        result[n] = sums * of_channel * scale if per_channel else sums * (of_channel * scale)
    return finished(op, result, b)


def depthwise_conv_2d(op: Op, x: Array, w: Array, b: Array | None = None) -> Array:
    outputs = w.shape[3]
    rows, columns = windows(op, w.shape[1:3], x.shape[1:3])
    result = np.empty((len(x), len(rows), len(columns), outputs), F)
    for n, image in enumerate(x):
        scale, q = codes(image, True)
        q = np.repeat(q, outputs // x.shape[3], axis=2)
        acc = np.zeros(result.shape[1:], np.int64)
        for (i, taps_y), (j, taps_x) in product(rows, columns):
            for (ty, y), (tx, xx) in product(taps_y, taps_x):
                acc[i, j] += q[y, xx] * w[0, ty, tx].astype(np.int64)
        result[n] = acc.astype(F) * (scales(op, outputs) * scale)
    return finished(op, result, b)


def batch_matmul(op: Op, x: Array, w: Array) -> Array:
    left = x.swapaxes(-1, -2) if op.attrs["adj_x"] else x
    right = w.swapaxes(-1, -2) if op.attrs["adj_y"] else w
    result = np.empty(op.output.shape, F)
    batches = result.shape[:-2]
    left, right = (np.broadcast_to(side, (*batches, *side.shape[-2:])) for side in (left, right))
    for place in np.ndindex(*batches):
        for i, row in enumerate(left[place]):
            scale, q = codes(row, op.attrs["asymmetric_quantize_inputs"])
            sums = (q @ right[place].astype(np.int64)).astype(F)
            result[place][i] = sums * (scale * scales(op, len(sums)))
    return result


OPERATORS: dict[str, Callable[..., list[Array]]] = {
    "batch_matmul": lambda *operands: [batch_matmul(*operands)],
    "conv_2d": lambda *operands: [conv_2d(*operands)],
    "depthwise_conv_2d": lambda *operands: [depthwise_conv_2d(*operands)],
    "fully_connected": lambda *operands: [fully_connected(*operands)],
}
