"""ASSIGN_VARIABLE: a resource variable takes the value of operand 1 and keeps it between runs."""

from __future__ import annotations

from ..calls import assign_resource, refuse_reference
from ..opdef import Declaration, QuantRule
from ..places import Place

OP = Declaration(
    shape=lambda op: [],
    reference=refuse_reference,
    quant=QuantRule.PLAIN,
    data=(1,),
    resource=assign_resource,
    carried=lambda op: [[op.operand(0), Place(op, "inputs", 1)]],
)
