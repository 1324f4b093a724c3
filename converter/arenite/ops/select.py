"""SELECT: operand 1 where operand 0 (bool) is true, else operand 2, of one shape.

The condition has this shape, or is one value for all, or one for each index of the outermost axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule


def shape(op: Op) -> list[tuple[int, ...]]:
    condition, x, y = (op.operand(i).shape for i in range(3))
    if x != y or condition not in ((), x, x[:1]):
        raise GraphError(f"a condition {list(condition)} does not select from {list(x)} and {list(y)}")
    return [x]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    condition, x, y = inputs
    assert condition is not None and x is not None and y is not None
    return [np.where(condition.reshape(condition.shape + (1,) * (x.ndim - condition.ndim)), x, y)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 5), 4))
    y = cases.tensor(draw, dtype, x.shape, x.quant)
    condition = cases.tensor(draw, "bool", draw.choice([x.shape, x.shape, x.shape[:1], ()]))
    return cases.finished(Op("select", [condition, x, y], []), [x.shape], x.quant, dtype)


OP = Declaration(case=case, shape=shape, reference=reference, quant=QuantRule.SAME_AS_INPUT, data=(1, 2), moves=True)
