"""Express operators that have no kernel in the integer schemes by others that have.

    %b = cast(%a : bool)        →  %b = select_v2(%a, 1, 0)

Not when: float32 is wanted; the operator has a kernel; its declaration knows no other form.
Why: a float operator in the middle costs two conversions, float arithmetic, and a kernel that the firmware would not have.
"""

from __future__ import annotations

from ..graph import Graph
from ..opdef import declaration
from ..restating import Steps
from .context import PassContext
from .quantize import has_kernel

NAME = "restate"


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer:
        return
    for op in list(graph.ops):
        restated = declaration(op.name).restated
        if restated is None or has_kernel(op, context) or context.activations_of(op) == "float32":
            continue
        steps = restated(op, Steps(op, graph.unique_name))
        if steps is not None:
            place = graph.ops.index(op)
            graph.ops[place : place + 1] = steps
            context.applied(op.origin, f"{', '.join(step.name for step in steps)} instead of {op.name}")
