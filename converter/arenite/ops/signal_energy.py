"""SignalEnergy: |z|² of the complex numbers [start_index, end_index) of a spectrum; the others are 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute


def shape(op: Op) -> list[tuple[int, ...]]:
    x = op.operand(0).shape
    if len(x) != 1 or x[0] % 2:
        raise GraphError(f"{list(x)} is no row of complex numbers")
    return [(x[0] // 2,)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    x = inputs[0]
    assert x is not None
    energies = np.square(x.reshape(-1, 2).astype(np.int64)).sum(1)
    index = np.arange(energies.size)
    inside = (index >= attribute(op, "start_index")) & (index < attribute(op, "end_index"))
    return [np.where(inside, energies, 0).astype(np.uint32)]


def case(draw: Draw, dtype: str) -> Op:
    x = Value("", dtype, (2 * draw.integer(1, 40),))
    # TFLite Micro leaves the rest as it was
    op = Op("signal_energy", [x], [], {"start_index": 0, "end_index": x.size // 2})
    return cases.finished(op, shape(op), None, "uint32")


OP = Declaration(shape=shape, reference=reference, case=case, attrs={"end_index": 0, "start_index": 0})
