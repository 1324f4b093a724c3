"""What quantization will cost, predicted on calibration samples before anything runs on a device.

The int8 graph is simulated on real values (:mod:`arenite.evaluate`): each result is rounded to its grid. That misses the
integer kernels' own rounding, which is smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .evaluate import Observer, evaluate
from .graph import Graph, Value
from .opdef import data_operands

#: Below this an output has lost what a classifier or regressor usually needs.
LOW_DB = 20.0
#: Samples that are run.
SAMPLES = 8


@dataclass(frozen=True)
class Prediction:
    """Signal-to-quantization-noise ratios in dB against the float graph; infinite where nothing is lost.

    outputs   the model's output names → dB.
    values    tensor name → dB, for results that mean the same in both graphs.
    steepest  the operator that loses most, "add of layer 'residual'", and what it loses in dB; ("", 0.0) when none does.
    """

    outputs: dict[str, float]
    values: dict[str, float]
    steepest: tuple[str, float]

    def warning(self) -> str:
        """A sentence about the worst output when it is below ``LOW_DB``, else ""."""
        name, worst = min(self.outputs.items(), key=lambda item: item[1], default=("", np.inf))
        if worst >= LOW_DB:
            return ""
        place, loss = self.steepest
        where = f"; most of it, {loss:.0f} dB, is lost at {place}" if place else ""
        return (
            f"output '{name}': quantized, it keeps an SQNR of only {worst:.1f} dB on the calibration samples{where}; "
            "look at the range of that layer's values, give samples like those in use, or convert without quantize"
        )


def predict(float_graph: Graph, graph: Graph, samples: Sequence[np.ndarray]) -> Prediction:
    """Run both graphs on ``samples``, [N, …] per input, one sample at a time."""
    energy: dict[str, np.ndarray] = {}  # name → [signal, noise]
    ends = np.zeros((len(graph.outputs), 2))
    states: list[dict[str, np.ndarray]] = [{}, {}]  # of resource variables, which live from sample to sample
    for i in range(min(SAMPLES, len(samples[0]))):
        inputs = [array[i : i + 1] for array in samples]
        exact: dict[str, np.ndarray] = {}
        expected = evaluate(float_graph, inputs, _keep(exact), resources=states[0])
        actual = evaluate(graph, inputs, _compare(exact, energy), resources=states[1])
        ends += [_energies(a, b) for a, b in zip(expected, actual, strict=True)]
    values = {name: _decibel(*pair) for name, pair in energy.items()}
    outputs = {name: _decibel(*pair) for name, pair in zip(graph.output_names, ends, strict=True)}
    return Prediction(outputs, values, _steepest(graph, values))


def _keep(into: dict[str, np.ndarray]) -> Observer:
    def observe(value: Value, array: np.ndarray) -> None:
        into[value.name] = array

    return observe


def _compare(exact: dict[str, np.ndarray], energy: dict[str, np.ndarray]) -> Observer:
    def observe(value: Value, array: np.ndarray) -> None:
        reference = exact.get(value.name)
        if value.quant is not None and reference is not None and reference.shape == array.shape:
            energy[value.name] = energy.get(value.name, np.zeros(2)) + _energies(reference, array)

    return observe


def _energies(exact: np.ndarray, actual: np.ndarray) -> np.ndarray:
    a, b = exact.astype(np.float64), actual.astype(np.float64)
    return np.array([np.square(a).sum(), np.square(a - b).sum()])


def _decibel(signal: float, noise: float) -> float:
    if noise == 0:
        return float("inf")
    return float(10 * np.log10(signal / noise)) if signal else float("-inf")


def _steepest(graph: Graph, values: dict[str, float]) -> tuple[str, float]:
    """The operator whose result is worse than its worst operand by most."""
    place, steepest = "", 0.0
    for op in graph.ops:
        before = min((values.get(value.name, np.inf) for _, value in data_operands(op)), default=np.inf)
        after = min((values.get(value.name, np.inf) for value in op.outputs), default=np.inf)
        if np.isfinite(before) and np.isfinite(after) and before - after > steepest:
            place, steepest = f"{op.name} of {op.origin}", before - after
    return place, steepest
