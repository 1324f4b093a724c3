"""Declarations of operators that reduce over the axes of operand 1 (int32, constant; negative: from the end)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .cases import Draw, finished, integers, shape, tensor
from .elementwise import ResultQuantization
from .errors import GraphError
from .graph import Op
from .opdef import Declaration

#: ``keep_dims`` leaves the reduced axes with size 1.
ATTRS = {"keep_dims": False}
#: arg_max and arg_min: the type of the result, INT32 or INT64.
INDEX_ATTRS = {"output_type": "INT32"}


def axes(op: Op) -> tuple[int, ...]:
    """The reduced axes, each once, in [0, rank)."""
    rank, operand = len(op.operand(0).shape), op.operand(1)
    if operand.data is None:
        raise GraphError(f"the axes of a {op.name} must be a constant")
    indices = [int(axis) for axis in operand.data.ravel()]
    if any(not -rank <= axis < rank for axis in indices):
        raise GraphError(f"axes {indices} are not among the {rank} dimensions of {list(op.operand(0).shape)}")
    return tuple(sorted({axis % rank for axis in indices}))


def keeps(op: Op) -> bool:
    """Whether reduced axes stay with size 1."""
    return bool(op.attrs.get("keep_dims", ATTRS["keep_dims"]))


def reduced_shape(op: Op) -> list[tuple[int, ...]]:
    """The shape rule."""
    gone = axes(op)
    dims = ((i, 1 if i in gone else n) for i, n in enumerate(op.operand(0).shape))
    return [tuple(n for i, n in dims if keeps(op) or i not in gone)]


def keeps_channels(op: Op) -> bool:
    """Whether the last axis is not reduced."""
    return len(op.operand(0).shape) - 1 not in axes(op)


def reducing(name: str, function: Callable[..., np.ndarray], result: ResultQuantization, **traits: Any) -> Declaration:
    """A result of the operand's type over any number of axes. ``traits`` are further fields of the declaration.

    function  (x, axes, keepdims=) → result, as numpy's reductions.
    """

    def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
        return [np.asarray(function(inputs[0], axes(op), keepdims=keeps(op)))]

    def case(draw: Draw, dtype: str) -> Op:
        op = instance(draw, name, dtype)
        return finished(op, reduced_shape(op), result(draw, [op.operand(0)]))

    return Declaration(
        **{
            "case": case,
            "shape": reduced_shape,
            "reference": reference,
            "data": (0,),
            "attrs": ATTRS,
            "limits": "the axes are constant",
            **traits,
        }
    )


def instance(draw: Draw, name: str, dtype: str) -> Op:
    """An operator ``name`` over drawn axes of a drawn operand, without its result."""
    x = tensor(draw, dtype, shape(draw, (1, 4), 12))
    rank = len(x.shape)
    indices = [draw.integer(-rank, rank - 1) for _ in range(draw.integer(1, rank))]
    return Op(name, [x, integers(indices)], [], {"keep_dims": draw.choice([False, True])})


def index_shape(op: Op) -> list[tuple[int, ...]]:
    """The shape rule of arg_max and arg_min, which have one axis."""
    if op.operand(1).size != 1:
        raise GraphError(f"{op.name} has one axis, not {op.operand(1).size}")
    (gone,) = axes(op)
    return [tuple(n for i, n in enumerate(op.operand(0).shape) if i != gone)]


def index_of(name: str, function: Callable[[np.ndarray, int], np.ndarray]) -> Declaration:
    """arg_max or arg_min: places along one axis that ``function`` (x, axis) finds."""

    def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
        x = inputs[0]
        assert x is not None
        (axis,) = axes(op)
        return [np.asarray(function(x, axis).astype(op.output.dtype))]

    def case(draw: Draw, dtype: str) -> Op:
        x = tensor(draw, dtype, shape(draw, (1, 4), 9))
        axis = draw.integer(-len(x.shape), len(x.shape) - 1)
        result = draw.choice(["int32", "int32", "int64"])
        op = Op(name, [x, integers([axis])], [], {"output_type": result.upper()})
        return finished(op, index_shape(op), None, result)

    return Declaration(
        case=case, shape=index_shape, reference=reference, data=(0,), attrs=INDEX_ATTRS, limits="the axis is constant"
    )
