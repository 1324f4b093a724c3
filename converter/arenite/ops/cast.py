"""CAST: the same number in the output's type. Integers wrap, floats are truncated and saturate; NaN is no number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..graph import Op
from ..opdef import Declaration, QuantRule, data_dtypes
from ..restating import Steps


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    dtype = np.dtype(op.outputs[0].dtype)
    if x.dtype.kind != "f" or dtype.kind in "fb":
        return [x.astype(dtype)]
    limits = np.iinfo(dtype)
    none = limits.max if dtype == np.int32 else 0
    inside = np.clip(np.trunc(x.astype(np.float64)), limits.min, float(limits.max) * (1 - 2**-53))
    ends = np.where(x >= float(limits.max), limits.max, np.where(np.isnan(x), none, 0)).astype(dtype)
    return [np.where((x >= float(limits.max)) | np.isnan(x), ends, np.nan_to_num(inside).astype(dtype))]


def restated(op: Op, steps: Steps) -> list[Op] | None:
    """Of a condition to numbers: a choice between 1 and 0."""
    if op.operand(0).dtype != "bool" or op.output.dtype != "float32":
        return None
    steps.add("select_v2", [op.operand(0), steps.number(1.0), steps.number(0.0)], op.output.shape)
    return steps.finish()


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, largest=6))
    result = draw.choice(data_dtypes("cast"))
    attrs = {"in_data_type": dtype.upper(), "out_data_type": result.upper()}
    return cases.finished(Op("cast", [x], [], attrs), [x.shape], x.quant, result)


OP = Declaration(
    case=case,
    shape=lambda op: [op.operand(0).shape],
    reference=reference,
    quant=QuantRule.PLAIN,
    attrs={"in_data_type": "FLOAT32", "out_data_type": "FLOAT32"},
    moves=True,
    by_element=True,
    restated=restated,
    identity=lambda op: op.operand(0).dtype == op.output.dtype,
)
