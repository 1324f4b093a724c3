"""``docs/operators.md`` from the table and the declarations: ``python -m arenite.operator_docs > docs/operators.md``."""

from __future__ import annotations

from .kernel_facts import kernel_facts
from .opdef import Row, declaration, describe, rows

_HEAD = """# Operators

Printed from `schema/ops.def` and `converter/arenite/ops/`; do not edit, run `make docs`.

Versions are those of TFLite. *Result* says where the scale of an int8 result comes from: `calibrated` from sample data,
`same` from the input, `fixed` from the operator itself; `plain` operators take numbers as they are stored. *Activation*
marks operators that can absorb a following relu. The code is TFLite's number, or the name of a custom operator in the
file; the options of such an operator are a FlexBuffers map with the attributes that its declaration lists.

*Flash* is what the kernel adds to a firmware on Cortex-M4, in bytes: from integer bodies without int16 and int4 at
`ARENITE_OPTIMIZE=size` to bodies for every type at `speed`; kernels of one firmware share much of it. *Microkernels* have
variants for each processor ([microkernels.md](microkernels.md)). Tensors have up to 6 dimensions and less than 2 GiB;
*limits* are those of the operator beyond what TFLite says of it.

| operator | code | versions | operand types | limits | result | activation | options | flash | microkernels |
|---|---:|---|---|---|---|---|---|---:|---|
"""


def markdown() -> str:
    """The document."""
    return _HEAD + "".join(_line(row) for row in rows().values())


def _line(row: Row) -> str:
    declared = declaration(row.name)
    result = declared.quant.value
    if declared.fixed is not None:
        result += "".join(f" {dtype} 1/{1 / scale:g}, {zero}" for dtype, (scale, zero) in declared.fixed.items())
    activation = "yes" if declared.activation else ""
    options = f"`{row.options}`" if row.options else ""
    types = "; ".join(describe(row))
    code = row.code if row.custom_code is None else f"`{row.custom_code}`"
    facts = kernel_facts().get(row.name)
    cells = [f"`{row.name}`", code, f"1–{row.max_version}", types, declared.limits, result, activation, options]
    cells += [facts.flash, " ".join(f"`{name}`" for name in facts.microkernels)] if facts else ["", ""]
    return "| " + " | ".join(map(str, cells)) + " |\n"


if __name__ == "__main__":
    print(markdown(), end="")
