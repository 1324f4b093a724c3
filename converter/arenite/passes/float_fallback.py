"""Which operators of an integer model compute in float32: refused, all together, unless the user allows it."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import UnsupportedError
from ..graph import Graph, Op
from ..opdef import Role, declaration
from .context import PassContext


def settle(graph: Graph, integer: Collection[Op], context: PassContext) -> None:
    """Note every operator, in subgraphs too, outside ``integer`` that has float operands or results.

    Raises UnsupportedError naming them when there are any and ``context.allow_float_fallback`` is not set; else warns.
    """
    ops = [op for part in graph.subgraphs() for op in part.ops]
    floats = [op for op in ops if op not in integer and _computes_in_float(op)]
    chosen = [op for op in floats if context.activations_of(op) == "float32"]
    for op in chosen:
        context.applied(op.origin, f"{op.name} stays float, as was asked for")
    floats = [op for op in floats if op not in chosen]
    reasons = (_reason(op, context) for op in floats)
    lines = list(dict.fromkeys(reasons))
    if not lines:
        return
    if not context.allow_float_fallback:
        raise UnsupportedError(
            f"these layers would compute in float32 inside the {context.quantize} model:\n  "
            + "\n  ".join(lines)
            + "\nReplace them, or accept it with allow_float_fallback=True (--allow-float-fallback): it costs two changes of"
            " type each, float kernels in flash, and much time on cores without a floating point unit"
        )
    for op in floats:
        context.refused(
            op.origin, f"{op.name} stays float: it has no {context.activations_of(op)} kernel for these operands"
        )
    context.float_fallback += lines
    context.warn(f"{len(floats)} operators compute in float32: " + "; ".join(lines))


def _computes_in_float(op: Op) -> bool:
    if declaration(op.name).role in (Role.QUANTIZE, Role.DEQUANTIZE):
        return False
    return any(value is not None and value.dtype == "float32" for value in (*op.inputs, *op.outputs))


def _reason(op: Op, context: PassContext) -> str:
    return f"{op.origin}: {op.name} has no {context.activations_of(op)} kernel for {_given(op)}"


def _given(op: Op) -> str:
    """Its operands; which of them are constant decides too."""
    kinds = ["none" if v is None else f"constant {v.dtype}" if v.is_constant else v.dtype for v in op.inputs]
    return f"({', '.join(kinds)}) → ({', '.join(value.dtype for value in op.outputs)})"
