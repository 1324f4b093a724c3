"""SQUEEZE: the same elements without the axes ``squeeze_dims`` of size 1; none stated: without all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute, resolved_axis


def shape(op: Op) -> list[tuple[int, ...]]:
    x = op.operand(0).shape
    axes = {resolved_axis(int(axis), len(x)) for axis in attribute(op, "squeeze_dims")}
    if any(x[axis] != 1 for axis in axes):
        raise GraphError(f"dimensions {sorted(axes)} of {list(x)} are not all 1")
    return [tuple(n for i, n in enumerate(x) if (i not in axes if axes else n != 1))]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    (target,) = shape(op)
    if x.size != op.operand(0).size and target:  # a batch: the leading axis grows
        target = (target[0] * x.size // max(op.operand(0).size, 1), *target[1:])
    return [x.reshape(target)]


def case(draw: Draw, dtype: str) -> Op:
    dims = tuple(draw.choice([1, n]) for n in cases.shape(draw, (1, 5), 5))
    ones = [i for i, n in enumerate(dims) if n == 1]
    stated = [i - draw.choice([0, len(dims)]) for i in ones if draw.choice([False, True])]
    x = cases.tensor(draw, dtype, dims)
    op = Op("squeeze", [x], [], {"squeeze_dims": tuple(stated)})
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    attrs={"squeeze_dims": ()},
    view=True,
    moves=True,
    passes_clamp=True,
    identity=lambda op: op.operand(0).shape == op.output.shape,
)
