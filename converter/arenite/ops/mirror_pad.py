"""MIRROR_PAD: the operand continued as in a mirror; ``mode`` REFLECT does not repeat the edge, SYMMETRIC does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute, constant_data


def _pads(op: Op) -> list[tuple[int, int]]:
    x, counts, mode = op.operand(0).shape, constant_data(op, 1, "paddings"), attribute(op, "mode")
    edge = {"REFLECT": 1, "SYMMETRIC": 0}.get(mode)
    if (
        edge is None
        or counts.shape != (len(x), 2)
        or any(not 0 <= p <= max(n - edge, 0) for n, pair in zip(x, counts, strict=True) for p in pair)
    ):
        raise GraphError(f"paddings {counts.tolist()} do not fit shape {list(x)} with mode {mode}")
    return [(int(before), int(after)) for before, after in counts]


def shape(op: Op) -> list[tuple[int, ...]]:
    return [tuple(n + before + after for n, (before, after) in zip(op.operand(0).shape, _pads(op), strict=True))]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    mode: Literal["reflect", "symmetric"] = "reflect" if attribute(op, "mode") == "REFLECT" else "symmetric"
    return [np.pad(x, _pads(op), mode)]


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 4), 5))
    mode = draw.choice(["REFLECT", "SYMMETRIC"])
    most = [n - (mode == "REFLECT") for n in x.shape]
    op = Op(
        "mirror_pad",
        [x, cases.indices(draw, [[draw.integer(0, m), draw.integer(0, m)] for m in most])],
        [],
        {"mode": mode},
    )
    return cases.finished(op, shape(op), x.quant)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    moves=True,
    attrs={"mode": "REFLECT"},
    passes_clamp=True,
    limits="the paddings are constant",
)
