"""Functions without an operator of their own, exactly as others express them.

In int8 and 16x8 models such a chain becomes one look-up again (``passes/tabulate.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ...graph import Value
from ..program import Node
from .lowering import Lowering
from .movement import transposed
from .registry import lowers

#: Keras's and TensorFlow's SELU.
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
#: Abramowitz and Stegun 7.1.26: erf is within 1.5e-7 of 1 − (a₁t + … + a₅t⁵)·exp(−x²), t = 1 / (1 + p·x), for x ≥ 0.
ERF_P = 0.3275911
ERF_A = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


class _Expression:
    """Emits element-wise operators at the place of ``node``; numbers become constants."""

    def __init__(self, lowering: Lowering, node: Node) -> None:
        self._lowering, self._node = lowering, node
        self.x = lowering.value(node.inputs[0])

    def __call__(self, name: str, *operands: Value | float) -> Value:
        values = [v if isinstance(v, Value) else self._number(v) for v in operands]
        attrs = {"fused_activation_function": "NONE"} if name in ("add", "sub", "mul", "div") else None
        return self._lowering.emit(name, values, self.x.shape, self._node.origin, attrs)

    def _number(self, value: float) -> Value:
        name = f"{self._node.origin.layer or 'constant'}/number"
        return self._lowering.new_constant(name, np.array(value, np.float32))


def _lowers(op_type: str) -> Callable[[Callable[[_Expression], Value]], None]:
    """Register an expression of one operand for an operation."""

    def register(expression: Callable[[_Expression], Value]) -> None:
        @lowers(op_type)
        def lower(lowering: Lowering, node: Node) -> None:
            lowering.bind(node.outputs[0], expression(_Expression(lowering, node)))

    return register


@_lowers("Softplus")
def softplus(e: _Expression) -> Value:
    """max(x, 0) + log(1 + exp(−|x|)), which cannot overflow."""
    small = e("exp", e("mul", e("abs", e.x), -1.0))
    return e("add", e("relu", e.x), e("log", e("add", small, 1.0)))


@_lowers("Softsign")
def softsign(e: _Expression) -> Value:
    """x / (1 + |x|)."""
    return e("div", e.x, e("add", e("abs", e.x), 1.0))


@_lowers("Selu")
def selu(e: _Expression) -> Value:
    """s · max(x, 0) + s · α · elu(min(x, 0))."""
    positive = e("mul", e("relu", e.x), SELU_SCALE)
    negative = e("elu", e("minimum", e.x, 0.0))
    return e("add", positive, e("mul", negative, SELU_SCALE * SELU_ALPHA))


@_lowers("Expm1")
def expm1(e: _Expression) -> Value:
    """exp(x) − 1."""
    return e("add", e("exp", e.x), -1.0)


@_lowers("Log1p")
def log1p(e: _Expression) -> Value:
    """log(x + 1)."""
    return e("log", e("add", e.x, 1.0))


@_lowers("Reciprocal")
def reciprocal(e: _Expression) -> Value:
    """1 / x."""
    return e("div", 1.0, e.x)


@_lowers("Erf")
def erf(e: _Expression) -> Value:
    """sign(x) · (1 − polynomial(t) · exp(−x²)), t = 1 / (1 + p·|x|)."""
    return e("mul", e("sign", e.x), _erf_of_magnitude(e))


@_lowers("Erfc")
def erfc(e: _Expression) -> Value:
    """1 − erf(x)."""
    negative = e("mul", e("mul", e("sign", e.x), _erf_of_magnitude(e)), -1.0)
    return e("add", negative, 1.0)


def _erf_of_magnitude(e: _Expression) -> Value:
    t = e("div", 1.0, e("add", e("mul", e("abs", e.x), ERF_P), 1.0))
    polynomial = e("mul", t, ERF_A[-1])
    for coefficient in ERF_A[-2::-1]:
        polynomial = e("mul", e("add", polynomial, coefficient), t)
    bell = e("exp", e("mul", e("mul", e.x, e.x), -1.0))
    return e("add", e("mul", e("mul", polynomial, bell), -1.0), 1.0)


@lowers("Bucketize")
def bucketize(lowering: Lowering, node: Node) -> None:
    """How many boundaries each element reaches: GREATER_EQUAL over a new axis, CAST, SUM."""
    x, boundaries = lowering.value(node.inputs[0]), np.array(node.attrs["boundaries"], np.float32)
    column = lowering.reshape(x, (*x.shape, 1), node.origin)
    limits = lowering.new_constant(f"{node.origin.layer or 'bucketize'}/boundaries", boundaries)
    shape = (*x.shape, boundaries.size)
    reached = lowering.emit("greater_equal", [column, limits], shape, node.origin, dtype="bool")
    attrs = {"in_data_type": "BOOL", "out_data_type": "INT32"}
    counts = lowering.emit("cast", [reached], shape, node.origin, attrs, "int32")
    axes = lowering.integers("axes", [len(x.shape)], node.origin)
    lowering.bind(node.outputs[0], lowering.emit("sum", [counts, axes], x.shape, node.origin, {"keep_dims": False}))


@lowers("Roll")
def roll(lowering: Lowering, node: Node) -> None:
    """For each axis CONCATENATION of its end and its beginning."""
    value = lowering.value(node.inputs[0])
    shifts = np.atleast_1d(lowering.data(node.inputs[1], "shift"))
    axes = np.atleast_1d(lowering.data(node.inputs[2], "axes"))
    for shift, axis in zip(shifts, axes, strict=True):
        axis, size = int(axis) % len(value.shape), value.shape[int(axis)]
        if border := -int(shift) % size:
            parts = [_part(lowering, node, value, axis, slice(*ends)) for ends in ((border, size), (0, border))]
            attrs = {"axis": axis, "fused_activation_function": "NONE"}
            value = lowering.emit("concatenation", parts, value.shape, node.origin, attrs)
    lowering.bind(node.outputs[0], value)


def _part(lowering: Lowering, node: Node, value: Value, axis: int, part: slice) -> Value:
    begin = [part.start if i == axis else 0 for i in range(len(value.shape))]
    size = [part.stop - part.start if i == axis else n for i, n in enumerate(value.shape)]
    operands = [lowering.integers(what, data, node.origin) for what, data in (("begin", begin), ("size", size))]
    return lowering.emit("slice", [value, *operands], size, node.origin)


@lowers("SoftmaxOver")
def softmax_over(lowering: Lowering, node: Node) -> None:
    """SOFTMAX over several axes: brought to the end, joined, and back. ``axes`` is made by an idiom."""
    value, axes = lowering.value(node.inputs[0]), node.attrs["axes"]
    order = [axis for axis in range(len(value.shape)) if axis not in axes] + axes
    moved = transposed(lowering, value, order, node.origin)
    joined = math.prod(moved.shape[len(order) - len(axes) :])
    rows = lowering.reshape(moved, (moved.size // joined, joined), node.origin)
    result = lowering.emit("softmax", [rows], rows.shape, node.origin, {"beta": 1.0})
    result = lowering.reshape(result, moved.shape, node.origin)
    back = [order.index(axis) for axis in range(len(order))]
    lowering.bind(node.outputs[0], transposed(lowering, result, back, node.origin))
