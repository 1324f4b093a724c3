"""What goes wrong in practice ends in an error that says what to do, and loses nothing."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import small_models
import tour
from test_control_flow import COUNTER, NESTED

import arenite
from arenite.atomic import replacing
from arenite.execution import run_file
from arenite.graph import Graph, Op, Value
from arenite.text import parse
from arenite.writer import write

MODELS = {
    "mlp": small_models.int8_mlp,
    "float": small_models.float_mlp,
    "loops": lambda: write(parse(NESTED)),
    "variables": lambda: write(parse(COUNTER)),
    "tour": tour.model,
}


def allocated(content: bytes, arena_size: int | None = None) -> arenite.Interpreter:
    interpreter = arenite.Interpreter(model_content=content, arena_size=arena_size)
    interpreter.allocate_tensors()
    return interpreter


def outputs(interpreter: arenite.Interpreter) -> list[np.ndarray]:
    """After one run on inputs of ones."""
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], np.ones(detail["shape"], detail["dtype"]))
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


# --- the arena --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", MODELS)
def test_an_arena_of_any_size_is_enough_or_the_error_says_what_is(name: str) -> None:
    content = MODELS[name]()
    enough = allocated(content).arena_used().used
    sizes = range(enough) if enough < 4096 else [*range(0, enough, 97), *range(enough - 64, enough)]
    for size in sizes:
        with pytest.raises(arenite.ArenaError, match=rf"arena_size={enough}\b"):
            allocated(content, size)
    assert allocated(content, enough).arena_used().used == enough


def test_an_interpreter_works_after_a_run_that_failed() -> None:
    table = Value("table", "float32", (3, 2), np.arange(6, dtype=np.float32).reshape(3, 2))
    index, row = Value("index", "int32", (1,)), Value("row", "float32", (1, 2))
    gather = Op("gather", [table, index], [row], {"axis": 0, "batch_dims": 0})
    interpreter = allocated(write(Graph("main", [index], [row], [gather], ["index"], ["row"])))
    at, out = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    for value in (3, -1, 2**31 - 1):
        interpreter.set_tensor(at, np.array([value], np.int32))
        with pytest.raises(arenite.AreniteError, match="gather"):
            interpreter.invoke()
    interpreter.set_tensor(at, np.array([2], np.int32))
    interpreter.invoke()
    assert interpreter.get_tensor(out).tolist() == [[4, 5]]


# --- calibration --------------------------------------------------------------------------------------------------------
@pytest.fixture
def float_model(tmp_path: Path) -> Path:
    path = tmp_path / "float.tflite"
    path.write_bytes(small_models.float_mlp())
    return path


SAMPLES = np.random.default_rng(7).normal(size=(40, 4)).astype(np.float32)


def with_outlier(value: float) -> np.ndarray:
    samples = SAMPLES.copy()
    samples[3, 1] = value
    return samples


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (with_outlier(np.nan), "'x' holds NaN or infinity"),
        (with_outlier(np.inf), "'x' holds NaN or infinity"),
        (SAMPLES[:0], "'x' holds no samples"),
        (SAMPLES[:, :3], r"shape \[40, 3\], expected \[N, 4\]"),
        (None, "quantizing needs calibration data"),
    ],
)
def test_calibration_data_that_cannot_be_used_is_refused(
    samples: np.ndarray | None, message: str, float_model: Path
) -> None:
    with pytest.raises(arenite.CalibrationError, match=message):
        arenite.convert(float_model, quantize="int8", calibration=samples)


@pytest.mark.parametrize("outlier", [1e30, 3e38])
def test_an_outlier_that_leaves_nothing_is_refused(outlier: float, float_model: Path) -> None:
    with pytest.raises(arenite.CalibrationError, match=r"input 'x': its features reach from .* SQNR of"):
        arenite.convert(float_model, quantize="int8", calibration=with_outlier(outlier))


@pytest.mark.parametrize("scale", [[0, 0, 0, 0], [1, 0, 1, 1], [1e-38] * 4])
def test_constant_and_tiny_channels_give_a_model_that_runs(scale: list[float], float_model: Path) -> None:
    samples = (SAMPLES * np.array(scale)).astype(np.float32)
    model = arenite.convert(float_model, quantize="int8", calibration=samples)
    assert len(outputs(allocated(model.content))) == 1


# --- files --------------------------------------------------------------------------------------------------------------
def limit_files() -> None:
    """No file of the child may grow beyond 4 KiB: to its writer that is a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def command(*arguments: str | Path, full_disk: bool = False) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "arenite", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=limit_files if full_disk else None,
    )


def test_a_full_disk_loses_nothing(float_model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((2000, 4), np.float32))
    (tmp_path / "y.npy").write_text("old")
    run = command("run", float_model, "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy", full_disk=True)
    message = run.communicate(timeout=60)[1]
    assert run.returncode == 1
    assert message.startswith(f"error: cannot write '{tmp_path / 'y.npy'}': ") and "None" not in message
    assert (tmp_path / "y.npy").read_text() == "old"
    tree = command("export", float_model, "--to", "cmake", "-o", tmp_path / "tree", full_disk=True)
    assert "cannot write" in tree.communicate(timeout=60)[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["float.tflite", "x.npy", "y.npy"]


def test_an_interrupt_loses_nothing(float_model: Path, tmp_path: Path) -> None:
    samples = np.zeros((10, 4), np.float32)
    (tmp_path / "y.npy").write_text("old")

    def interrupt(_: str, done: int, __: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_file(float_model, samples, tmp_path / "y.npy", real=False, arena_size=None, progress=interrupt)
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "y.npy") as temporary:
        temporary.write_text("new")
        raise KeyboardInterrupt
    assert (tmp_path / "y.npy").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["float.tflite", "y.npy"]


# --- processes and threads -----------------------------------------------------------------------------------------------
def test_an_allocated_interpreter_survives_a_fork() -> None:
    content = small_models.int8_mlp()
    expected = outputs(allocated(content))[0]
    interpreter = allocated(content)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(outputs(interpreter)[0], expected) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    np.testing.assert_array_equal(outputs(interpreter)[0], expected)


def test_eight_threads_with_interpreters_of_their_own_agree() -> None:
    content = tour.model()
    expected = outputs(allocated(content))
    agree: list[bool] = []

    def work() -> None:
        interpreter = allocated(content)
        for _ in range(20):
            interpreter.reset_all_variables()
            agree.append(all(map(np.array_equal, outputs(interpreter), expected)))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert agree == [True] * 160
