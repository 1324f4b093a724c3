"""REDUCE_PROD: the product over the axes of operand 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import cases, reduction
from ..cases import Draw
from ..graph import Op, Quantization
from ..opdef import Declaration


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    with np.errstate(over="ignore"):
        return [np.asarray(x.prod(reduction.axes(op), keepdims=reduction.keeps(op), dtype=x.dtype))]


def case(draw: Draw, dtype: str) -> Op:
    op = reduction.instance(draw, "reduce_prod", dtype)
    shape, x = reduction.reduced_shape(op), op.operand(0)
    if x.quant is None:
        return cases.finished(op, shape, None)
    factors = x.size // int(np.prod(shape))
    bits = 8 if dtype == "int8" else 16
    least = max(
        math.ceil(bits - (30 - bits) / max(factors - 1, 1)), -6
    )  # no product leaves 32 bits, where LiteRT wraps
    exponent = factors * (float(np.log2(x.quant.scale[0])) + draw.integer(least, least + 4))
    scale = 2.0 ** min(max(exponent, -100.0), 100.0)
    return cases.finished(op, shape, Quantization.per_tensor(scale, draw.integer(-128, 127)))


OP = Declaration(
    case=case,
    shape=reduction.reduced_shape,
    reference=reference,
    data=(0,),
    attrs=reduction.ATTRS,
    limits="the axes are constant",
)
