"""Runs a single operator on our kernels: what passes ask that must know an integer result to the bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from .graph import Graph, Op, Value
from .runtime import Interpreter
from .writer import write


def run_op(op: Op, operands: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    """Results of ``op``, arrays of the stored types.

    operands  as op.inputs: an array of the value's dtype and shape, None where it is absent; ignored where it is constant.

    Raises ModelError when our kernels refuse the operator.
    """
    inputs = list(dict.fromkeys(value for value in op.inputs if value is not None and not value.is_constant))
    table = {value: dataclasses.replace(value, name=f"v{i}") for i, value in enumerate([*inputs, *op.outputs])}
    alone = Op(op.name, [_copy(value, table) for value in op.inputs], [table[v] for v in op.outputs], dict(op.attrs))
    outer, results = [table[value] for value in inputs], alone.outputs
    graph = Graph("main", outer, results, [alone], [v.name for v in outer], [v.name for v in results])
    interpreter = Interpreter(model_content=write(graph))
    interpreter.allocate_tensors()
    for value, detail in zip(inputs, interpreter.get_input_details(), strict=True):
        interpreter.set_tensor(detail["index"], operands[op.inputs.index(value)])
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def _copy(value: Value | None, table: dict[Value, Value]) -> Value | None:
    return value if value is None or value.is_constant else table[value]
