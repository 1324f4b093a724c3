"""VAR_HANDLE: names a resource variable for those that read and assign it."""

from __future__ import annotations

from ..calls import refuse_reference
from ..opdef import Declaration, QuantRule

OP = Declaration(
    shape=lambda op: [()],
    reference=refuse_reference,
    quant=QuantRule.PLAIN,
    data=(),
    attrs={"container": "", "shared_name": ""},
)
