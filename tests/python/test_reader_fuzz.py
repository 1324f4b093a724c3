"""What reads files in Python takes any bytes: it reads them or says why not, soon and in little memory.

A short run of ``fuzz_reader.py``; ``make fuzz`` runs it guided by coverage, for as long as one likes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sanitized
import small_models
from damage import places

from arenite import inspection, reader
from arenite.errors import ArenaError
from arenite.runtime import Interpreter

CASES = 4000


def test_damaged_files_are_read_or_refused() -> None:
    report = sanitized.call(sys.executable, Path(__file__).parent / "fuzz_reader.py", "--cases", str(CASES))
    ends = json.loads(report.splitlines()[-1])
    assert ends["cases"] == CASES
    assert min(ends["read"], ends["ModelError"]) > CASES / 10, f"the damage should reach both ends, was: {ends}"
    assert ends["UnsupportedError"] > 0
    assert ends["slowest"] < 2 and ends["peak_mb"] < 512, ends


@pytest.mark.parametrize("make", [small_models.int8_mlp, small_models.with_fake_quant])
def test_the_damage_knows_the_bytes_of_the_tables(make: Callable[[], bytes]) -> None:
    content = make()
    known = {at for place in places(content) for at in range(place.at, place.at + place.width)}
    assert all(place.at + place.width <= len(content) for place in places(content))
    assert len(known) > 0.6 * len(content), "the rest is padding and vtables that nothing refers to"


def test_an_arena_that_the_machine_lacks_is_an_arena_error() -> None:
    interpreter = Interpreter(model_content=small_models.int8_mlp(), arena_size=2**62)
    with pytest.raises(ArenaError, match="4,611,686,018,427,387,904 bytes"):
        interpreter.allocate_tensors()


def test_multiplications_of_an_operator_that_cannot_run_count_nothing() -> None:
    graph = reader.read(small_models.float_mlp())
    dense = graph.ops[0]
    assert inspection._macs(dense) == 12
    dense.inputs = dense.inputs[:1]
    assert inspection._macs(dense) == 0
