"""PRELU: x, or alpha · x where x is negative; alpha broadcasts to x's shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..elementwise import broadcast_shape
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration


def shape(op: Op) -> list[tuple[int, ...]]:
    x, alpha = op.operand(0).shape, op.operand(1).shape
    if broadcast_shape(op) != [x]:
        raise GraphError(f"alpha of shape {list(alpha)} does not broadcast to {list(x)}")
    return [x]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x, alpha = inputs
    assert x is not None and alpha is not None
    return [np.where(x >= 0, x, x * alpha)]


def case(draw: Draw, dtype: str) -> Op:
    full = cases.shape(draw)
    repeated = tuple(draw.choice([1, n]) for n in full)
    slopes = draw.choice(["int8", "int16"]) if dtype == "int16" else dtype
    x, alpha = cases.tensor(draw, dtype, full), cases.tensor(draw, slopes, repeated)
    return cases.finished(Op("prelu", [x, alpha], []), [full], cases.near_quantization(draw, x))


OP = Declaration(case=case, shape=shape, reference=reference, narrow=1, per_channel=lambda op: True, elementwise=True)
