"""Print docs/accuracy.md: what quantizing costs, over the zoo, on trained models and on the reference models.

    ARENITE_MODELS=… PYTHONPATH=tests python benchmarks/accuracy_page.py > docs/accuracy.md

The zoo's figures are those of docs/coverage.json (`make zoo`); the others are measured now, in some minutes. Needs
arenite[dev]. ARENITE_MODELS holds the float ``.h5`` files of MLPerf Tiny and the int8 files that were published with them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import arenite
from arenite.comparison.engines import arenite_engine, open_reference
from arenite.comparison.metrics import sqnr_db

COVERAGE = Path(__file__).parents[1] / "docs" / "coverage.json"
#: A row is behind when it is worse by more than this, dB.
MARGIN = 0.3
#: .h5 of MLPerf Tiny → the int8 file that was published with it.
PUBLISHED = {
    "ad01.h5": "ad01_int8.tflite",
    "pretrainedResnet.h5": "pretrainedResnet_quant.tflite",
    "vww_96.h5": "vww_96_int8.tflite",
}
#: name of a trained model of the zoo → its data set.
TRAINED = {"digits CNN": "digits", "digits LSTM": "digits", "wine MLP": "wine", "iris MLP": "iris"}
CALIBRATION, JUDGED = 100, 50

HEAD = """# Accuracy

