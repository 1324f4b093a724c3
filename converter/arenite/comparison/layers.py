"""What every operator of the quantized file costs: its error so far, its error alone, and what that does to the outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arenite.errors import AreniteError
from arenite.evaluate import on_grid
from arenite.graph import Graph, Op, Value
from arenite.opdef import QuantRule, Role, declaration, rows
from arenite.reader import read

from .metrics import sqnr_from_energy
from .pairing import Layers, Partner, pair
from .parts import Part, Trace, real, steps_outside
from .ranges import range_use
from .result import LayerError

#: What the traces of both files may take; fewer samples are looked at when they are larger.
TRACE_BYTES = 256 << 20
#: called as progress(step, done, total).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class LayerErrors:
    """operators, inputs   a row each, in the file's order.
    unmatched   operators without a counterpart in the float file.   samples  how many were looked at.
    problem     why there are no isolated errors; "" when there are.
    """

    operators: list[LayerError]
    inputs: list[LayerError]
    unmatched: int
    samples: int
    problem: str


def layer_errors(
    reference: bytes, model: bytes, inputs: Sequence[np.ndarray], layers: Layers, progress: Progress
) -> LayerErrors:
    """Rows for the operators and inputs of ``model`` over the samples of ``inputs`` ([N, …] each)."""
    exact, quantized = read(reference), read(model)
    pairs = pair(exact, quantized, layers)
    runs = _runs(inputs, quantized, _run_bytes(exact, quantized))
    study = _Study(exact, quantized, pairs, layers, runs)
    found: dict[Value, LayerError] = {}
    entries = [op for op in quantized.ops if _is_entry(op, quantized) and op.output in pairs]
    own: list[tuple[None, Value]] = [
        (None, value) for value in quantized.inputs if value in pairs and value.quant is not None
    ]
    own += [(None, op.output) for op in entries]
    results = [(op, op.outputs[0]) for op in quantized.ops if op.outputs]
    made = [(op, value) for op, value in results if value in pairs and op not in entries]
    places = {id(op): index for index, op in enumerate(quantized.ops)}
    todo: list[tuple[Op | None, Value]] = [*own, *made]
    for done, (op, value) in enumerate(todo):
        progress("layers", done, len(todo))
        found[value] = study.row(op, value, places[id(op)] if op is not None else -1)
    progress("layers", len(todo), len(todo))
    shares = _shares(found)
    unmatched = sum(len(part.ops) for part in quantized.subgraphs()) - len(made) - len(entries)
    samples = len(runs[0]) * (runs[0].shape[1] if runs[0].ndim > 1 else 1) if runs else 0
    return LayerErrors([shares[v] for _, v in made], [shares[v] for _, v in own], unmatched, samples, study.problem)


def _run_bytes(*graphs: Graph) -> int:
    return sum(value.size * 8 for graph in graphs for value in graph.values() if not value.is_constant)


def _runs(inputs: Sequence[np.ndarray], graph: Graph, run_bytes: int) -> list[np.ndarray]:
    """``inputs`` [N, …] as runs [R, *shape]; as many as fit ``TRACE_BYTES``, at least one."""
    batch = graph.inputs[0].shape[0] if graph.inputs and graph.inputs[0].shape else 1
    count = min(len(inputs[0]) // batch, max(1, TRACE_BYTES // max(run_bytes, 1)))
    return [array[: count * batch].reshape(count, batch, *array.shape[1:]) for array in inputs]


def _shares(found: Mapping[Value, LayerError]) -> dict[Value, LayerError]:
    """Each row with its share of all costs."""
    total = sum(row.cost for row in found.values() if row.cost is not None)
    return {
        value: row if row.cost is None else replace(row, share=row.cost / total if total else 0.0)
        for value, row in found.items()
    }


class _Study:
    """Both files traced on the same samples, and the parts of them that one row needs."""

    def __init__(
        self, exact: Graph, quantized: Graph, pairs: Mapping[Value, Partner], layers: Layers, runs: list[np.ndarray]
    ) -> None:
        self._exact, self._quantized, self._pairs, self._layers = exact, quantized, pairs, layers
        self._expected = _trace(exact, runs)
        self._stored = _trace(quantized, runs)
        self._factors = {value: self._factor(value) for value, partner in pairs.items() if partner.scaled}
        apart = steps_outside(exact) or steps_outside(quantized)
        self.problem = "the model has subgraphs or resource variables, whose layers do not run alone" if apart else ""

    def row(self, op: Op | None, value: Value, index: int) -> LayerError:
        """Everything about one result, or one input when ``op`` is None."""
        expected = self._wanted(value)
        error = real(value, self._stored[value]) - self._in_file(value, expected)
        error = self._in_model(value, error)
        scale = float(value.quant.scale[0]) if value.quant is not None and value.quant.scale.size == 1 else None
        worst = float(np.abs(error).max(initial=0))
        alone = own = None
        if not self.problem:
            alone, own = self._alone(op, value)
        signal = float(np.square(expected).sum())
        return LayerError(
            index=index,
            operator="input" if op is None else op.name,
            tensor=value.name if op is not None else self._pairs[value].value.name,
            sqnr_db=sqnr_from_energy(signal, float(np.square(error).sum())),
            worst_abs_error=worst,
            worst_steps=None if scale is None else float(np.abs(self._in_file(value, error)).max(initial=0)) / scale,
            layers=self._layers.of_op(op) if op is not None else self._first_layers(value),
            isolated_sqnr_db=None if alone is None else sqnr_from_energy(signal, float(np.square(alone).sum())),
            **self._costs(value, own),
            **range_use(value, self._in_file(value, expected), _is_fixed(op)),
        )

    def _first_layers(self, value: Value) -> tuple[str, ...]:
        """The user's layers whose weights multiply an input, or the first that read it."""
        reached: set[Value] = {value}
        found: list[str] = []
        for op in self._quantized.ops:
            if reached.isdisjoint(v for v in op.inputs if v is not None):
                continue
            if op.name in rows() and declaration(op.name).weight is None and _only_moves(op):
                reached.update(op.outputs)
            else:
                found += self._layers.of_op(op)[:1]
        return tuple(dict.fromkeys(found))

    def _wanted(self, value: Value) -> np.ndarray:
        """What the float model has there, float64 [runs, *shape]."""
        result: np.ndarray = self._expected[self._pairs[value].value].astype(np.float64)
        return result

    def _factor(self, value: Value) -> np.ndarray:
        """How many times as large each channel is in the file, by least squares; 1 where the float channel is silent."""
        exact, found = (x.reshape(-1, x.shape[-1]) for x in (self._wanted(value), real(value, self._stored[value])))
        energy, product = np.square(exact).sum(axis=0), (exact * found).sum(axis=0)
        return np.where((energy > 0) & (product > 0), product / np.where(energy > 0, energy, 1), 1.0)

    def _in_file(self, value: Value, array: np.ndarray) -> np.ndarray:
        """Values of the float model as the file scales them."""
        return array * self._factors[value] if value in self._factors else array

    def _in_model(self, value: Value, array: np.ndarray) -> np.ndarray:
        return array / self._factors[value] if value in self._factors else array

    def _alone(self, op: Op | None, value: Value) -> tuple[np.ndarray | None, np.ndarray | None]:
        """(error when this alone is quantized, its operands the float model's, rounded; the same without what that rounding
        does).
        """
        expected = self._wanted(value)
        if op is None:
            error = self._rounded(value) - expected
            return error, error
        ends = self._frontier(value)
        try:
            given = {
                v: self._in_file(v, self._wanted(v)).astype(
                    np.float32 if v.quant is not None or v.dtype == "float32" else v.dtype
                )
                for v in ends
            }
            found = Part(self._quantized, ends, [value]).run(given)[value]
            result = self._in_model(value, real(value, found))
        except AreniteError as error:
            self.problem = self.problem or f"an operator does not run alone: {error}"
            return None, None
        return result - expected, result - self._from_rounded(value, ends, expected)

    def _rounded(self, value: Value) -> np.ndarray:
        """The float model's values as the file can hold them."""
        exact = self._in_file(value, self._wanted(value))
        if value.quant is None or value.quant.scale.size > 1:
            return self._in_model(value, exact)
        return self._in_model(value, on_grid(exact, value.quant, value.dtype).astype(np.float64))

    def _from_rounded(self, value: Value, ends: Sequence[Value], expected: np.ndarray) -> np.ndarray:
        """What the float model makes of the rounded operands; ``expected`` where that cannot be said."""
        sources = {self._pairs[v].value: self._rounded(v) for v in ends}
        target = self._pairs[value].value
        if target in sources:
            return sources[target]
        try:
            part = Part(self._exact, list(sources), [target])
            given = {v: x.astype(v.dtype) for v, x in sources.items()}
            return part.run(given)[target].astype(np.float64)
        except AreniteError:
            return expected

    def _frontier(self, value: Value) -> list[Value]:
        """The nearest values before ``value`` that have a partner."""
        producers = self._quantized.producers()
        found: dict[Value, None] = {}
        todo, seen = [producers[value]], set()
        while todo:
            op = todo.pop()
            for operand in op.inputs:
                if operand is None or operand.is_constant or operand.is_variable or operand in seen:
                    continue
                seen.add(operand)
                if operand in self._pairs:
                    found[operand] = None
                elif operand in producers:
                    todo.append(producers[operand])
        return list(found)

    def _costs(self, value: Value, own: np.ndarray | None) -> dict[str, float | None]:
        """What ``own``, an error added to the float value, does to the float model's outputs."""
        if own is None:
            return {"cost": None, "output_sqnr_db": None, "rounding": None}
        energy = float(np.square(own).sum())
        grid = float(np.square(self._rounded(value) - self._wanted(value)).sum())
        partner = self._pairs[value].value
        noises = self._at_outputs(partner, self._expected[partner] + own)
        if noises is None:
            return {"cost": None, "output_sqnr_db": None, "rounding": None}
        relative = [noise / signal for signal, noise in noises if signal > 0]
        return {
            "cost": float(sum(relative)),
            "output_sqnr_db": min((sqnr_from_energy(*pair) for pair in noises), default=float("inf")),
            "rounding": min(1.0, grid / energy) if energy else None,
        }

    def _at_outputs(self, value: Value, changed: np.ndarray) -> list[tuple[float, float]] | None:
        """(signal, noise) of each output of the float model when ``value`` is ``changed``."""
        depends = {value}
        for op in self._exact.ops:
            if any(operand in depends for operand in op.inputs if operand is not None):
                depends.update(op.outputs)
        targets = [v for v in dict.fromkeys(self._exact.outputs) if v in depends and v is not value]
        sources = [value, *(v for v in self._expected if v not in depends)]
        found = {value: changed}
        try:
            if targets:
                given = {v: self._expected[v] for v in sources[1:]} | {value: changed.astype(value.dtype)}
                found |= Part(self._exact, sources, targets).run(given)
        except AreniteError as error:
            self.problem = self.problem or f"a part of the float model does not run alone: {error}"
            return None
        ends = [(self._expected[v].astype(np.float64), found.get(v)) for v in self._exact.outputs if not v.is_constant]
        return [(float(np.square(a).sum()), 0.0 if b is None else float(np.square(a - b).sum())) for a, b in ends]


def _is_entry(op: Op, graph: Graph) -> bool:
    """Whether it does nothing but round an input of the model."""
    return op.name in rows() and declaration(op.name).role is Role.QUANTIZE and op.operand(0) in graph.inputs


def _only_moves(op: Op) -> bool:
    return declaration(op.name).role is Role.QUANTIZE or declaration(op.name).quant is QuantRule.SAME_AS_INPUT


def _is_fixed(op: Op | None) -> bool:
    """Whether the operator itself says what the grid of its result is."""
    return op is not None and op.name in rows() and bool(declaration(op.name).fixed)


def _trace(graph: Graph, runs: Sequence[np.ndarray]) -> Trace:
    """What every value of ``graph`` holds, its inputs included."""
    details = dict(zip(graph.inputs, runs, strict=True))
    results = [v for op in graph.ops for v in op.outputs if v.dtype != "resource" and not v.is_variable]
    part = Part(graph, graph.inputs, results)
    return details | part.inputs_as_stored(details) | part.run(details)  # inputs that nothing reads stay as given
