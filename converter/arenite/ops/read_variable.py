"""READ_VARIABLE: what a resource variable holds; the real value 0 before it is assigned."""

from __future__ import annotations

from ..calls import read_resource, refuse_reference
from ..opdef import Declaration, QuantRule
from ..places import Place

# The resource does not say how large the variable is: the result does.
OP = Declaration(
    shape=lambda op: [op.output.shape],
    reference=refuse_reference,
    quant=QuantRule.PLAIN,
    data=(),
    resource=read_resource,
    carried=lambda op: [[op.operand(0), Place(op, "outputs", 0)]],
)
