"""Settle what other converters leave to run time though it is fixed, then refuse operators that the table does not have.

    %s = pack(strided_slice(shape(%x)), −1); %y = reshape(%x, %s)   →  %y = reshape(%x, const [1, 64])

Shapes are fixed in the IR, so the result's shape says what the operand would have held; what computed it is dead.
Not when: the shape is a constant already.
Why: files from LiteRT's converter compute the batch size of every reshape. All unknown operators are reported together,
before any pass asks for their traits.
"""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Op
from ..opdef import declaration, rows
from .context import PassContext, set_constant
from .legalize import require_known

NAME = "recognize"


def run(graph: Graph, context: PassContext) -> None:
    for op in graph.ops:
        if _shape_is_open(op):
            set_constant(graph, op, 1, np.array(op.output.shape, np.int32), f"{op.output.name}/shape")
            context.applied(op.origin, f"the shape of {op.name} is fixed: {list(op.output.shape)}")
    graph.remove_dead()
    require_known(graph)


def _shape_is_open(op: Op) -> bool:
    """Whether an operator of the table takes its result's shape from something computed."""
    if op.name not in rows() or not declaration(op.name).view:
        return False
    shape = op.inputs[1] if len(op.inputs) > 1 else None
    return shape is not None and not shape.is_constant
