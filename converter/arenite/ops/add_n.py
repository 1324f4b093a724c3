"""ADD_N: the sum of all operands, which have one shape; int8 operands share one scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration


def shape(op: Op) -> list[tuple[int, ...]]:
    shapes = {op.operand(i).shape for i in range(len(op.inputs))}
    if len(shapes) != 1:
        raise GraphError(f"operands of add_n have one shape, not {sorted(shapes)}")
    return [shapes.pop()]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    return [reduce(np.add, [x for x in inputs if x is not None])]


def case(draw: Draw, dtype: str) -> Op:
    first = cases.tensor(draw, dtype, cases.shape(draw, (1, 6), 5), cases.often_without_zero_point(draw))
    others = [cases.tensor(draw, dtype, first.shape, first.quant) for _ in range(draw.integer(1, 5))]
    return cases.finished(Op("add_n", [first, *others], []), [first.shape], cases.near_quantization(draw, first))


OP = Declaration(shape=shape, reference=reference, case=case)
