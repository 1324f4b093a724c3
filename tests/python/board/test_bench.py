"""``arenite bench`` and ``arenite check --board``: the figures of the board runner, budgets, and what makes them fail."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from models import MODELS
from typer.testing import CliRunner

import arenite.board.benching
from arenite import inspect
from arenite.board.benching import bench, random_inputs
from arenite.board.running import run
from arenite.cli import app

pytestmark = pytest.mark.needs_tools


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "digits.tflite"
    path.write_bytes(MODELS["digits"]())
    return path


def call(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.output


def test_bench_gives_the_runners_figures(model: Path) -> None:
    content = model.read_bytes()
    [result] = bench(model, ["cortex-m4"], profile=True).boards
    same = run(content, [random_inputs(content)], "cortex-m4")
    assert result.equal
    assert result.instructions == same.instructions[0]
    assert [cost.name for cost in result.run.operators] == [operator.name for operator in inspect(content).operators]
    assert result.estimate is not None
    assert 0 < result.estimate.least_ms < result.estimate.most_ms


def test_the_command_prints_and_speaks_json(model: Path) -> None:
    code, text = call("bench", model, "--board", "cortex-m4,cortex-m3", "--profile")
    assert code == 0
    assert "They are not cycles" in text
    assert "operators on cortex-m3" in text
    code, text = call("bench", model, "--json")
    answer = json.loads(text)
    assert [entry["board"] for entry in answer["boards"]] == ["cortex-m4"]
    assert answer["boards"][0]["equal"] is True


def test_other_outputs_than_the_hosts_are_told(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = arenite.board.benching._on_host

    def off_by_one(content: bytes, inputs: list[np.ndarray]) -> list[np.ndarray]:
        outputs = expected(content, inputs)
        outputs[0].reshape(-1)[-1] ^= 1
        return outputs

    monkeypatch.setattr(arenite.board.benching, "_on_host", off_by_one)
    code, text = call("bench", model)
    assert code == 1
    assert "differ from the host's" in text
    code, text = call("check", model, "--board", "cortex-m4")
    assert code == 1
    assert "other outputs on cortex-m4" in text


def test_check_holds_a_firmware_against_budgets(model: Path) -> None:
    code, text = call("check", model, "--board", "cortex-m4", "--ram", "64K", "--flash", "1M", "--json")
    assert code == 0
    answer = json.loads(text)
    ram, flash = answer["ram"], answer["flash"]
    assert flash > len(model.read_bytes())
    code, text = call("check", model, "--board", "cortex-m4", "--ram", str(ram), "--flash", str(flash))
    assert code == 0, text
    code, text = call("check", model, "--board", "cortex-m4", "--ram", str(ram - 1), "--flash", str(flash - 1))
    assert code == 1
    assert f"needs {ram:,} bytes of RAM on cortex-m4, 1 more than the {ram - 1:,} allowed" in text
    assert f"needs {flash:,} bytes of flash on cortex-m4, 1 more" in text
