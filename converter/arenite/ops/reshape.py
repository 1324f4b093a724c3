"""RESHAPE: the same elements in another shape; operand 1 (int32) or ``new_shape`` states it, one −1 is worked out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, Role, attribute


def shape(op: Op) -> list[tuple[int, ...]]:
    x, target = op.operand(0), _target(op)
    known = int(np.prod([d for d in target if d != -1], dtype=np.int64))
    if -1 in target:
        if target.count(-1) > 1 or not known or x.size % known:
            raise GraphError(f"shape {target} cannot hold the {x.size} elements of {list(x.shape)}")
        target[target.index(-1)] = x.size // known
    elif known != x.size:
        raise GraphError(f"shape {target} cannot hold the {x.size} elements of {list(x.shape)}")
    return [tuple(target)]


def _target(op: Op) -> list[int]:
    operand = op.inputs[1] if len(op.inputs) > 1 else None
    if operand is None:
        return [int(d) for d in attribute(op, "new_shape")]
    if operand.data is None:
        raise GraphError("the new shape of a reshape must be a constant")
    return [int(d) for d in operand.data.ravel()]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    (target,) = shape(op)
    if x.size != op.operand(0).size and target:  # a batch: the leading axis grows
        target = (target[0] * x.size // max(op.operand(0).size, 1), *target[1:])
    return [x.reshape(target)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw))
    target = [*x.shape[::-1]] if draw.choice([False, True]) else [x.size]
    if draw.choice([False, True]):
        target[draw.integer(0, len(target) - 1)] = -1
    stated_by_operand = draw.choice([False, True])
    op = Op("reshape", [x, cases.integers(target)] if stated_by_operand else [x], [], {"new_shape": tuple(target)})
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    attrs={"new_shape": ()},
    view=True,
    role=Role.VIEW,
    passes_clamp=True,
    identity=lambda op: op.operand(0).shape == op.output.shape,
)
