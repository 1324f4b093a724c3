"""CIRCULAR_BUFFER: the last inputs along axis 1; every ``cycles_max`` calls the operators behind it are due.

In the other calls ``Interpreter.invoke`` returns False, unless there is a second result, a bool, which says so then. The
reference starts anew: real zeroes before the first input. How many inputs are kept is the result's own shape.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, QuantRule, attribute


def shape(op: Op) -> list[tuple[int, ...]]:
    x, y = op.operand(0).shape, op.outputs[0].shape if op.outputs else ()
    if len(x) != 4 or x[:2] != (1, 1) or len(y) != 4 or y[1] < 1:
        raise GraphError(f"{list(x)} is no input [1, 1, W, C] of a buffer {list(y)}")
    return [(1, y[1], *x[2:]), *(value.shape for value in op.outputs[1:])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    held = np.zeros((x.shape[0], op.outputs[0].shape[1] - 1, *x.shape[2:]), x.dtype)
    due = np.full((1,), attribute(op, "cycles_max") == 1)
    return [np.concatenate([held, x], 1), due][: len(op.outputs)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, (1, 1, *cases.shape(draw, (2, 2))))
    # TFLite Micro keeps the inputs in the result and starts with what was there: one slot has no past
    y = Value("", dtype, x.shape, None, x.quant)
    op = Op("circular_buffer", [x], [y], {"cycles_max": 1})
    if draw.choice([False, True]):
        op.outputs.append(Value("", "bool", (1,)))
        op.attrs["cycles_max"] = draw.integer(1, 3)
    return op


OP = Declaration(
    shape=shape, reference=reference, case=case, quant=QuantRule.SAME_AS_INPUT, moves=True, attrs={"cycles_max": 0}
)
