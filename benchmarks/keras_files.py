"""The ``.h5`` files of the reference models (ARENITE_MODELS) through the converter: exactness in float32, SQNR in int8.

    ARENITE_MODELS=… python benchmarks/keras_files.py

Calibrated on 50 random inputs, judged on 20 others against Keras. Needs arenite[keras].
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

import arenite
from arenite.comparison.engines import arenite_engine, open_reference
from arenite.comparison.metrics import sqnr_db

CALIBRATION, JUDGED = 50, 20


def measure(path: Path) -> str:
    """One row of the table."""
    reference = open_reference(path, trust=False)
    converted = arenite.convert(path)
    (source,) = converted.graph.inputs
    inputs = np.random.default_rng(0).random((CALIBRATION + JUDGED, *source.shape[1:]), np.float32)
    judged = inputs[CALIBRATION:]
    (truth,) = reference.run([judged])
    figures = []
    for content in (converted.content, arenite.convert(path, "int8", inputs[:CALIBRATION]).content):
        engine = arenite_engine(content)
        (result,) = engine.real(engine.run([judged]))
        error = np.abs(result - truth).max() / np.abs(truth).max()
        figures += [f"{len(content):,}", f"{error:.1e}", f"{sqnr_db(truth, result):.1f}"]
    return f"| {path.name} | {' | '.join(figures)} |"


if __name__ == "__main__":
    print(
        "| file | float32 B | largest error | dB | int8 B | largest error | dB |\n|---|---:|---:|---:|---:|---:|---:|"
    )
    for file in sorted(Path(os.environ["ARENITE_MODELS"]).glob("*.h5")):
        print(measure(file), flush=True)
