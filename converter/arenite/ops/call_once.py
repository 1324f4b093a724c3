"""CALL_ONCE: a subgraph without operands, in the first run only."""

from __future__ import annotations

from ..calls import callee, check_operands, refuse_reference, result_shapes
from ..graph import Op
from ..opdef import Declaration, QuantRule


def shape(op: Op) -> list[tuple[int, ...]]:
    check_operands(op, 0, callee(op, "init_subgraph_index"))
    return result_shapes(callee(op, "init_subgraph_index"))


OP = Declaration(shape=shape, reference=refuse_reference, quant=QuantRule.PLAIN)
