"""Declarations of element-wise operators from a numpy function: what most files in ``ops/`` of that kind are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from . import cases
from .cases import Draw
from .errors import GraphError
from .graph import Op, Quantization, Value
from .opdef import Declaration, QuantRule

Unary = Callable[[np.ndarray], np.ndarray]
Binary = Callable[[np.ndarray, np.ndarray], np.ndarray]
#: (draw, operands) → quantization of an int8 result.
ResultQuantization = Callable[[Draw, list[Value]], Quantization | None]


def broadcast_shape(op: Op) -> list[tuple[int, ...]]:
    """Numpy's broadcasting of operands 0 and 1."""
    a, b = op.operand(0).shape, op.operand(1).shape
    try:
        return [np.broadcast_shapes(a, b)]
    except ValueError:
        raise GraphError(f"shapes {list(a)} and {list(b)} do not broadcast") from None


def near_first(draw: Draw, operands: list[Value]) -> Quantization | None:
    """In the range of operand 0."""
    return cases.near_quantization(draw, operands[0])


def of_first(draw: Draw, operands: list[Value]) -> Quantization | None:
    """That of operand 0."""
    return operands[0].quant


def quietly(function: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """``function`` without warnings: NaN and infinity are results as others."""

    def quiet(*operands: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return function(*operands)

    return quiet


def any_range(draw: Draw, dtype: str) -> Quantization:
    return cases.quantization(draw)


def in_reach(draw: Draw, dtype: str) -> Quantization:
    """For an operand of exp or log: real values up to 16."""
    step = 2.0 ** (-32 if dtype == "int16" else -24)
    return Quantization.per_tensor(draw.integer(1, 2**20) * step, draw.choice([0, -128, 127, draw.integer(-128, 127)]))


def unary(
    name: str,
    function: Unary,
    result: ResultQuantization = near_first,
    operand: Callable[[Draw, str], Quantization] = any_range,
    **traits: Any,
) -> Declaration:
    """One operand, a result of its shape and type. ``traits`` are further fields of the declaration.

    function  float32 → float32; a declared ``fixed`` quantization is the result's in the generated cases.
    operand   (draw, dtype) → quantization of a coded operand in the generated cases.
    """
    fixed = traits.get("fixed")

    def case(draw: Draw, dtype: str) -> Op:
        x = cases.tensor(draw, dtype, cases.shape(draw), operand(draw, dtype))
        quant = cases.fixed(fixed, dtype) if fixed else result(draw, [x])
        return cases.finished(Op(name, [x], []), [x.shape], quant)

    if fixed:
        traits["quant"] = QuantRule.FIXED
    return Declaration(
        **{
            "shape": lambda op: [op.operand(0).shape],
            "reference": lambda op, inputs: [function(*inputs)],
            "case": case,
            "elementwise": True,
            **traits,
        }
    )


def binary(
    name: str, function: Binary, result: ResultQuantization = near_first, one_grid: bool = False, **traits: Any
) -> Declaration:
    """Two operands with numpy's broadcasting, a result of their type. ``one_grid``: int8 operands share their scale."""

    def case(draw: Draw, dtype: str) -> Op:
        shape_a, shape_b = cases.broadcast_pair(draw)
        a = cases.tensor(draw, dtype, shape_a)
        b = cases.tensor(draw, dtype, shape_b, a.quant if one_grid else None)
        op = Op(name, [a, b], [])
        return cases.finished(op, broadcast_shape(op), result(draw, [a, b]))

    return Declaration(
        **{
            "shape": broadcast_shape,
            "reference": lambda op, inputs: [function(*inputs)],
            "case": case,
            "elementwise": True,
            **traits,
        }
    )


def division(name: str) -> Callable[[Draw, str], Op]:
    """The cases of operators that divide numbers as they are stored: integer divisors are constant and not 0."""

    def case(draw: Draw, dtype: str) -> Op:
        shape_a, shape_b = cases.broadcast_pair(draw)
        a, b = cases.tensor(draw, dtype, shape_a), cases.tensor(draw, dtype, shape_b)
        if dtype != "float32":
            divisors = cases.values(cases.rng_of(draw), dtype, shape_b)
            b.data = np.where(divisors == 0, 1, divisors).astype(dtype)
        op = Op(name, [replace(v, quant=None) for v in (a, b)], [])
        return cases.finished(op, broadcast_shape(op), None)

    return case


def comparison(name: str, function: Binary, **traits: Any) -> Declaration:
    """Two operands with numpy's broadcasting, a result of bool. Scales stay below 1: from there on TFLite Micro aborts."""

    def case(draw: Draw, dtype: str) -> Op:
        grids = [cases.quantization(draw) for _ in range(2)]
        below_one = [Quantization(np.minimum(g.scale, np.float32(0.99)), g.zero_point) for g in grids]
        shapes = cases.broadcast_pair(draw)
        if dtype == "int16" and draw.choice([False, True, True]):
            below_one[1] = below_one[0]
        operands = [cases.tensor(draw, dtype, s, g) for s, g in zip(shapes, below_one, strict=True)]
        op = Op(name, [*operands], [])
        return cases.finished(op, broadcast_shape(op), None, "bool")

    return binary(name, function, case=case, **traits)
