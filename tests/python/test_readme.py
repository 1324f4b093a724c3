"""What the README tells a stranger to type works, word for word."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from arenite.cli import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def shell_lines() -> list[str]:
    return [line.split("#")[0].strip() for block in blocks("sh") for line in block.splitlines() if line.strip()]


def test_every_make_target_exists() -> None:
    targets = [line.split()[1] for line in shell_lines() if line.startswith("make ")]
    assert {"demo", "test"} <= set(targets)
    rules = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(targets) <= rules


def test_every_command_is_known() -> None:
    for line in shell_lines():
        assert line.split()[0] in ("make", "arenite", "pip"), line


def test_links_and_directories_exist() -> None:
    places = re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(r"^\| `([^`]+)`", README, re.MULTILINE)
    assert places
    for place in places:
        assert (ROOT / place).exists(), place


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    assert "make test" in shell_lines()
    assert re.search(r"^make test$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files that the README speaks of."""
    keras = pytest.importorskip("keras")
    place = tmp_path_factory.mktemp("readme")
    keras.utils.set_random_seed(1)
    layers = keras.layers
    keras.Sequential(
        [layers.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(10, "softmax")]
    ).save(place / "digits.keras")
    images = np.random.default_rng(1).random((24, 8, 8, 1), np.float32)
    np.save(place / "images.npy", images)
    np.savez(place / "calibration.npz", images=images)
    np.savez(place / "test.npz", images=images, labels=np.arange(24) % 10)
    return place


@pytest.mark.slow
def test_python_quick_start(
    workshop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(workshop)
    (block,) = blocks("python")
    images = np.load("images.npy")
    exec(
        compile(block, "README.md", "exec"),
        {"images": images, "test_images": images, "test_labels": np.arange(24) % 10},
    )
    assert "arena" in capsys.readouterr().out
    assert Path("digits.tflite").stat().st_size and Path("report.html").read_text().startswith("<!doctype html>")


@pytest.mark.slow
def test_shell_quick_start(workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workshop)
    lines = [line for line in shell_lines() if line.startswith("arenite ")]
    assert len(lines) >= 4
    for line in lines:
        result = CliRunner().invoke(app, shlex.split(line)[1:])
        assert result.exit_code == 0, f"{line}\n{result.output}"
    assert np.load("scores.npy").shape == (24, 10)


def test_cpp_quick_start_is_the_example() -> None:
    """Each line is one of examples/cpp, in the same order; that is built and run by test_cpp_package.py."""
    (block,) = blocks("cpp")
    lines = iter((ROOT / "examples" / "cpp" / "main.cc").read_text().splitlines())
    assert all(line in lines for line in block.splitlines())


def figures(name: str) -> dict[tuple[str, str, str], int]:
    """Of a table of ``benchmarks/``: (board, model, quantity) → value."""
    with open(ROOT / "benchmarks" / name, newline="") as file:
        return {(row["board"], row["model"], row["quantity"]): int(row["value"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("row", "model"),
    [("visual wake words", "vww"), ("image classification", "resnet"), ("keyword spotting", "kws"),
     ("anomaly detection", "ad")],
)  # fmt: skip
def test_figures_are_those_of_the_budget(row: str, model: str) -> None:
    """Within the 1 % that the budget itself allows."""
    (line,) = (line for line in README.splitlines() if line.startswith(f"| {row} |"))
    cells = [cell.strip().replace(",", "").split(" / ") for cell in line.strip("|").split("|")]
    for (ours, theirs), quantity, unit in zip(
        cells[1:4], ("instructions", "arena", "flash"), (1000, 1, 1), strict=True
    ):
        for told, table in ((ours, "budget.csv"), (theirs, "peers.csv")):
            measured = figures(table)["cortex-m4", model, quantity] / unit
            assert abs(int(told) - measured) <= 0.01 * measured, (
                f"README: {row}, {quantity}: {told}, {table}: {measured:.0f}"
            )


def test_setup_script_explains_itself() -> None:
    done = subprocess.run([ROOT / ".ci" / "setup"], capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 2 and "usage" in done.stderr
