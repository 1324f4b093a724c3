"""Operators with weights of one and two bits in numpy integers: unpacked bit by bit, then as the plain operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from oracle import reference_int8
from oracle.reference_int8 import Array

from arenite.graph import Op, Quantization, Value

ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6")


def weights(words: Array, bits: int, shape: tuple[int, ...]) -> Array:
    """As the text of docs/custom_operators.md says it."""
    count = int(np.prod(shape[1:]))
    rows = []
    for row in words:
        text = "".join(f"{int(word):032b}"[::-1] for word in row)
        fields = [text[k * bits : (k + 1) * bits] for k in range(count)]
        assert "1" not in text[count * bits :]
        rows.append([{"0": 1, "1": -1, "00": 0, "10": 1, "11": -1}[field] for field in fields])
    return np.array(rows, np.int8).reshape(shape)


def plain(op: Op, words: Array, scales: Array, shape: tuple[int, ...], attrs: dict[str, object]) -> tuple[Op, Array]:
    unpacked = weights(words, op.attrs["bits"], shape)
    quant = Quantization(scales, np.zeros(scales.size, np.int64))
    named = {**attrs, "fused_activation_function": ACTIVATIONS[op.attrs["activation"]]}
    return replace(op, inputs=[op.inputs[0], Value("w", "int8", shape, unpacked, quant)], attrs=named), unpacked


def conv_2d(op: Op, x: Array, words: Array, scales: Array, b: Array | None = None) -> Array:
    shape = (len(words), op.attrs["kernel_h"], op.attrs["kernel_w"], op.attrs["depth"])
    attrs = {**op.attrs, "padding": "SAME" if op.attrs["same_padding"] else "VALID"}
    bare, unpacked = plain(op, words, scales, shape, attrs)
    return reference_int8.conv_2d(bare, x, unpacked, b)


def fully_connected(op: Op, x: Array, words: Array, scales: Array, b: Array | None = None) -> Array:
    bare, unpacked = plain(op, words, scales, (len(words), op.attrs["depth"]), dict(op.attrs))
    return reference_int8.fully_connected(bare, x, unpacked, b)


OPERATORS: dict[str, Callable[..., Array]] = {
    "arenite_packed_conv_2d": conv_2d,
    "arenite_packed_fully_connected": fully_connected,
}
