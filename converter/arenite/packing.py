"""Weights of one or two bits, as the operators ``ARENITE_PACKED_…`` have them: rows of 32-bit words beside scales.

A row holds the weights of one output, in the order of the plain operator's filter, the first in the lowest bits. Binary, one
bit: 0 is 1, 1 is −1. Ternary, two bits in two's complement: −1, 0, 1; −2 is refused. Bits behind a row's last weight are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .activation import RANGES
from .cases import Draw, activation, bias, product_quantization, rng_of, tensor
from .graph import Op, Quantization, Value
from .opdef import Declaration, attribute, declaration

#: What weights are called → bits of one.
BITS = {"binary": 1, "ternary": 2}
#: Operands of the packed operators; those of the plain one are the data, the filter and the bias.
WORDS, SCALES, BIAS = 1, 2, 3
#: Attributes that all packed operators have.
ATTRS: dict[str, Any] = {"bits": 2, "depth": 0, "activation": 0}
_ACTIVATIONS = list(RANGES)  # in the order of TFLite's numbers


def pack(steps: np.ndarray, bits: int) -> np.ndarray:
    """uint32 [rows, words] of ``steps`` [rows, weights]: −1, 1 and, in two bits, 0."""
    rows, depth = steps.shape
    in_word = 32 // bits
    fields = np.zeros((rows, -(-depth // in_word) * in_word), np.uint32)
    fields[:, :depth] = (steps < 0) if bits == 1 else steps.astype(np.int64) & 3
    shifted = fields.reshape(rows, -1, in_word) << (bits * np.arange(in_word, dtype=np.uint32))
    words: np.ndarray = np.bitwise_or.reduce(shifted, axis=2).astype(np.uint32)
    return words


def unpack(words: np.ndarray, bits: int, depth: int) -> np.ndarray:
    """int8 [rows, depth]; the inverse of :func:`pack`."""
    shifted = words[:, :, None] >> (bits * np.arange(32 // bits, dtype=np.uint32))
    fields = (shifted & ((1 << bits) - 1)).reshape(len(words), -1)[:, :depth].astype(np.int8)
    steps: np.ndarray = 1 - 2 * fields if bits == 1 else (fields ^ 2) - 2
    return steps.astype(np.int8)


def packed(op: Op, dtype: str) -> Op:
    """The packed operator that computes what ``op`` does with int8 weights −1, 1 and, in ternary, 0.

    dtype  "binary" or "ternary". The results are the same Values; the operands' names are those of ``op``.
    """
    form = declaration(op.name).packed_form
    assert form is not None
    name, attrs = form(op)
    weight, data = op.operand(1), op.operand(1).data
    assert data is not None and weight.quant is not None
    words = pack(data.reshape(len(data), -1), BITS[dtype])
    scales = weight.quant.scale
    operands = [
        op.inputs[0],
        Value(weight.name, "uint32", words.shape, words),
        Value(f"{weight.name}/scales", "float32", scales.shape, scales),
        *op.inputs[2:3],
    ]
    given = {"bits": BITS[dtype], **attrs, "activation": _ACTIVATIONS.index(attribute(op, "fused_activation_function"))}
    return Op(name, operands, op.outputs, given, op.origin)


def plain(op: Op, name: str, shape: Sequence[int], attrs: dict[str, Any]) -> Op:
    """The operator ``name`` with int8 weights of ``shape`` that computes what the packed ``op`` does."""
    words, scales = op.operand(WORDS), op.operand(SCALES)
    assert words.data is not None and scales.data is not None
    steps = unpack(words.data, attribute(op, "bits"), attribute(op, "depth") * int(np.prod(shape[1:-1], dtype=int)))
    quant = Quantization(scales.data, np.zeros(scales.size, np.int64))
    filters = Value(words.name, "int8", tuple(shape), steps.reshape(shape), quant)
    given = {**attrs, "fused_activation_function": _ACTIVATIONS[attribute(op, "activation")]}
    return Op(name, [op.inputs[0], filters, *op.inputs[BIAS:]], op.outputs, given, op.origin)


def packed_declaration(
    plain_of: Callable[[Op], Op], attrs: dict[str, Any], case: Callable[[Draw, str], Op]
) -> Declaration:
    """What a packed operator says: what the plain one does. ``plain_of``: (op) → that one, with int8 weights."""

    def shape(op: Op) -> list[tuple[int, ...]]:
        bare = plain_of(op)
        return declaration(bare.name).shape(bare)

    def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
        bare, x = plain_of(op), inputs[0]
        filters, quant = bare.operand(1), op.operand(0).quant
        assert filters.data is not None and filters.quant is not None
        scales = filters.quant.scale
        weights = filters.data * scales.reshape(-1, *(1,) * (filters.data.ndim - 1))
        codes = inputs[BIAS] if len(inputs) > BIAS else None
        step = 1.0 if quant is None else float(quant.scale[0])
        real = None if codes is None else (codes * (step * scales.astype(np.float64))).astype(np.float32)
        return declaration(bare.name).reference(bare, [x, weights, real])

    def macs(op: Op) -> int:
        bare = plain_of(op)
        return declaration(bare.name).macs(bare)

    return Declaration(
        shape=shape,
        reference=reference,
        data=(0,),
        attrs={**ATTRS, **attrs},
        defaults_absent=True,
        macs=macs,
        case=case,
        limits="words and scales are constants",
    )


def drawn(draw: Draw, name: str, data_shape: Sequence[int], shape: Sequence[int], attrs: dict[str, Any]) -> Op:
    """An instance of the plain operator ``name`` with weights −1, 0, 1, packed; results are not yet known."""
    x = tensor(draw, "int8", data_shape)
    dtype, rng = draw.choice(list(BITS)), rng_of(draw)
    steps = rng.choice(np.array([-1, 1] if dtype == "binary" else [-1, 0, 1], np.int8), tuple(shape))
    scales = rng.uniform(2**-6, 2**-2, draw.choice([1, shape[0]])).astype(np.float32)
    weights = Value("", "int8", tuple(shape), steps, Quantization(scales, np.zeros(scales.size, np.int64)))
    given = {**attrs, "fused_activation_function": activation(draw)}
    op = Op(name, [x, weights, *bias(draw, "int8", shape[0])], [], given)
    (result,) = declaration(name).shape(op)
    op.outputs = [Value("", "int8", result, None, product_quantization(draw, x, weights))]
    return packed(op, dtype)
