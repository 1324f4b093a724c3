"""Comparing a quantized file with the float model it came from, in our interpreter and in its peers, layer by layer.

Uses Arenite's public names only: everything here could be written by a user.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import arenite
from arenite.errors import DataError
from arenite.samples import specs_of, stack_samples

from . import engines, metrics
from .layers import layer_errors
from .result import Comparison, EngineResult, LayerError

__all__ = ["Comparison", "EngineResult", "LayerError", "compare"]

#: called as progress(step, done, total) while something is running.
Progress = Callable[[str, int, int], None]


def compare(
    model: Any,
    tflite: Any,
    data: Any,
    labels: Any = None,
    *,
    peers: Sequence[str] = engines.PEERS,
    layer_samples: int = 32,
    trust: bool = False,
    progress: Progress = lambda step, done, total: None,
) -> Comparison:
    """Run ``data`` through the float ``model`` and through ``tflite`` in every engine, and say how far apart they are.

    model          a Keras model, a path to one, or a float ``.tflite`` file (then TensorFlow is not needed).
    tflite         path or bytes of the ``.tflite`` file to judge.
    data           as ``arenite.convert`` takes calibration data: array, list, dict by input name, or iterator.
    labels         class numbers [N] for accuracy and the confusion matrix of the first output.
    peers          further engines: of ``litert-reference``, ``litert``, ``tflm``. Those absent are listed with the reason.
    layer_samples  how many samples the error per operator is taken over; 0 leaves it out.
    trust          allow Keras models with Lambda layers, whose code is run.
    Raises DataError when data or labels do not fit, ModelError when the file does not open.
    """
    content = _content(tflite)
    ours = engines.arenite_engine(content)
    inputs = stack_samples(data, specs_of(ours.input_details))
    samples = len(inputs[0])
    class_of = _labels(labels, samples)
    reference = engines.open_reference(model, trust=trust)
    expected = reference.run(inputs)
    _check_outputs(expected, ours, reference.name)

    raw: list[np.ndarray] | None = None
    results = []
    for engine in engines.available(content, ours, peers):
        if isinstance(engine, engines.Absent):
            results.append(EngineResult(engine.name, absent=engine.reason))
            continue
        outputs = engine.run(inputs, lambda done, name=engine.name: progress(name, done, samples))  # type: ignore[misc]
        results.append(_judge(engine, outputs, expected, class_of, raw))
        raw = raw if raw is not None else outputs

    assert raw is not None, "our own engine always runs"
    layers: list[LayerError] = []
    unmatched = 0
    if layer_samples:
        layers, unmatched = layer_errors(reference.tflite(), content, [x[:layer_samples] for x in inputs])
    return Comparison(
        reference=reference.name,
        model=tflite.name if isinstance(tflite, Path) else Path(tflite).name if isinstance(tflite, str) else "model",
        samples=samples,
        reference_accuracy=None if class_of is None else metrics.accuracy(expected[0], class_of),
        engines=results,
        layers=layers,
        unmatched_layers=unmatched,
        confusion=None if class_of is None else metrics.confusion_matrix(ours.real(raw)[0], class_of),
        inspection=arenite.inspect(content),
    )


def _content(tflite: Any) -> bytes:
    if isinstance(tflite, bytes | bytearray | memoryview):
        return bytes(tflite)
    if hasattr(tflite, "content"):
        return bytes(tflite.content)
    try:
        return Path(tflite).read_bytes()
    except OSError as error:
        raise DataError(f"cannot read '{tflite}': {error.strerror}") from None


def _labels(labels: Any, samples: int) -> np.ndarray | None:
    if labels is None:
        return None
    array = np.asarray(labels)
    if array.shape not in ((samples,), (samples, 1)) or array.dtype.kind not in "iu":
        raise DataError(
            f"labels are {array.dtype}{list(array.shape)}, expected integers [{samples}]: one class per sample"
        )
    return array.reshape(samples)


def _check_outputs(expected: Sequence[np.ndarray], ours: engines.Engine, reference: str) -> None:
    """Both models must have the same outputs in the same order."""
    theirs = [tuple(y.shape[1:]) for y in expected]
    own = [tuple(int(n) for n in detail["shape"][1:]) for detail in ours.output_details]
    if theirs != own:
        raise DataError(
            f"{reference} has outputs of shapes {theirs} per sample, the .tflite file {own}: not the same model"
        )


def _judge(
    engine: engines.Engine,
    raw: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
    labels: np.ndarray | None,
    ours: Sequence[np.ndarray] | None,
) -> EngineResult:
    """One engine's row; ``ours`` are our raw outputs, None when this is our engine."""
    real = engine.real(raw)
    return EngineResult(
        engine.name,
        sqnr_db=min(metrics.sqnr_db(e, y) for e, y in zip(expected, real, strict=True)),
        worst_abs_error=max(metrics.worst_abs_error(e, y) for e, y in zip(expected, real, strict=True)),
        accuracy=None if labels is None else metrics.accuracy(real[0], labels),
        agreement=None if ours is None else metrics.agreement(list(ours), list(raw)),
    )
