"""What the operators that reduce over the axes of operand 1 share (int32, constant; negative: from the end)."""

from __future__ import annotations

from .cases import Draw, finished, integers, shape, tensor
from .errors import GraphError
from .graph import Op

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


def index_case(draw: Draw, name: str, dtype: str) -> Op:
    """arg_max or arg_min along a drawn axis."""
    x = tensor(draw, dtype, shape(draw, (1, 4), 9))
    axis = draw.integer(-len(x.shape), len(x.shape) - 1)
    result = draw.choice(["int32", "int32", "int64"])
    op = Op(name, [x, integers([axis])], [], {"output_type": result.upper()})
    return finished(op, index_shape(op), None, result)
