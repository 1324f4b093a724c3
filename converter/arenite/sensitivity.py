"""What a model's outputs lose when some of its values are rounded, measured on samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .elements import limits
from .evaluate import Change, evaluate, evaluate_behind, keeps_samples_apart, runs_by_parts
from .graph import Graph, Quantization, Value
from .opdef import declaration

#: What the exact values of the samples may take.
EXACT_BYTES = 192 << 20
#: Samples that run together, and at most.
TOGETHER, MOST = 8, 128
#: Multiply-accumulates and elements that one measurement may take, if that leaves samples enough.
WORK, LEAST = 50_000_000, 16
#: Samples on which whole models are compared.
LEAST_OF_ALL = 32


class Probe:
    """A float graph with all its exact values for some samples."""

    def __init__(self, graph: Graph, samples: Sequence[np.ndarray], seed: int = 0) -> None:
        """samples  [N, …] per input; a random choice of them is run."""
        self._graph = graph
        each = sum(value.nbytes for value in graph.values() if not value.is_constant)
        most = int(np.clip(EXACT_BYTES // max(each, 1), 1, MOST))
        order = np.random.default_rng(seed).permutation(len(samples[0]))[:most]
        together = TOGETHER if keeps_samples_apart(graph) else 1
        self._runs = [
            self._exact([x[order[i : i + together]] for x in samples]) for i in range(0, len(order), together)
        ]
        self._together = together

    @staticmethod
    def suits(graph: Graph) -> bool:
        """Whether the graph can be run in parts."""
        return runs_by_parts(graph)

    def _exact(self, inputs: list[np.ndarray]) -> dict[Value, np.ndarray]:
        exact: dict[Value, np.ndarray] = {}
        evaluate(self._graph, inputs, exact.__setitem__)
        return exact

    def arrays(self, value: Value) -> list[np.ndarray]:
        """What ``value`` holds, over all samples."""
        return [run[value] for run in self._runs]

    def loss(self, changes: Mapping[Value, Change]) -> float:
        """Noise over signal of the outputs, summed over them; of indices and conditions the share that changed.

        Changes near the inputs, which take long, are measured on fewer samples.
        """
        energies = np.zeros((len(self._graph.outputs), 2))
        for run in self._measured(changes):
            changed = evaluate_behind(self._graph, run, changes)
            for i, value in enumerate(self._graph.outputs):
                if not value.is_constant:
                    energies[i] += _energies(run[value], changed.get(value))
        return _ratio(energies)

    def loss_of(self, other: Graph, twins: Mapping[Value, Value], changes: Mapping[Value, Change]) -> float:
        """``loss`` of another graph of the same operators against this one's exact values.

        twins    this graph's values → the other's.   changes  by the other's values; all its inputs are among them.
        """
        energies = np.zeros((len(self._graph.outputs), 2))
        for run in self._runs[: max(1, LEAST_OF_ALL // self._together)]:
            changed = evaluate_behind(other, {twins[v]: array for v, array in run.items() if v in twins}, changes)
            for i, value in enumerate(self._graph.outputs):
                if not value.is_constant:
                    energies[i] += _energies(run[value], changed.get(twins[value]))
        return _ratio(energies)

    def local_error(self, changes: Mapping[Value, Change]) -> float:
        """Mean squared change of the elements of the values themselves, over the samples that ``loss`` looks at."""
        pairs = [(run[value], change) for run in self._measured(changes) for value, change in changes.items()]
        total = sum(float(np.square(array - change(array), dtype=np.float64).sum()) for array, change in pairs)
        return total / max(sum(array.size for array, _ in pairs), 1)

    def _measured(self, changes: Mapping[Value, Change]) -> list[dict[Value, np.ndarray]]:
        count = max(LEAST, WORK // max(self._work(changes), 1)) // self._together
        return self._runs[: max(count, 1)]

    def _work(self, changes: Mapping[Value, Change]) -> int:
        """Multiply-accumulates and elements of one sample behind the changed values."""
        touched, work = set(changes), 0
        for op in self._graph.ops:
            if any(value in touched for value in op.inputs):
                touched.update(op.outputs)
                work += declaration(op.name).macs(op) + sum(value.size for value in op.outputs)
        return work


def _ratio(energies: np.ndarray) -> float:
    """Noise over signal, summed over the outputs, [outputs, (signal, noise)]."""
    signal, noise = energies.T
    return float((noise[signal > 0] / signal[signal > 0]).sum())


def _energies(exact: np.ndarray, changed: np.ndarray | None) -> tuple[float, float]:
    """(signal, noise); an array that is not changed has no noise."""
    if exact.dtype.kind != "f":
        return float(exact.size), 0.0 if changed is None else float((exact != changed).sum())
    signal = float(np.square(exact, dtype=np.float64).sum())
    return signal, 0.0 if changed is None else float(np.square(exact - changed, dtype=np.float64).sum())


def rounding(grid: Quantization, dtype: str) -> Change:
    """Real values to the nearest that the grid of one scale has, saturated."""
    scale, zero = np.float32(grid.scale[0]), int(grid.zero_point[0])
    low, high = (np.float32(limit - zero) for limit in limits(dtype))

    def change(array: np.ndarray) -> np.ndarray:
        if array.dtype.kind != "f":
            return array
        steps = np.rint(array / scale)
        np.clip(steps, low, high, out=steps)
        steps *= scale
        return steps

    return change
