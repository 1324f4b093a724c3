"""``arenite inspect --board``: what it says before flashing is what the firmware takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from models import MODELS
from typer.testing import CliRunner

from arenite import inspect
from arenite.board.benching import random_inputs
from arenite.board.footprint import footprint
from arenite.board.running import run
from arenite.board.stack import stack_bound
from arenite.cli import app
from arenite.errors import ModelError

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]


def test_it_says_what_a_run_finds() -> None:
    content = MODELS["sine"]()
    said = footprint(content, inspect(content), "cortex-m4", "size")
    found = run(content, [random_inputs(content)], "cortex-m4", "size")
    assert said.arena == found.arena == found.ram.arena
    assert said.stack == stack_bound(content, "cortex-m4", "size")
    assert said.stack.total >= found.ram.stack_invoke - 200  # what is painted includes main and startup
    assert {part.name for part in said.parts if part.group == "kernels"} >= {"fully_connected"}
    models = [part.flash for part in said.parts if part.group == "models"]
    assert models == [len(content)]
    assert said.flash == pytest.approx(
        found.flash.runtime + found.flash.model, abs=150
    )  # alignment, the resolver's list


def test_the_command(tmp_path: Path) -> None:
    model = tmp_path / "sine.tflite"
    model.write_bytes(MODELS["sine"]())
    arguments = ["inspect", str(model), "--board", "cortex-m4", "--optimize", "size"]
    printed = CliRunner().invoke(app, arguments).output
    assert "RAM: stack, at most" in printed and "flash: kernels: fully_connected" in printed
    answer = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output)
    assert answer["board"]["flash"] == sum(part["flash"] for part in answer["board"]["parts"])
    assert answer["board"]["arena"] == answer["arena"]["used"] and answer["board"]["stack"]["invoke"] > 0


def test_a_model_that_does_not_run_has_no_firmware() -> None:
    content = bytearray(MODELS["sine"]())
    facts = inspect(bytes(content))
    broken = type(facts)(**{**facts.__dict__, "arena": None, "problem": "no kernel"})
    with pytest.raises(ModelError, match="no kernel"):
        footprint(bytes(content), broken, "cortex-m4")
