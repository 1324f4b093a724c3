"""VAR_HANDLE: names a resource variable for those that read and assign it."""

from __future__ import annotations

from ..calls import refuse_reference, resource_name
from ..opdef import Declaration, QuantRule

OP = Declaration(
    shape=lambda op: [()],
    reference=refuse_reference,
    quant=QuantRule.PLAIN,
    data=(),
    resource=lambda op, inputs, resources, run: [resource_name(op)],
    carried=lambda op: [[op.output, str(resource_name(op))]],
    attrs={"container": "", "shared_name": ""},
)
