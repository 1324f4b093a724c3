"""SLICE: ``size[i]`` elements (−1: the rest) of axis i from ``begin[i]`` on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, QuantRule, constant_data


def window(op: Op) -> tuple[slice, ...]:
    """The part of each axis, for constant operands."""
    begin, size = constant_data(op, 1, "begin"), constant_data(op, 2, "size")
    dims = op.operand(0).shape
    ends = [n if s == -1 else int(b) + int(s) for b, s, n in zip(begin, size, dims, strict=False)]
    fit = all(0 <= b <= e <= n for b, e, n in zip(begin, ends, dims, strict=False))
    if not len(begin) == len(size) == len(dims) or not fit:
        raise GraphError(f"begin {begin.tolist()} and size {size.tolist()} leave shape {list(dims)}")
    return tuple(slice(int(b), e) for b, e in zip(begin, ends, strict=True))


def shape(op: Op) -> list[tuple[int, ...]]:
    if op.operand(1).data is None and op.operand(2).data is not None:
        return [tuple(int(n) for n in constant_data(op, 2, "size"))]
    return [tuple(part.stop - part.start for part in window(op))]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, begin = inputs[0], inputs[1]
    assert x is not None and begin is not None
    parts = [slice(int(b), int(b) + n) for b, n in zip(begin, shape(op)[0], strict=True)]
    if parts[0].stop - parts[0].start == op.operand(0).shape[0]:  # a batch: the leading axis grows
        parts[0] = slice(None)
    return [np.ascontiguousarray(x[tuple(parts)])]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 5), 6))
    begin = [draw.integer(0, n - 1) for n in x.shape]
    size = [draw.choice([-1, draw.integer(1, n - b)]) for n, b in zip(x.shape, begin, strict=True)]
    places = cases.indices(draw, begin)
    sizes = Value("", places.dtype, places.shape, np.array(size, places.dtype))
    op = Op("slice", [x, places, sizes], [])
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    passes_clamp=True,
    moves=True,
    identity=lambda op: op.operand(0).shape == op.output.shape,
)
