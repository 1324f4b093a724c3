"""Parts of a graph run alone on our kernels: from some of its values to others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

import arenite
from arenite.errors import GraphError
from arenite.evaluate import dequantize
from arenite.graph import Graph, Op, Value
from arenite.samples import quantize
from arenite.writer import write

#: What values held in some runs, stored types: arrays [runs, *value.shape].
Trace = dict[Value, np.ndarray]


def cut(graph: Graph, sources: Iterable[Value], targets: Sequence[Value]) -> Graph:
    """The operators that compute ``targets`` from ``sources``, as a graph of its own; both in its inputs and outputs.

    Sources that nothing needs are left out. GraphError when a target depends on more than the sources, or when one is
    touched by what lies outside a run: subgraphs and resource variables.
    """
    given, wanted, kept = set(sources), set(targets), []
    for op in reversed(graph.ops):
        if any(value in wanted and value not in given for value in op.outputs):
            kept.append(op)
            wanted.update(v for v in op.inputs if v is not None and not v.is_constant and not v.is_variable)
    read = [value for value in dict.fromkeys(sources) if value in wanted]
    made = {value for op in kept for value in op.outputs} | set(read)
    if missing := [value.name for value in wanted if value not in made and not value.is_constant]:
        raise GraphError(f"'{missing[0]}' is needed and not given")
    ops = [_without(op, given) for op in kept[::-1]]
    ends = list(dict.fromkeys(value for value in targets if not value.is_constant))
    return Graph("main", read, ends, ops, [v.name for v in read], [v.name for v in ends])


def _without(op: Op, given: set[Value]) -> Op:
    """``op``, whose results that are given are written somewhere else."""
    outputs = [dataclasses.replace(v, name=f"{v.name}/computed") if v in given else v for v in op.outputs]
    return dataclasses.replace(op, outputs=outputs)


def steps_outside(graph: Graph) -> bool:
    """Whether an operator calls subgraphs or touches resource variables: then parts do not mean what the whole does."""
    return any(
        op.callees or any(v is not None and v.dtype == "resource" for v in (*op.inputs, *op.outputs))
        for op in graph.ops
    )


class Part:
    """A cut of a graph, ready to run. Raises AreniteError when our kernels do not run it."""

    def __init__(self, graph: Graph, sources: Iterable[Value], targets: Sequence[Value]) -> None:
        self._graph = cut(graph, sources, targets)
        self._interpreter = arenite.Interpreter(model_content=write(self._graph))
        self._interpreter.allocate_tensors()

    def inputs_as_stored(self, values: Mapping[Value, np.ndarray]) -> Trace:
        """Real ``values`` of the sources in their stored types."""
        details = self._interpreter.get_input_details()
        return {v: quantize(values[v], detail) for v, detail in zip(self._graph.inputs, details, strict=True)}

    def run(self, values: Mapping[Value, np.ndarray]) -> Trace:
        """What the targets hold for real or stored ``values`` [runs, *shape] of the sources, run after run."""
        ends: list[list[np.ndarray]] = [[] for _ in self._graph.outputs]
        details, results = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        stored = list(self.inputs_as_stored(values).values())
        for run in range(len(stored[0])):
            for array, detail in zip(stored, details, strict=True):
                self._interpreter.set_tensor(detail["index"], array[run])
            self._interpreter.invoke()
            for column, detail in zip(ends, results, strict=True):
                column.append(self._interpreter.get_tensor(detail["index"]))
        return {value: np.stack(column) for value, column in zip(self._graph.outputs, ends, strict=True)}


def real(value: Value, stored: np.ndarray) -> np.ndarray:
    """Stored elements [runs, *shape] as float64 real values."""
    if value.quant is None:
        return stored.astype(np.float64)
    shifted = (
        value.quant if value.quant.scale.size == 1 else dataclasses.replace(value.quant, axis=value.quant.axis + 1)
    )
    return dequantize(stored, shifted).astype(np.float64)
