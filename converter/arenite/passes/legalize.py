"""Check that the runtime has a kernel for every operator, before a file is written that no device could run.

Every operator's operand types must fit a signature of ``schema/ops.def``, and its results the declared shapes. All
breaches are reported together. Changes nothing.
"""

from __future__ import annotations

from ..errors import GraphError, UnsupportedError
from ..graph import Graph, Op
from ..opdef import declaration, matching_signature, rows, title
from .context import PassContext

NAME = "legalize"


def run(graph: Graph, context: PassContext) -> None:
    require_known(graph)
    _report([problem for op in graph.ops if (problem := _problem(op))])


def require_known(graph: Graph) -> None:
    """Refuse operators that the table does not have; other passes ask it for every operator's traits."""
    _report([_unknown(op) for op in graph.ops if op.name not in rows()])


def _report(problems: list[str]) -> None:
    if problems:
        raise UnsupportedError("the runtime cannot run this model:\n  " + "\n  ".join(problems))


def _unknown(op: Op) -> str:
    return f"{op.origin}: operator {title(op)} has no kernel; the kernels are: {', '.join(rows())}"


def _problem(op: Op) -> str:
    if matching_signature(op) is None:
        given = ", ".join("absent" if value is None else value.dtype for value in op.inputs)
        results = ", ".join(value.dtype for value in op.outputs)
        return f"{op.origin}: {op.name} has no kernel for ({given}) → ({results}); schema/ops.def lists the types"
    try:
        shapes = declaration(op.name).shape(op)
    except GraphError as error:  # of a file whose shapes are computed while it runs
        return f"{op.origin}: {error}; the runtime needs every shape before it runs"
    if shapes != [value.shape for value in op.outputs]:
        raise GraphError(f"{op.name} of {op.origin} computes {shapes}, declared {[v.shape for v in op.outputs]}")
    return ""
