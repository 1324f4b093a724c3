"""How far a value can get at most: beyond that its grid needs no room, whatever inputs come.

An operator that clamps reaches its ends; one that grows with its only computed operand, times or plus constants, goes as far as
the ends of that operand's grid take it.
"""

from __future__ import annotations

import numpy as np

from ..activation import RANGES
from ..graph import Op, Value
from ..opdef import data_operands, declaration


def grows_with(op: Op) -> Value | None:
    """The only computed operand, if each element of the result rises or falls with it, all the way; else None."""
    decl = declaration(op.name)
    computed = [value for _, value in data_operands(op) if not value.is_constant]
    monotonic = decl.affine is not None or decl.clamps or decl.fuses_as is not None
    return computed[0] if monotonic and len(computed) == 1 else None


def fused_activation(op: Op) -> str:
    """The name, "NONE" also where the operator cannot have one."""
    return str(op.attrs.get("fused_activation_function", "NONE"))


def clamped_at(op: Op) -> float:
    """The largest magnitude that the operator's own activation lets through; infinite without one."""
    low, high = RANGES.get(fused_activation(op), (-np.inf, np.inf))
    return float(max(-low, high))


def farthest(op: Op, reach: float) -> float:
    """The largest magnitude of the result of an ``op`` that ``grows_with`` an operand within ±``reach``."""
    grown = grows_with(op)
    assert grown is not None and np.isfinite(reach)
    results = []
    for end in (-reach, reach):
        operands = [_held_at(end, value, grown) for value in op.inputs]
        results += declaration(op.name).reference(op, operands)
    return float(max(np.abs(result).max(initial=0) for result in results))


def _held_at(end: float, value: Value | None, grown: Value) -> np.ndarray | None:
    """An operand while ``grown`` is ``end`` everywhere."""
    if value is None:
        return None
    return np.full(value.shape, end, np.float32) if value is grown else value.data
