"""Compute at conversion time what depends on constants only.

    %b = mul(c1, c2)  →  %b : a constant

Not when: the result is quantized (integer kernels decide its rounding); it depends on a variable, or subgraphs compute it.
Why: the device should not compute it again.
"""

from __future__ import annotations

import numpy as np

from ..evaluate import run_operator
from ..graph import Graph, Op, Value
from .context import PassContext

NAME = "fold_constants"


def run(graph: Graph, context: PassContext) -> None:
    for op in list(graph.ops):
        if op.keeps_state or op.callees or any(value is not None and not value.is_constant for value in op.inputs):
            continue
        if any(value.quant is not None for value in op.outputs):
            context.refused(op.origin, f"{op.name} has only constant operands, but its result is quantized")
            continue
        _replace(graph, op)
        context.applied(op.origin, f"computed {op.name} of constants")


def _replace(graph: Graph, op: Op) -> None:
    graph.ops.remove(op)
    for old, array in zip(op.outputs, run_operator(op), strict=True):
        data = np.ascontiguousarray(array, old.dtype)
        graph.replace_uses(old, Value(old.name, old.dtype, data.shape, data))
