"""Models that Keras saved while it ran on another backend, and commands while the user's settings name one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import arenite

pytest.importorskip("tensorflow")


def under(backend: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(str(a) for a in arguments)]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def run(content: bytes, inputs: dict[str, np.ndarray]) -> np.ndarray:
    interpreter = arenite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    details = {d["name"].split(":")[0]: d["index"] for d in interpreter.get_input_details()}
    results = []
    for number in range(len(next(iter(inputs.values())))):
        for name, index in details.items():
            interpreter.set_tensor(index, inputs[name][number : number + 1])
        interpreter.invoke()
        results.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    return np.concatenate(results)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "numpy"])
def test_a_file_of_another_backend(backend: str, tmp_path: Path) -> None:
    pytest.importorskip("jax")
    model, answers, converted = tmp_path / "model.keras", tmp_path / "answers.npz", tmp_path / "model.tflite"
    made = under(backend, Path(__file__).with_name("backend_model.py"), model, answers)
    assert made.returncode == 0, made.stderr
    done = under(backend, "-m", "arenite", "convert", model, "-o", converted)
    assert done.returncode == 0, done.stderr
    with np.load(answers) as data:
        expected, inputs = data["output"], {name: data[name] for name in ("image", "steps")}
    np.testing.assert_allclose(run(converted.read_bytes(), inputs), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_an_object_of_another_backend() -> None:
    pytest.importorskip("jax")
    code = "import keras, arenite; arenite.convert(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))"
    done = under("jax", "-c", code)
    assert "Keras runs on jax in this process: save the model" in done.stderr
