"""``docs/operators.md`` from the table and the declarations: ``python -m arenite.operator_docs > docs/operators.md``."""

from __future__ import annotations

from .opdef import Row, declaration, describe, rows

_HEAD = """# Operators

Printed from `schema/ops.def` and `converter/arenite/ops/`; do not edit, run `make docs`.

Versions are those of TFLite. *Result* says where the scale of an int8 result comes from: `calibrated` from sample data,
`same` from the input, `fixed` from the operator itself; `plain` operators take numbers as they are stored. *Activation*
marks operators that can absorb a following relu. The code is TFLite's number, or the name of a custom operator in the
file; the options of such an operator are a FlexBuffers map with the attributes that its declaration lists.

| operator | code | versions | operand types | result | activation | options |
|---|---:|---|---|---|---|---|
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
    return f"| `{row.name}` | {code} | 1–{row.max_version} | {types} | {result} | {activation} | {options} |\n"


if __name__ == "__main__":
    print(markdown(), end="")
