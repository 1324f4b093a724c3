"""No file can hurt the program: damaged copies of models are opened, allocated and run under the sanitizers.

``ARENITE_MUTATIONS=n`` makes n times as many copies; ``make mutations`` does, with a seed of its own.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import sanitized
import seeded
import small_models
import tour
from oracle import engines
from sanitized import call
from test_control_flow import COUNTER, NESTED

from arenite.conversion import convert
from arenite.reader import ARENA_PLAN
from arenite.text import parse
from arenite.writer import write

#: a variable that branches are given
PASSED = """
%p: bool[] = input
%x: float32[1,4] = input
%v: resource[] = var_handle() {shared_name="v"}
%y: float32[1,4] = if(%p, %v, %x) {then_subgraph_index=@"store", else_subgraph_index=@"load"}
return %y

subgraph "store"
%v: resource[] = input
%x: float32[1,4] = input
assign_variable(%v, %x)
return %x

subgraph "load"
%v: resource[] = input
%x: float32[1,4] = input
%y: float32[1,4] = read_variable(%v)
return %y
"""

#: weights enough to become float16, and a bias that does not
WEIGHTED = """
%x: float32[1,8] = input
%w: float32[16,8] = const random(1)
%b: float32[16] = const random(2)
%h: float32[1,16] = fully_connected(%x, %w, %b)
%v: float32[8,16] = const random(3)
%y: float32[1,8] = fully_connected(%h, %v, none)
return %y
"""


def with_plan() -> bytes:
    """A file that says where its tensors lie, but for one."""
    graph = parse(
        "%x: float32[1,4] = input\n%a: float32[1,4] = relu(%x)\n%b: float32[1,4] = add(%a, %x)\n"
        "%c: float32[1,4] = mul(%b, %a)\nreturn %c"
    )
    graph.metadata[ARENA_PLAN] = struct.pack("<7i", 1, 0, 4, 0, 32, 16, -1)
    return write(graph)


MODELS = {
    "tour": tour.model,
    "mlp": small_models.int8_mlp,
    "float": small_models.float_mlp,
    "loops": lambda: write(parse(NESTED)),
    "variables": lambda: write(parse(COUNTER)),
    "passed": lambda: write(parse(PASSED)),
    "planned": with_plan,
    "halves": lambda: convert(parse(WEIGHTED), "float16").content,
}
#: of a model; of each instance of an operator
COPIES, COPIES_OF_EACH = 10000, 250
#: instances of each signature of an operator
EACH = 2
FACTOR = int(os.environ.get("ARENITE_MUTATIONS", "1"))
SEED = int(os.environ.get("ARENITE_SEED", "1"))


@pytest.fixture(scope="module")
def mutate() -> Path:
    """tests/cpp/mutate.cc"""
    return sanitized.build() / "mutate"


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_damaged_models(name: str, mutate: Path, tmp_path: Path) -> None:
    make: Callable[[], bytes] = MODELS[name]
    path = tmp_path / f"{name}.tflite"
    path.write_bytes(make())
    report = call(mutate, str(COPIES * FACTOR), str(SEED), path)
    ends = {sentence: int(count) for count, sentence in (line.split(maxsplit=1) for line in report.splitlines())}
    assert sum(ends.values()) == COPIES * FACTOR
    assert len(ends) >= 10, f"the damage should reach many checks, found only: {report}"
    assert ends["no error"] > 100, "some damage is harmless and must still run"


@pytest.mark.slow
@pytest.mark.parametrize("name", seeded.CASED)
def test_damaged_operators(name: str, mutate: Path, tmp_path: Path) -> None:
    """Each operator alone, in each of its signatures: most damage hits what its own prepare and eval rely on."""
    instances = [op for ops in seeded.instances(name, EACH, SEED).values() for op in ops]
    paths = [tmp_path / f"{number}.tflite" for number in range(len(instances))]
    for path, op in zip(paths, instances, strict=True):
        path.write_bytes(engines.model_of(op))
    call(mutate, str(COPIES_OF_EACH * FACTOR), str(SEED), *paths)


@pytest.mark.slow
def test_cpp_tests_are_clean_under_the_sanitizers(mutate: Path) -> None:
    report = call("ctest", "--test-dir", sanitized.BUILD, "--output-on-failure")
    assert "100% tests passed" in report
