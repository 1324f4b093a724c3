"""PACK: operands of one shape side by side along a new axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute, resolved_axis


def shape(op: Op) -> list[tuple[int, ...]]:
    shapes = [op.operand(i).shape for i in range(len(op.inputs))]
    if any(s != shapes[0] for s in shapes) or attribute(op, "values_count") != len(shapes):
        raise GraphError(f"{attribute(op, 'values_count')} operands of one shape expected, got {shapes}")
    axis = resolved_axis(attribute(op, "axis"), len(shapes[0]) + 1)
    return [(*shapes[0][:axis], len(shapes), *shapes[0][axis:])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    return [np.stack([x for x in inputs if x is not None], attribute(op, "axis"))]


def case(draw: Draw, dtype: str) -> Op:
    dims, count, quant = cases.shape(draw, (1, 3), 6), draw.integer(1, 4), cases.quantization(draw)
    axis = draw.integer(-len(dims) - 1, len(dims))
    parts = [cases.tensor(draw, dtype, dims, quant) for _ in range(count)]
    op = Op("pack", [*parts], [], {"axis": axis, "values_count": count})
    return cases.finished(op, shape(op), quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    attrs={"axis": 0, "values_count": 0},
    moves=True,
)
