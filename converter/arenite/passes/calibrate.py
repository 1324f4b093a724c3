"""Run the float graph on the user's samples and note each value's range.

Changes nothing in the graph; fills ``context.statistics``. The graph has been folded and fused by now, so exactly the
tensors that will be quantized are seen. Ranges are minimum and maximum over all samples and always include zero.
Samples run in batches when the graph keeps them apart; activations beyond ``BATCH_BYTES`` are never held.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import CalibrationError, DataError, UnsupportedError
from ..evaluate import evaluate, keeps_samples_apart
from ..graph import RESOURCE, Graph, Value
from ..opdef import data_operands, declaration
from ..samples import InputSpec, stack_samples
from .context import PassContext, Statistics

NAME = "calibrate"

#: Upper bound for the activations of one batch.
BATCH_BYTES = 64 << 20
MAX_BATCH = 64
#: Inputs whose features differ more in size than this lose the small ones to the common scale.
FEATURE_RATIO = 100.0

ADVICE = (
    "quantizing needs calibration data: some hundred typical samples, preprocessed as in training; "
    "pass calibration=x_train[:200] (arenite convert … --calibrate samples.npz)"
)


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer:
        return
    _refuse_control_flow(graph, context)
    samples = context.samples = load_samples(graph, context.calibration)
    warn_about_features(graph, samples, context)
    averaged = {data_operands(op)[0][1] for op in graph.ops if declaration(op.name).weight is not None}
    crested = {op.operand(0) for op in graph.ops if declaration(op.name).negligible is not None}
    statistics = {value: Statistics() for value in graph.values() if not value.is_constant}
    batch, count = _batch_size(graph), len(samples[0])
    resources: dict[str, np.ndarray] = {}  # samples follow each other as the runs of a device do
    for begin in range(0, count, batch):
        inputs = [array[begin : begin + batch] for array in samples]
        with np.errstate(all="ignore"):  # overflow shows as infinity, which the observer refuses
            evaluate(graph, inputs, _observer(graph, statistics, averaged, crested, begin), resources=resources)
        if context.progress is not None:
            context.progress("calibrating", min(begin + batch, count), count)
    _take_trained(statistics, context)
    context.statistics = statistics
    context.applied(graph.name, f"measured {len(statistics)} values over {count} samples, {batch} at a time")


def _take_trained(statistics: dict[Value, Statistics], context: PassContext) -> None:
    """Trained ranges in place of those that were seen."""
    by_name = {value.name: seen for value, seen in statistics.items()}
    for name, (low, high) in context.ranges.items():
        if name in by_name:
            by_name[name].low, by_name[name].high = low, high
        else:
            context.refused(name, "its trained range is not used: nothing has this name any more")


def _refuse_control_flow(graph: Graph, context: PassContext) -> None:
    """Ranges inside loops and branches, and of variables that are assigned, depend on more than one sample."""
    lines = [
        f"{op.origin} became {op.name}"
        for op in graph.ops
        if op.callees or any(value is not None and value.dtype == RESOURCE for value in (*op.inputs, *op.outputs))
    ]
    if lines and not context.allow_float_fallback:
        raise UnsupportedError(
            "models with control flow or assigned variables are not quantized as a whole:\n  "
            + "\n  ".join(dict.fromkeys(lines))
            + "\nWith allow_float_fallback=True (--allow-float-fallback) what is inside loops, branches and variables stays"
            " float32 and the rest is quantized; or convert without quantize, or move it out of the model"
        )


def load_samples(graph: Graph, data: object) -> list[np.ndarray]:
    """One array [N, …] per input. Raises CalibrationError with what is wrong with the data."""
    if data is None:
        raise CalibrationError(ADVICE)
    for value, name in zip(graph.inputs, graph.input_names, strict=True):
        if not value.shape or value.shape[0] != 1:
            raise CalibrationError(
                f"input '{name}' has shape {list(value.shape)}: calibration runs sample by sample, convert with batch=1"
            )
    names = zip(graph.input_names, graph.inputs, strict=True)
    specs = [InputSpec(name, value.shape, value.dtype) for name, value in names]
    try:
        return stack_samples(data, specs)
    except DataError as error:
        raise CalibrationError(f"calibration data: {error}") from None


def warn_about_features(graph: Graph, samples: list[np.ndarray], context: PassContext) -> None:
    """One scale serves a whole input tensor: features that are 100 times smaller than others vanish in it."""
    for value, name, array in zip(graph.inputs, graph.input_names, samples, strict=True):
        if value.dtype != "float32" or array.shape[-1] < 2:
            continue
        sizes = np.abs(array.reshape(-1, array.shape[-1])).max(axis=0).astype(np.float64)
        sizes = sizes[sizes > 0]
        if sizes.size and sizes.max() > FEATURE_RATIO * sizes.min():
            context.warn(
                f"input '{name}': its features reach from ±{sizes.min():.3g} to ±{sizes.max():.3g}, but int8 has one scale "
                f"for all of them, so the small ones lose their detail; normalize the features before the model (in the "
                "data, not in a layer), or convert with io='float32' and scale them there"
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


def _observer(
    graph: Graph, statistics: dict[Value, Statistics], averaged: set[Value], crested: set[Value], begin: int
) -> Callable[[Value, np.ndarray], None]:
    origins = graph.producers()

    def observe(value: Value, array: np.ndarray) -> None:
        if array.dtype.kind != "f" or not array.size:
            return
        seen = statistics[value]
        if not np.isfinite(array).all():
            producer = origins.get(value)
            where = f"{producer.name} of {producer.origin}" if producer else f"input '{value.name}'"
            raise CalibrationError(
                f"{where} gives NaN or infinity for a calibration sample at or after number {begin}; "
                "check the sample and the weights of the layers before"
            )
        seen.add(array, value.shape[-1] if value.shape else 1)
        if value in crested:
            seen.crest = min(seen.crest, float(array.max(axis=-1).min()))
        if value in averaged:
            seen.add_total(array, value.shape)

    return observe
