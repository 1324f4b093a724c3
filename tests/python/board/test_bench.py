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
from arenite.board.estimate import _CHIPS, _INSTRUCTIONS, estimate
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
    assert result.estimate == estimate("cortex-m4", result.instructions)


def test_estimates_give_what_was_published_back() -> None:
    """Keyword spotting and anomaly detection, counted and measured."""
    words, anomalies = estimate("cortex-m4", 7_698_000), estimate("cortex-m4", 583_000)
    assert words is not None and anomalies is not None
    assert words.least_ms < 99.8 < words.most_ms and words.least_uj < 5230.273 < words.most_uj  # type: ignore[operator]
    assert (anomalies.most_ms, anomalies.most_uj) == pytest.approx((8.60, 443.184))
    assert 0.99 < 120e6 * anomalies.most_ms / 1e3 / 583_000 / 1.77 < 1.01
    m33 = estimate("cortex-m33", 24_102_000)
    assert m33 is not None and m33.least_ms == pytest.approx(232.0) and m33.least_uj is None
    assert str(words).endswith("µJ (STM32L4R5, 120 MHz)") and "µJ" not in str(m33)
    assert estimate("cortex-m7", 1) is None


def test_the_page_has_the_figures_and_the_error() -> None:
    page = (Path(__file__).parents[3] / "docs" / "estimates.md").read_text()
    for chip in _CHIPS.values():
        for figures, scale in ((chip.milliseconds, chip.megahertz * 1e3), (chip.microjoules, 1e3)):
            if figures:
                each = [scale * figure / n for figure, n in zip(figures, _INSTRUCTIONS, strict=True)]
                digits = 2 if scale > 1e3 else 3
                assert all(f"| {ratio:.{digits}f} |" in page for ratio in each)
                assert f"{min(each):.{digits}f} to {max(each):.{digits}f}" in page
                middle, beyond = _errors(each)
                assert f"{middle:.0%}".replace("%", " %") in page and f"{beyond:.0%}".replace("%", " %") in page


def _errors(each: list[float]) -> tuple[float, float]:
    """How far the middle of the band is off at most, and how far a model lies beyond the band of the others."""
    middle = (min(each) + max(each)) / 2
    others = [sorted({*each} - {ratio}) for ratio in each]
    beyond = [max(ratio / rest[-1], rest[0] / ratio) - 1 for ratio, rest in zip(each, others, strict=True)]
    return max(abs(ratio - middle) / ratio for ratio in each), max(beyond)


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
