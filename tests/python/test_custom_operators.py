"""Custom operators: those without a row are kept as they are and named in errors; the example brings its own kernel."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path

import numpy as np
import pytest

import arenite
from arenite.board.qemu import execute
from arenite.board.table import find_board
from arenite.errors import GraphError, ModelError, UnsupportedError
from arenite.evaluate import evaluate
from arenite.flexbuffer import write_map
from arenite.graph import Graph, Op, Value
from arenite.inspection import inspect
from arenite.reader import read
from arenite.text import parse, to_text
from arenite.writer import write

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "custom_operator"
MODEL: bytes = runpy.run_path(str(EXAMPLE / "make_model.py"))["model"](10)
#: what main.cc prints: twice 0, 50, 2, 3 with the peak of 100 fading by 10; after the reset twice -3.
PRINTED = "0 100 90 80 -6\n"


def test_bytes_are_kept() -> None:
    graph = read(MODEL)
    assert graph.ops[1].name == "custom" and graph.ops[1].attrs["custom_code"] == "PeakHold"
    assert write(read(write(graph))) == write(graph)
    assert to_text(parse(to_text(graph))) == to_text(graph)


def test_inspection_names_it() -> None:
    inspection = inspect(MODEL)
    assert inspection.op_counts == {"add": 1, "custom 'PeakHold'": 1}
    assert inspection.unsupported == {"custom 'PeakHold'": 1}
    assert inspection.arena is None and inspection.problem is not None and "custom 'PeakHold'" in inspection.problem


def test_running_it_without_a_kernel() -> None:
    interpreter = arenite.Interpreter(model_content=MODEL)
    assert interpreter.op_counts() == {"add": 1, "PeakHold": 1}
    with pytest.raises(ModelError, match=r"operator 1 \(custom 'PeakHold' → 'y'\): the resolver has no kernel"):
        interpreter.allocate_tensors()
    with pytest.raises(UnsupportedError, match=r"custom 'PeakHold' of .* cannot be evaluated"):
        evaluate(read(MODEL), [np.zeros((1, 8), np.int8)])


def test_a_custom_operator_without_a_name() -> None:
    x, y = Value("x", "int8", (1,)), Value("y", "int8", (1,))
    with pytest.raises(GraphError, match="lacks the attribute custom_code"):
        write(Graph("main", [x], [y], [Op("custom", [x], [y])], ["x"], ["y"]))


def test_options_of_a_row_that_are_no_map() -> None:
    window = Value("w", "int16", (2,), np.ones(2, np.int16))
    x, y = Value("x", "int16", (2,)), Value("y", "int16", (2,))
    content = write(Graph("main", [x], [y], [Op("signal_window", [x, window], [y], {"shift": 3})], ["x"], ["y"]))
    assert read(content).ops[0].attrs == {"shift": 3}
    options = write_map({"shift": 3})
    damaged = content.replace(options, bytes(len(options)))
    assert damaged != content
    with pytest.raises(ModelError, match="the options of operator 'SignalWindow'"):
        read(damaged)


def call(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(directory: Path, *options: str) -> None:
    model = directory / "model.tflite"
    model.write_bytes(MODEL)
    call(
        "cmake",
        "-S",
        EXAMPLE,
        "-B",
        directory,
        "-G",
        "Ninja",
        "-DCMAKE_BUILD_TYPE=MinSizeRel",
        f"-DMODEL={model}",
        *options,
    )
    call("cmake", "--build", directory, "--target", "custom_operator")


@pytest.mark.slow
def test_the_example_on_the_host(tmp_path: Path) -> None:
    build(tmp_path)
    assert call(tmp_path / "custom_operator") == PRINTED


@pytest.mark.slow
def test_the_example_on_a_board(tmp_path: Path) -> None:
    build(tmp_path, f"--toolchain={ROOT / 'boards' / 'toolchain.cmake'}", "-DARENITE_BOARD=cortex-m3")
    assert execute(tmp_path / "custom_operator.elf", find_board("cortex-m3"), timeout=60).output == PRINTED


def test_the_page_shows_the_example() -> None:
    """Each line of the page's C++ is a line of peak_hold.cc, in the same order."""
    (block,) = re.findall(r"```cpp\n(.*?)```", (ROOT / "docs" / "custom_operators.md").read_text(), re.DOTALL)
    lines = iter((EXAMPLE / "peak_hold.cc").read_text().splitlines())
    assert all(line in lines for line in block.splitlines())
