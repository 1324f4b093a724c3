"""What the interpreter keeps in the arena: at most 64 bytes, 8 an operator and 4 a tensor that is no constant."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import seeded
import small_models
import test_control_flow
from oracle import engines

from arenite import _core
from arenite.runtime import Interpreter
from arenite.text import parse
from arenite.writer import write

#: for each subgraph that is called: its place in the list of them, and rounding up
CALLED = 48


def assert_within_the_limit(title: str, content: bytes) -> None:
    core = _core.Interpreter(content, False)
    assert core.open() is None
    subgraphs = range(core.subgraph_count())
    operators = sum(len(core.operators(index)) for index in subgraphs)
    stored = sum(not tensor[-1] for index in subgraphs for tensor in core.tensors(index))
    host = Interpreter(model_content=content)
    host.allocate_tensors()
    kept = host.arena_used().persistent
    assert 4 * stored <= kept <= 64 + 8 * operators + 4 * stored + CALLED * (len(subgraphs) - 1), title


def test_every_operator() -> None:
    """Each signature once: recurrent ones have two dozen constants, which a bit each stands for."""
    for name in seeded.CASED:
        for ops in seeded.instances(name, 1).values():
            assert_within_the_limit(name, engines.model_of(ops[0]))


@pytest.mark.parametrize("text", [test_control_flow.BRANCH, test_control_flow.COUNTER, test_control_flow.LOOP])
def test_subgraphs(text: str) -> None:
    assert_within_the_limit(text, write(parse(text)))


def test_models() -> None:
    directory = os.environ.get("ARENITE_MODELS")
    files = sorted(Path(directory).glob("*.tflite")) if directory else []
    contents = {file.name: file.read_bytes() for file in files} | {"mlp": small_models.int8_mlp()}
    for name, content in contents.items():
        assert_within_the_limit(name, content)
