"""SignalFilterBank: energies of frequencies summed into ``num_channels`` overlapping channels.

Operands: energies, weights, unweights, and for each of num_channels + 1 bands its first frequency, its first weight and its
width. A frequency counts for one channel with its weight and for the next with its unweight.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute
from ..signal_arithmetic import constant


def shape(op: Op) -> list[tuple[int, ...]]:
    channels = attribute(op, "num_channels")
    if any(len(value.shape) != 1 for value in op.inputs if value is not None) or channels < 0:
        raise GraphError("a filter bank has rows of numbers for operands")
    if min(op.operand(i).size for i in (3, 4, 5)) <= channels or op.operand(1).size != op.operand(2).size:
        raise GraphError(f"the operands of a filter bank of {channels} channels do not fit each other")
    return [(channels,)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    energies, weights, unweights, frequencies, places, widths = (x for x in inputs if x is not None)
    sums = [np.uint64(0)]
    for frequency, place, width in zip(frequencies, places, widths, strict=True):
        energy = energies[frequency : frequency + max(width, 0)].astype(np.uint64)
        for row, factors in ((-1, weights), (len(sums), unweights)):
            part = (energy * factors[place : place + max(width, 0)].astype(np.int64).astype(np.uint64)).sum(
                dtype=np.uint64
            )
            if row < 0:
                sums[-1] = np.uint64((int(sums[-1]) + int(part)) % 2**64)
            else:
                sums.append(part)
    return [np.array(sums[1 : attribute(op, "num_channels") + 1], np.uint64)]


def case(draw: Draw, dtype: str) -> Op:
    rng, channels = cases.rng_of(draw), draw.integer(1, 6)
    widths = rng.integers(0, 6, channels + 1)
    places = np.cumsum(np.append(0, widths))[:-1]
    frequencies = rng.integers(0, 5, channels + 1)
    energies = Value("", "uint32", (int((frequencies + widths).max()) + draw.integer(0, 2) + 1,))
    count = int(widths.sum()) + 1
    tables = [cases.values(rng, "int16", (count,)), cases.values(rng, "int16", (count,)), frequencies, places, widths]
    operands: list[Value | None] = [energies, *(constant(table.astype(np.int16)) for table in tables)]
    op = Op("signal_filter_bank", operands, [], {"num_channels": channels})
    return cases.finished(op, shape(op), None, "uint64")


OP = Declaration(shape=shape, reference=reference, case=case, attrs={"num_channels": 0})
