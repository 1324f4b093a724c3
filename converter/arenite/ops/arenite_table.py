"""ARENITE_TABLE: a function of one element, given by its values.

Operand 1 holds them on the output's grid: in int8 one for each of the 256 codes of the operand, in int16 513, at the codes
−32768, −32640 … 32768, with straight lines between them. Until it is quantized the operator has the attribute ``function``
instead (a :class:`~arenite.tabulation.Function`) and zeros in operand 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, Role
from ..tabulation import entries_of, looked_up


def shape(op: Op) -> list[tuple[int, ...]]:
    x, table = op.operand(0), op.operand(1)
    if table.dtype != "float32" and table.shape != (entries_of(table.dtype),):
        raise GraphError(f"a table of {table.dtype} has {entries_of(table.dtype)} entries, not {list(table.shape)}")
    return [x.shape]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, table = inputs[:2]
    assert x is not None and table is not None
    if "function" in op.attrs:
        return [op.attrs["function"](x)]
    source = op.operand(0)
    assert source.quant is not None
    return [looked_up(table, x, source.quant, source.dtype)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw))
    result = cases.near_quantization(draw, x)
    table = cases.constant(draw, dtype, (entries_of(dtype),), result)
    return cases.finished(Op("arenite_table", [x, table], []), [x.shape], result)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0,),
    table=1,
    elementwise=True,
    role=Role.TABLE,
)
