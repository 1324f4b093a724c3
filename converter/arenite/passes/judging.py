"""Calibration samples kept apart, and how much a quantized graph errs on them: by that, improvements are kept or given up.

Equal samples count once: else those that judge would be among those that were fitted. Where an output is squashed (softmax,
logistic), what is squashed is judged: a classifier's own training samples end near 0 and 1, where no error shows, and the few
that do not would decide alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from ..evaluate import evaluate, keeps_samples_apart
from ..graph import Graph, Op, Value
from ..opdef import QuantRule, Role, declaration

#: Fewer different samples say nothing about inputs.
LEAST = 8
#: Samples that are run, at most; three of four fit the weights, the others judge.
SAMPLES = 96
#: Bytes of activations that are held, and of one batch.
HELD_BYTES, BATCH_BYTES = 256 << 20, 32 << 20

#: Batches, each an array per input.
Batches = list[list[np.ndarray]]


@dataclass(frozen=True)
class Parts:
    """Samples to fit to, and others to judge by."""

    fitted: Batches
    judging: Batches


def distinct(samples: Sequence[np.ndarray]) -> np.ndarray:
    """Places of the samples, [N, …] per input, that are equal to none before."""
    first: dict[bytes, int] = {}
    for i in range(len(samples[0])):
        first.setdefault(sha256(b"".join(np.ascontiguousarray(array[i]).data for array in samples)).digest(), i)
    return np.array(list(first.values()), int)


def parted(exact: Graph, samples: Sequence[np.ndarray], least: int) -> Parts:
    """As many different ones of ``samples`` as may be held, ``least`` if there are, spread evenly over them."""
    different = distinct(samples)
    largest = max((value.nbytes for value in exact.values() if not value.is_constant), default=1)
    count = int(np.clip(HELD_BYTES // (8 * largest), min(least, len(different)), min(SAMPLES, len(different))))
    chosen = different[np.linspace(0, len(different) - 1, count).round().astype(int)]
    border = np.arange(count) % 4 != 3  # every fourth judges
    size = max(1, min(BATCH_BYTES // (4 * largest), count)) if keeps_samples_apart(exact) else 1
    return Parts(*(list(_batches(samples, chosen[part], size)) for part in (border, ~border)))


def _batches(samples: Sequence[np.ndarray], chosen: np.ndarray, size: int) -> Iterator[list[np.ndarray]]:
    for begin in range(0, len(chosen), size):
        yield [array[chosen[begin : begin + size]] for array in samples]


#: What stands for errors that vanish.
EXACT_DB = 200.0


def gain_db(old: float, new: float) -> float:
    """By how much a noise of ``new`` is less than ``old``, ``EXACT_DB`` at most."""
    return min(float(10 * np.log10(old / new)), EXACT_DB) if new > 0 else EXACT_DB


class Judge:
    """What graphs that were quantized from ``exact`` err."""

    def __init__(self, exact: Graph, batches: Batches) -> None:
        self._batches = batches
        self.count = sum(len(batch[0]) for batch in batches)
        self._wanted = [_judged(exact, batch) for batch in batches]

    def noise(self, graph: Graph) -> float:
        """Squared error over squared result of what is judged, summed over the outputs."""
        energies = np.zeros((len(graph.outputs), 2))
        for batch, wanted in zip(self._batches, self._wanted, strict=True):
            for i, (a, b) in enumerate(zip(wanted, _judged(graph, batch), strict=True)):
                energies[i] += [np.square(a).sum(), np.square(a - b).sum()]
        return float((energies[:, 1] / np.maximum(energies[:, 0], 1e-30)).sum())


def _judged(graph: Graph, batch: list[np.ndarray]) -> list[np.ndarray]:
    """What is judged of each output, float64."""
    places = [_before_squashing(graph, value) for value in graph.outputs]
    found: dict[Value, np.ndarray] = {}

    def keep(value: Value, array: np.ndarray) -> None:
        if value in places:
            found[value] = array

    with np.errstate(all="ignore"):
        outputs = evaluate(graph, batch, keep)
    return [found.get(place, output).astype(np.float64) for place, output in zip(places, outputs, strict=True)]


def _before_squashing(graph: Graph, output: Value) -> Value:
    """The operand of the operator that squashes what then becomes ``output``, moved or requantized at most; else itself."""
    producers, value = graph.producers(), output
    while (op := producers.get(value)) is not None and _carries(op):
        value = op.operand(0)
    return op.operand(0) if op is not None and _squashes(op) else output


def _carries(op: Op) -> bool:
    return declaration(op.name).view or declaration(op.name).role in (Role.QUANTIZE, Role.DEQUANTIZE)


def _squashes(op: Op) -> bool:
    """Whether results lie within fixed ends, each by its operand's size (among its row's)."""
    decl = declaration(op.name)
    return decl.quant is QuantRule.FIXED and (decl.elementwise or decl.negligible is not None)
