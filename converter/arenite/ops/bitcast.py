"""BITCAST: the operand's bytes as another type.

A narrower type has an axis more, of the parts of each element; a wider one takes the last axis for them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, QuantRule, data_dtypes


def shape(op: Op) -> list[tuple[int, ...]]:
    x = op.operand(0)
    given, wanted = np.dtype(x.dtype).itemsize, np.dtype(op.outputs[0].dtype).itemsize
    if given >= wanted:
        return [(*x.shape, given // wanted) if given > wanted else x.shape]
    if x.shape[-1:] != (wanted // given,):
        raise GraphError(f"the last axis of {list(x.shape)} does not hold the parts of {op.outputs[0].dtype}")
    return [x.shape[:-1]]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    (x,) = inputs
    assert x is not None
    return [np.frombuffer(x.tobytes(), op.outputs[0].dtype).reshape(shape(op)[0])]


def case(draw: Draw, dtype: str) -> Op:
    result = draw.choice([other for other in data_dtypes("bitcast") if other != dtype])
    parts = np.dtype(result).itemsize // np.dtype(dtype).itemsize
    x = cases.tensor(draw, dtype, (*cases.shape(draw, (1, 3), 5), *([parts] if parts > 1 else [])))
    op = Op("bitcast", [x], [Value("", result, ())])
    return cases.finished(op, shape(op), cases.quantization(draw), result)


OP = Declaration(case=case, shape=shape, reference=reference, quant=QuantRule.PLAIN, moves=True)
