"""The C++, C and TFLite Micro examples build and run: beside the source tree (C++), with an installed arenite (all)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import c_models
import numpy as np
import pytest
import small_models
import tflm_models
import tflm_programs

from arenite import Interpreter
from arenite.opdef import rows

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "cpp"


def call(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(directory: Path, model: Path, *options: str, source: Path = EXAMPLE) -> str:
    """Configure and build the example, run it, return what it prints. model  a file, or a directory of several."""
    release = ("-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release")
    models = f"-DMODEL{'S' if model.is_dir() else ''}={model}"
    call("cmake", "-S", source, "-B", directory, *release, models, *options)
    call("cmake", "--build", directory)
    return call(directory / "example")


def expected(content: bytes) -> str:
    """What main.cc prints for an input of ones."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    detail = interpreter.get_input_details()[0]
    interpreter.set_tensor(detail["index"], np.ones(detail["shape"], np.int8))
    interpreter.invoke()
    output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return f"{' '.join(map(str, output.ravel()))} \narena {int(interpreter.arena_used())} of 32768 bytes\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.tflite"
    path.write_bytes(small_models.int8_mlp())
    return path


@pytest.fixture(scope="module")
def source_build(model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The example built with the source tree: build directory, what it prints."""
    directory = tmp_path_factory.mktemp("source")
    return directory, build(directory, model, "-DARENITE_INSTALL=ON", "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--gc-sections")


@pytest.mark.slow
def test_example_in_source_tree(model: Path, source_build: tuple[Path, str]) -> None:
    assert source_build[1] == expected(model.read_bytes())


@pytest.fixture(scope="module")
def installed(source_build: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Options of cmake that find an installed arenite and nothing else."""
    prefix = tmp_path_factory.mktemp("installed")
    call("cmake", "--install", source_build[0], "--component", "cpp", "--prefix", prefix)
    assert (prefix / "include" / "arenite" / "interpreter" / "interpreter.h").exists()
    return f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_REQUIRE_FIND_PACKAGE_arenite=ON"


@pytest.mark.slow
def test_example_with_installed_package(
    model: Path, source_build: tuple[Path, str], installed: tuple[str, str], tmp_path: Path
) -> None:
    assert build(tmp_path / "build", model, *installed) == source_build[1]


@pytest.mark.slow
def test_the_c_example_gives_the_same(model: Path, installed: tuple[str, str], tmp_path: Path) -> None:
    assert build(tmp_path / "build", model, *installed, source=ROOT / "examples" / "c") == expected(model.read_bytes())


@pytest.mark.slow
def test_the_c_api_at_its_edges(installed: tuple[str, str], tmp_path: Path) -> None:
    c_models.write_all(tmp_path)
    assert build(tmp_path / "build", tmp_path, *installed, source=ROOT / "tests" / "c") == "passed\n"


@pytest.fixture(scope="module")
def tflm_build(installed: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """examples/tflm, built with an installed arenite."""
    directory = tmp_path_factory.mktemp("tflm")
    (directory / "models").mkdir()
    tflm_models.write_all(directory / "models")
    options = ("-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", f"-DMODELS={directory / 'models'}", *installed)
    call("cmake", "-S", ROOT / "examples" / "tflm", "-B", directory, *options)
    call("cmake", "--build", directory, "-j", "2")
    return directory


@pytest.mark.slow
@pytest.mark.parametrize("program", tflm_programs.CHECKS)
def test_programs_of_tflite_micro(program: str, tflm_build: Path) -> None:
    done = subprocess.run([tflm_build / program], capture_output=True, text=True, timeout=60, check=True)
    tflm_programs.CHECKS[program](done.stderr)


def test_the_names_of_tflite_micros_operators_are_rows() -> None:
    """Each stands once, and for a row of the table."""
    text = (ROOT / "compat" / "operators.def").read_text()
    symbols = re.findall(r"^ARENITE_TFLM_OPERATOR\(\w+, \w+, (\w+)\)$", text, re.MULTILINE)
    assert len(symbols) == len(text.splitlines()) - 3 and symbols and len(set(symbols)) == len(symbols)
    assert set(symbols) <= {row.symbol for row in rows().values()}


@pytest.mark.slow
def test_only_named_kernels_are_linked(source_build: tuple[Path, str]) -> None:
    symbols = call("nm", "-C", source_build[0] / "example")
    assert "arenite::kernels::softmax" in symbols
    assert "arenite::kernels::mean" not in symbols
    assert "arenite::kernels::depthwise_conv_2d" not in symbols


def test_the_readme_shows_the_example() -> None:
    """Each line of the README's C++ is a line of main.cc, in the same order."""
    (block,) = re.findall(r"```cpp\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    lines = iter((EXAMPLE / "main.cc").read_text().splitlines())
    assert all(line in lines for line in block.splitlines())
