"""No file can hurt the program: damaged copies of models are opened, allocated and run under the sanitizers."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import small_models
import tour
from oracle import engines
from test_control_flow import COUNTER, NESTED

from arenite.opdef import case_dtypes, declaration, rows
from arenite.text import parse
from arenite.writer import write

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "sanitize"
MODELS = {
    "tour": tour.model,
    "mlp": small_models.int8_mlp,
    "float": small_models.float_mlp,
    "loops": lambda: write(parse(NESTED)),
    "variables": lambda: write(parse(COUNTER)),
}


def call(*command: str | Path, seconds: float = 900) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def mutate() -> Path:
    """tests/cpp built with AddressSanitizer and UndefinedBehaviorSanitizer; the program mutate.cc."""
    call("cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
         "-DARENITE_SANITIZE=address,undefined")  # fmt: skip
    call("cmake", "--build", BUILD)
    return BUILD / "tests" / "cpp" / "mutate"


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_damaged_models(name: str, mutate: Path, tmp_path: Path) -> None:
    make: Callable[[], bytes] = MODELS[name]
    path = tmp_path / f"{name}.tflite"
    path.write_bytes(make())
    report = call(mutate, path, "10000", "1")
    ends = {sentence: int(count) for count, sentence in (line.split(maxsplit=1) for line in report.splitlines())}
    assert sum(ends.values()) == 10000
    assert len(ends) >= 10, f"the damage should reach many checks, found only: {report}"
    assert ends["no error"] > 100, "some damage is harmless and must still run"


class SeededDraw:
    """Choices for the operators' test cases, the same in every run."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def choice(self, options: Sequence[Any]) -> Any:
        return self._random.choice(options)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in rows() if declaration(name).case])
def test_damaged_operators(name: str, mutate: Path, tmp_path: Path) -> None:
    """Each operator alone, in each of its types: most damage hits what its own prepare and eval rely on."""
    case = declaration(name).case
    assert case is not None
    for seed, dtype in enumerate(case_dtypes(name)):
        path = tmp_path / f"{seed}.tflite"
        path.write_bytes(engines.model_of(case(SeededDraw(seed), dtype)))
        call(mutate, path, "400", str(seed))


@pytest.mark.slow
def test_cpp_tests_are_clean_under_the_sanitizers(mutate: Path) -> None:
    report = call("ctest", "--test-dir", BUILD, "--output-on-failure")
    assert "100% tests passed" in report
