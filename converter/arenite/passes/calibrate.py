"""Run the float graph on the user's samples and note each value's range, in subgraphs over all rounds.

Changes nothing in the graph; fills ``context.statistics``. The graph has been folded and fused by now, so exactly the
tensors that will be quantized are seen: extremes and how often which values occur. Which range follows from that is decided
when grids are chosen. Samples run in batches when the graph keeps them apart; activations beyond ``BATCH_BYTES`` are never
held, nor samples beyond ``KEPT_SAMPLES``, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized

import numpy as np

from ..errors import CalibrationError, DataError
from ..evaluate import evaluate, keeps_resources, keeps_samples_apart
from ..graph import Graph, Value
from ..opdef import data_operands, declaration
from ..samples import InputSpec, Reservoir, batches
from .context import PassContext, Statistics
from .trained_ranges import trained_statistics

NAME = "calibrate"

#: Upper bound for the activations of one batch.
BATCH_BYTES = 64 << 20
MAX_BATCH = 64
#: Samples that later passes look at, chosen at random when there are more, and what they may take.
KEPT_SAMPLES = 512
KEPT_BYTES = 128 << 20
#: Inputs whose features differ more in size than this lose the small ones to the common scale.
FEATURE_RATIO = 100.0

ADVICE = (
    "quantizing needs calibration data: some hundred typical samples, preprocessed as in training; "
    "pass calibration=x_train[:200] (arenite convert … --calibrate samples.npz)"
)


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer:
        return
    if context.calibration is None and context.ranges:
        context.statistics = trained_statistics(graph, context)
        context.applied(graph.name, f"took {len(context.ranges)} trained ranges; no calibration data")
        return
    parts = graph.subgraphs()
    statistics = {value: Statistics() for part in parts for value in part.values() if not value.is_constant}
    observer = _Observer(parts, statistics, distributions=context.effective_calibrator != "minmax")
    kept, batch, features = Reservoir(KEPT_SAMPLES, KEPT_BYTES, context.seed), _batch_size(graph), _Features(graph)
    resources: dict[str, np.ndarray] = {}  # samples follow each other as the runs of a device do
    total = known_count(context)
    for inputs in read_samples(graph, batch, context):
        observer.begin = kept.seen
        kept.add(inputs)
        features.add(inputs)
        with np.errstate(all="ignore"):  # overflow shows as infinity, which the observer refuses
            evaluate(graph, inputs, observer, resources=resources, inside=True)
        if context.progress is not None:
            context.progress("calibrating", kept.seen, total)
    context.samples = kept.samples
    features.note(context)
    _take_trained(parts, statistics, context)
    context.statistics = statistics
    context.applied(graph.name, f"measured {len(statistics)} values over {kept.seen} samples, {batch} at a time")


def _take_trained(parts: list[Graph], statistics: dict[Value, Statistics], context: PassContext) -> None:
    """Trained ranges in place of those that were seen."""
    by_name = {(part.name, v.name): statistics[v] for part in parts for v in part.values() if v in statistics}
    for place, (low, high) in context.ranges.items():
        if place in by_name:
            by_name[place].low, by_name[place].high, by_name[place].trained = low, high, True
        else:
            context.refused(place[1], "its trained range is not used: nothing has this name any more")


def read_samples(graph: Graph, size: int, context: PassContext) -> Iterator[list[np.ndarray]]:
    """The calibration data, one array [size, …] per input at a time. Raises CalibrationError with what is wrong with it."""
    if context.calibration is None:
        raise CalibrationError(ADVICE)
    for value, name in zip(graph.inputs, graph.input_names, strict=True):
        if not value.shape or value.shape[0] != 1:
            raise CalibrationError(
                f"input '{name}' has shape {list(value.shape)}: calibration runs sample by sample, convert with batch=1"
            )
    names = zip(graph.input_names, graph.inputs, strict=True)
    seed = None if keeps_resources(graph) else context.seed  # what follows each other stays together
    specs = [InputSpec(name, value.shape, value.dtype) for name, value in names]
    try:
        yield from batches(context.calibration, specs, size, context.sample_count, seed)
    except DataError as error:
        raise CalibrationError(f"calibration data: {error}") from None


def known_count(context: PassContext) -> int:
    """How many samples there will be, at most; 0 when only the end of the data tells."""
    data = context.calibration
    data = next(iter(data.values()), None) if isinstance(data, Mapping) else data
    data = data[0] if isinstance(data, list | tuple) and data and isinstance(data[0], np.ndarray) else data
    total = len(data) if isinstance(data, Sized) else 0
    return min(total, context.sample_count) if total and context.sample_count else total or context.sample_count or 0


class _Features:
    """How large the features of each float input become: one scale serves all, and those 100 times smaller vanish in it."""

    def __init__(self, graph: Graph) -> None:
        self._inputs = list(zip(graph.inputs, graph.input_names, strict=True))
        self._sizes: list[np.ndarray | float] = [0.0] * len(self._inputs)

    def add(self, inputs: list[np.ndarray]) -> None:
        for i, array in enumerate(inputs):
            if array.ndim < 2:
                continue
            self._sizes[i] = np.maximum(self._sizes[i], np.abs(array.reshape(-1, array.shape[-1])).max(axis=0))

    def note(self, context: PassContext) -> None:
        for (value, name), seen in zip(self._inputs, self._sizes, strict=True):
            sizes = np.asarray(seen, np.float64)
            sizes = sizes[sizes > 0]
            if value.dtype == "float32" and sizes.size and sizes.max() > FEATURE_RATIO * sizes.min():
                context.uneven[value] = (
                    f"input '{name}': its features reach from ±{sizes.min():.3g} to ±{sizes.max():.3g}, but integers have "
                    "one scale for all of them, so the small ones lose their detail; convert with io='float32' (--io float32), "
                    "which brings them to one size on the device where fully connected layers read them, or normalize them "
                    "before the model (in the data, not in a layer)"
                )


def _batch_size(graph: Graph) -> int:
    """Samples that run at once: 1 when an operator mixes them, else as many as ``BATCH_BYTES`` of activations allow."""
    if not keeps_samples_apart(graph):
        return 1
    largest = max(
        (value.nbytes * _copies(graph, value) for value in graph.values() if not value.is_constant), default=1
    )
    return int(np.clip(BATCH_BYTES // max(largest, 1), 1, MAX_BATCH))


def _copies(graph: Graph, value: Value) -> int:
    """How often the reference of a reader lays the value out anew: once per tap of its window, at most."""
    windows = [declaration(op.name).window for op in graph.ops if value in op.inputs]
    readers = [op for op in graph.ops if value in op.inputs]
    taps = [int(np.prod(w(op).kernel)) for w, op in zip(windows, readers, strict=True) if w is not None]
    return max(taps, default=1)


class _Observer:
    """Takes in each value; ``begin`` is the number of the batch's first sample."""

    def __init__(self, parts: list[Graph], statistics: dict[Value, Statistics], distributions: bool) -> None:
        ops = [op for part in parts for op in part.ops]
        self._statistics = statistics
        self._origins = {value: op for op in ops for value in op.outputs}
        self._averaged = {data_operands(op)[0][1] for op in ops if declaration(op.name).weight is not None}
        self._crested = {op.operand(0) for op in ops if declaration(op.name).negligible is not None}
        self._distributions = distributions
        self.begin = 0

    def __call__(self, value: Value, array: np.ndarray) -> None:
        if array.dtype.kind != "f" or not array.size:
            return
        seen = self._statistics[value]
        if not np.isfinite(array).all():
            self._refuse(value)
        seen.add(array, value.shape[-1] if value.shape else 1)
        seen.add_peaks(array, value.size)
        if self._distributions:
            seen.add_distribution(array, value.size)
        if value in self._crested:
            seen.crest = min(seen.crest, float(array.max(axis=-1).min()))
        if value in self._averaged:
            seen.add_total(array, value.shape)

    def _refuse(self, value: Value) -> None:
        producer = self._origins.get(value)
        where = f"{producer.name} of {producer.origin}" if producer else f"input '{value.name}'"
        raise CalibrationError(
            f"{where} gives NaN or infinity for a calibration sample at or after number {self.begin}; "
            "check the sample and the weights of the layers before"
        )
