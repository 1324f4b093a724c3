"""Read and replace the float weights and bias of one operator."""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Op, Value
from ..opdef import declaration
from .context import set_constant


def float_parameters(op: Op) -> tuple[Value, np.ndarray, np.ndarray] | None:
    """(weight value, weights, bias [out]) in double, zeros for an absent bias; None when one is not a float constant."""
    decl = declaration(op.name)
    assert decl.weight is not None and decl.bias is not None
    weight = op.operand(decl.weight[0])
    bias = op.inputs[decl.bias] if len(op.inputs) > decl.bias else None
    if weight.data is None or weight.dtype != "float32":
        return None
    if bias is None:
        return weight, weight.data.astype(np.float64), np.zeros(weight.shape[decl.weight[1]])
    return None if bias.data is None else (weight, weight.data.astype(np.float64), bias.data.astype(np.float64))


def set_parameters(graph: Graph, op: Op, weights: np.ndarray, bias: np.ndarray) -> bool:
    """Give ``op`` new weights and bias; False, and nothing changed, when they leave float32. No zeros for an absent bias."""
    decl = declaration(op.name)
    assert decl.weight is not None and decl.bias is not None
    with np.errstate(over="ignore"):
        arrays = {decl.weight[0]: weights.astype(np.float32), decl.bias: bias.astype(np.float32)}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        return False
    if not bias.any() and (len(op.inputs) <= decl.bias or op.inputs[decl.bias] is None):
        del arrays[decl.bias]
    op.inputs += [None] * (decl.bias + 1 - len(op.inputs))
    for index, array in arrays.items():
        set_constant(graph, op, index, array, f"{op.output.name}/bias")
    return True
