"""Comparing a quantized file with the float model it came from, in our interpreter and in its peers, layer by layer.

Reads both files and runs them, whole and in parts; it knows nothing of the passes that made them.
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
from .advice import advise
from .boards import on_boards
from .layers import LayerErrors, layer_errors
from .result import Advice, BoardCheck, Comparison, EngineResult, LayerError
from .tasks import Task, judge, labels_by_output

__all__ = ["Advice", "BoardCheck", "Comparison", "EngineResult", "LayerError", "Task", "compare"]

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
    boards: Sequence[str] = (),
    board_samples: int = 4,
    arena_regions: Sequence[int] | None = None,
    trust: bool = False,
    progress: Progress = lambda step, done, total: None,
) -> Comparison:
    """Run ``data`` through the float ``model`` and through ``tflite`` in every engine, and say how far apart they are.

    model          a Keras model, a path to one, or a float ``.tflite`` file (then TensorFlow is not needed).
    tflite         path or bytes of the ``.tflite`` file to judge.
    data           as ``arenite.convert`` takes calibration data: array, list, dict by input name, or iterator.
    labels         for the figures of its task, by output name or, one array, of the first output: class numbers [N], 0 and
                   1 or numbers of the output's own shape.
    peers          further engines: of ``litert-reference``, ``litert``, ``tflm``. Those absent are listed with the reason.
    layer_samples  how many samples the errors per operator are taken over; 0 leaves them out.
    boards         emulated boards (``boards/boards.csv``) that run the first ``board_samples`` too, whose bytes must be ours.
    arena_regions  bytes of the arena's parts, for the plan in the report; as in :func:`arenite.inspect`.
    trust          allow Keras models with Lambda layers, whose code is run.
    Raises DataError when data or labels do not fit, ModelError when the file does not open, ArenaError when it does not fit
    into the regions.
    """
    content = _content(tflite)
    inspection = arenite.inspect(content, arena_regions=arena_regions)
    ours = engines.arenite_engine(content)
    inputs = stack_samples(data, specs_of(ours.input_details))
    reference = engines.open_reference(model, trust=trust)
    expected = reference.run(inputs)
    _check_outputs(expected, ours, reference.name)
    names = [detail["name"] for detail in ours.output_details]
    truths = labels_by_output(labels, names)

    samples = len(expected[0])
    results, raw = _run_engines(engines.available(content, ours, peers), inputs, expected, truths.get(0), progress)
    real = ours.real(raw)
    tasks = [_judge_task(names[i], truth, expected[i], real[i]) for i, truth in truths.items()]
    studied = _study(reference, content, [x[:layer_samples] for x in inputs], progress) if layer_samples else _NOTHING
    return Comparison(
        reference=reference.name,
        model=tflite.name if isinstance(tflite, Path) else Path(tflite).name if isinstance(tflite, str) else "model",
        samples=samples,
        engines=results,
        layers=studied.operators,
        inputs=studied.inputs,
        unmatched_layers=studied.unmatched,
        layer_samples=studied.samples,
        layer_problem=studied.problem,
        advice=advise(studied.inputs, studied.operators, results[0].sqnr_db),
        tasks=tasks,
        boards=on_boards(content, ours, [x[:board_samples] for x in inputs], raw, boards, progress),
        inspection=inspection,
    )


#: What a comparison without layers has.
_NOTHING = LayerErrors([], [], 0, 0, "")


def _study(
    reference: engines.Reference, content: bytes, inputs: Sequence[np.ndarray], progress: Progress
) -> LayerErrors:
    floats = reference.converted()
    return layer_errors(floats.content, content, inputs, floats.layers, progress)


def _run_engines(
    found: Sequence[engines.Engine | engines.Absent],
    inputs: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
    labels: np.ndarray | None,
    progress: Progress,
) -> tuple[list[EngineResult], list[np.ndarray]]:
    """Every engine's row, and the raw outputs of the first, which is ours."""
    raw: list[np.ndarray] | None = None
    results = []
    for engine in found:
        if isinstance(engine, engines.Absent):
            results.append(EngineResult(engine.name, absent=engine.reason))
            continue
        report: Callable[[int], None] = lambda done, name=engine.name: progress(name, done, len(inputs[0]))  # type: ignore[misc]  # noqa: E731
        outputs = engine.run(inputs, report)
        results.append(_judge(engine, outputs, expected, labels, raw))
        raw = raw if raw is not None else outputs
    assert raw is not None, "our own engine always runs"
    return results, raw


def _content(tflite: Any) -> bytes:
    if isinstance(tflite, bytes | bytearray | memoryview):
        return bytes(tflite)
    if hasattr(tflite, "content"):
        return bytes(tflite.content)
    try:
        return Path(tflite).read_bytes()
    except OSError as error:
        raise DataError(f"cannot read '{tflite}': {error.strerror}") from None


def _check_outputs(expected: Sequence[np.ndarray], ours: engines.Engine, reference: str) -> None:
    """Both models must have the same outputs in the same order."""
    theirs = [tuple(y.shape[1:]) for y in expected]
    own = [tuple(int(n) for n in detail["shape"][1:]) for detail in ours.output_details]
    if theirs != own:
        raise DataError(
            f"{reference} has outputs of shapes {theirs} per sample, the .tflite file {own}: not the same model"
        )


def _judge_task(name: str, labels: np.ndarray, expected: np.ndarray, real: np.ndarray) -> Task:
    """Figures of one output; what is left of the samples behind the last whole batch is not counted."""
    whole = labels[: len(real)] if len(labels) == len(expected) else labels
    return judge(name, whole, expected[: len(real)], real)


def _judge(
    engine: engines.Engine,
    raw: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
    labels: np.ndarray | None,
    ours: Sequence[np.ndarray] | None,
) -> EngineResult:
    """One engine's row; ``ours`` are our raw outputs, None when this is our engine."""
    real = engine.real(raw)
    task = None if labels is None else _judge_task("", labels, expected[0], real[0])
    return EngineResult(
        engine.name,
        sqnr_db=min(metrics.sqnr_db(e, y) for e, y in zip(expected, real, strict=True)),
        worst_abs_error=max(metrics.worst_abs_error(e, y) for e, y in zip(expected, real, strict=True)),
        accuracy=None if task is None else task.ours.get("accuracy"),
        agreement=None if ours is None else metrics.agreement(list(ours), list(raw)),
    )