Printed by `benchmarks/accuracy_page.py`; do not edit. How the figures come about, and what each step of the converter does for
them, is in [quantization.md](quantization.md).
"""


# --- the zoo ----------------------------------------------------------------------------------------------------------
def zoo_rows(scheme: str) -> list[tuple[str, float, float]]:
    """(model, ours, LiteRT's), dB, of the models that both converters convert and run."""
    models = json.loads(COVERAGE.read_text())["models"]
    sides = ((name, *(model[side].get(scheme, {}) for side in ("arenite", "litert"))) for name, model in models.items())
    return [(n, a["sqnr_db"], b["sqnr_db"]) for n, a, b in sides if "sqnr_db" in a and "sqnr_db" in b]


def zoo() -> Iterator[str]:
    yield (
        "## The zoo\n\nSQNR against Keras in float on 50 unseen samples, calibrated on 100; the models are those of"
        " [coverage.md](coverage.md) that both converters convert.\n"
    )
    yield "| | models | median, dB | LiteRT's converter | worst | LiteRT's | better by > 0.3 dB | behind by > 0.3 dB |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for scheme in ("int8", "16x8"):
        rows = zoo_rows(scheme)
        ours, theirs = [row[1] for row in rows], [row[2] for row in rows]
        better = sum(a > b + MARGIN for _, a, b in rows)
        cells = [
            len(rows),
            *(f"{of(x):.1f}" for of in (median, min) for x in (ours, theirs)),
            better,
            len(behind(rows)),
        ]
        yield f"| {scheme} | {' | '.join(map(str, cells))} |"
    for scheme in ("int8", "16x8"):
        listed = ", ".join(f"{name} {a:.1f} ({b:.1f})" for name, a, b in behind(zoo_rows(scheme)))
        yield f"\nBehind in {scheme}, with LiteRT's figure: {listed or 'none'}."


def behind(rows: list[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    return sorted((row for row in rows if row[1] < row[2] - MARGIN), key=lambda row: row[1] - row[2])


# --- trained models ---------------------------------------------------------------------------------------------------
def trained() -> Iterator[str]:
    yield (
        "\n## Trained models\n\nAccuracy in percent on samples that neither training nor calibration saw, and SQNR in dB of the"
        " probabilities.\n"
    )
    yield "| model | samples | float | int8 | dB | 16x8 | dB | int4 weights | dB | int4, `--fast` | dB |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    from zoo.measure import Subject
    from zoo.registry import load
    from zoo.trained import TRAINED_ON, data

    models = load()
    for name, source in TRAINED.items():
        subject, (x, labels) = Subject.make(models[name]), data(source)
        border = int(TRAINED_ON * len(x))
        yield _trained_row(name, subject.model, x[:border][:300], x[border:], labels[border:])


def _trained_row(name: str, model: Any, calibration: np.ndarray, x: np.ndarray, labels: np.ndarray) -> str:
    truth = np.asarray(model(x, training=False))
    cells = [name, str(len(x)), percent(truth, labels)]
    for scheme, options in (
        ("int8", {}),
        ("16x8", {}),
        ("int8", {"weights": "int4"}),
        ("int8", {"weights": "int4", "fast": True}),
    ):
        result = run(arenite.convert(model, scheme, calibration, **options).content, x)
        cells += [percent(result, labels), f"{sqnr_db(truth, result):.1f}"]
    return f"| {' | '.join(cells)} |"


def percent(scores: np.ndarray, labels: np.ndarray) -> str:
    return f"{100 * float((scores.argmax(axis=1) == labels).mean()):.1f}"


def run(content: bytes, x: np.ndarray) -> np.ndarray:
    engine = arenite_engine(content)
    result: np.ndarray = engine.real(engine.run([x]))[0]
    return result


# --- reference models -------------------------------------------------------------------------------------------------
def reference_models(place: Path) -> Iterator[str]:
    yield (
        "\n## MLPerf Tiny\n\nThe float models beside the int8 files that were published with them: SQNR in dB against Keras in"
        " float. Random: uniform numbers in the range of the model's data; structured: patches with noise. Ours are"
        f" calibrated on {CALIBRATION} others of the same kind, the published files on the data sets, which are not here.\n"
    )
    yield "| model | inputs | int8 | published int8 | 16x8 | int8 B | published B |"
    yield "|---|---|---:|---:|---:|---:|---:|"
    for name, file in PUBLISHED.items():
        reference, published = open_reference(place / name, trust=False), (place / file).read_bytes()
        graph = arenite.convert(place / name).float_graph
        for kind, draw in (("random", uniform), ("structured", patches)):
            inputs = draw(graph.inputs[0].shape[1:], reach(published))
            judged, (truth,) = inputs[CALIBRATION:], reference.run([inputs[CALIBRATION:]])
            files = [arenite.convert(graph, s, inputs[:CALIBRATION]).content for s in ("int8", "16x8")]
            results = (run(content, judged) for content in (files[0], published, files[1]))
            figures = [f"{sqnr_db(truth, result.reshape(truth.shape)):.1f}" for result in results]
            yield f"| {name} | {kind} | {' | '.join(figures)} | {len(files[0]):,} | {len(published):,} |"


def reach(published: bytes) -> tuple[float, float]:
    """The range of the published file's input, which is that of its data."""
    scale, zero_point = arenite_engine(published).input_details[0]["quantization"]
    return (-128 - zero_point) * scale, (127 - zero_point) * scale


def uniform(shape: tuple[int, ...], ends: tuple[float, float]) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(*ends, (CALIBRATION + JUDGED, *shape)).astype(np.float32)


def patches(shape: tuple[int, ...], ends: tuple[float, float]) -> np.ndarray:
    """Patches of 8 elements a side with a tenth of noise; the features of a vector in runs of 8."""
    rng, count = np.random.default_rng(1), CALIBRATION + JUDGED
    axes = range(1, 1 + min(2, max(1, len(shape) - 1)))
    coarse = [count, *(-(-n // 8) if axis in axes else n for axis, n in enumerate(shape, start=1))]
    array = rng.random(coarse)
    for axis in axes:
        array = np.repeat(array, 8, axis=axis)
    smooth = array[(slice(None), *(slice(n) for n in shape))]
    mixed = 0.9 * smooth + 0.1 * rng.random((count, *shape))
    return (ends[0] + (ends[1] - ends[0]) * mixed).astype(np.float32)


def main() -> None:
    print(HEAD)
    for line in (*zoo(), *trained()):
        print(line, flush=True)
    if place := os.environ.get("ARENITE_MODELS"):
        for line in reference_models(Path(place)):
            print(line, flush=True)
    else:
        print("ARENITE_MODELS is not set: without the reference models", file=sys.stderr)


if __name__ == "__main__":
    main()
