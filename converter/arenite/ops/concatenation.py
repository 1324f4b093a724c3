"""CONCATENATION: the inputs one after another along ``axis`` (negative: from the end)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..activation import clamp
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute


def shape(op: Op) -> list[tuple[int, ...]]:
    shapes = [op.operand(i).shape for i in range(len(op.inputs))]
    rank, axis = len(shapes[0]), attribute(op, "axis")
    if not -rank <= axis < rank:
        raise GraphError(f"axis {axis} is not one of the {rank} dimensions of {list(shapes[0])}")
    axis %= rank
    if any(len(s) != rank or s[:axis] + s[axis + 1 :] != shapes[0][:axis] + shapes[0][axis + 1 :] for s in shapes):
        raise GraphError(f"shapes {[list(s) for s in shapes]} differ in more than axis {axis}")
    return [(*shapes[0][:axis], sum(s[axis] for s in shapes), *shapes[0][axis + 1 :])]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    present = [x for x in inputs if x is not None]
    batch = max(len(x) for x in present)
    axis = attribute(op, "axis") % present[0].ndim
    if axis:
        present = [np.broadcast_to(x, (batch, *x.shape[1:])) if len(x) == 1 else x for x in present]
    return [clamp(np.concatenate(present, axis), attribute(op, "fused_activation_function"))]


def case(draw: Draw, dtype: str) -> Op:
    first, quant = cases.shape(draw, (1, 5), 6), cases.quantization(draw)
    axis = draw.integer(-len(first), len(first) - 1)
    at = axis % len(first)
    sizes = [draw.integer(1, 5) for _ in range(draw.integer(1, 5))]
    parts = [cases.tensor(draw, dtype, (*first[:at], n, *first[at + 1 :]), quant) for n in sizes]
    op = Op("concatenation", [*parts], [], {"axis": axis, "fused_activation_function": "NONE"})
    return cases.finished(op, shape(op), quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    selects=True,
    attrs={"axis": 0, "fused_activation_function": "NONE"},
    identity=lambda op: len(op.inputs) == 1 and attribute(op, "fused_activation_function") == "NONE",
)
