"""STRIDED_SLICE: ``x[begin:end:stride, ...]`` with TensorFlow's masks; operands 1 to 3 (int32) are constants."""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op
from ..opdef import Declaration, QuantRule, attribute, constant_data

Entry = int | slice | EllipsisType | None


def index(op: Op) -> tuple[Entry, ...]:
    """What numpy puts in the brackets."""
    begin, end, strides = (constant_data(op, i, what) for i, what in ((1, "begin"), (2, "end"), (3, "strides")))
    if attribute(op, "offset") or not len(begin) == len(end) == len(strides) or not np.all(strides):
        raise GraphError(f"begin {begin}, end {end} and strides {strides} are no slice")
    return tuple(_entry(op, i, *map(int, entry)) for i, entry in enumerate(zip(begin, end, strides, strict=True)))


def _entry(op: Op, i: int, begin: int, end: int, stride: int) -> Entry:
    def has(mask: str) -> bool:
        return bool(attribute(op, f"{mask}_mask") >> i & 1)

    if has("ellipsis"):
        return Ellipsis
    if has("new_axis"):
        return None
    if has("shrink_axis"):
        return 0 if has("begin") else begin
    return slice(None if has("begin") else begin, None if has("end") else end, stride)


def shape(op: Op) -> list[tuple[int, ...]]:
    try:
        return [np.empty(op.operand(0).shape, np.bool_)[index(op)].shape]
    except IndexError as error:
        raise GraphError(f"shape {list(op.operand(0).shape)} has no such slice: {error}") from None


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    part = x[_of_batch(op, index(op))]
    return [np.ascontiguousarray(part).reshape(part.shape)]


def _of_batch(op: Op, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """All of a batch where ``entries`` take all of the leading axis."""
    dims = op.operand(0).shape
    if entries and isinstance(entries[0], slice) and entries[0].indices(dims[0]) == (0, dims[0], 1):
        return (slice(None), *entries[1:])
    return entries


MASKS = {
    "begin_mask": ("begin", "both"),
    "end_mask": ("end", "both"),
    "ellipsis_mask": ("ellipsis",),
    "new_axis_mask": ("new",),
    "shrink_axis_mask": ("shrink",),
}


def case(draw: Draw, dtype: str) -> Op:
    x = cases.tensor(draw, dtype, cases.shape(draw, (1, 5), 6))
    rank = len(x.shape)
    sliced = x.shape[: draw.choice([rank, rank, draw.integer(1, rank)])]
    entries = [_entry_of(draw, n) for n in sliced]
    if rank < 4 and draw.choice([False, True]):
        # An ellipsis stands last, so that the entries before it keep their axes.
        place, kind = draw.choice([(draw.integer(0, len(entries)), "new"), (len(entries), "ellipsis")])
        entries.insert(place, (kind, 0, 1, 1))
    kinds = [kind for kind, *_ in entries]
    attrs = {mask: sum((kind in bits) << i for i, kind in enumerate(kinds)) for mask, bits in MASKS.items()}
    columns = list(zip(*(entry[1:] for entry in entries), strict=True))
    op = Op("strided_slice", [x, *(cases.integers(column) for column in columns)], [], attrs)
    return cases.finished(op, shape(op), x.quant)


def _entry_of(draw: Draw, size: int) -> tuple[str, int, int, int]:
    """Which masks have the entry's bit; begin, end, stride."""
    kind = draw.choice(["", "", "begin", "end", "both", "shrink"])
    if kind == "shrink":
        begin = draw.integer(-size, size - 1)
        return kind, begin, begin + 1, 1
    return kind, *_range(draw, size)


def _range(draw: Draw, size: int) -> tuple[int, int, int]:
    """begin, end, stride with at least one element between them."""
    first, last = draw.integer(0, size - 1), draw.integer(0, size - 1)
    if first <= last:
        return first - draw.choice([0, size]), last + 1, draw.integer(1, 3)
    return first - draw.choice([0, size]), last - 1 if last > 0 else -size - 1, -draw.integer(1, 3)


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    quant=QuantRule.SAME_AS_INPUT,
    data=(0,),
    passes_clamp=True,
    moves=True,
    attrs={
        "begin_mask": 0,
        "end_mask": 0,
        "ellipsis_mask": 0,
        "new_axis_mask": 0,
        "shrink_axis_mask": 0,
        "offset": False,
    },
    limits="begin, end and strides are constant",
)
