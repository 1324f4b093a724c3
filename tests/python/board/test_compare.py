"""``arenite compare --board``: float, host and board on the same samples."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import small_models
from typer.testing import CliRunner

from arenite.cli import app
from arenite.comparison.boards import _check


@pytest.mark.needs_tools
def test_the_boards_bytes_are_the_hosts(tmp_path: Path) -> None:
    for name, content in (("float", small_models.float_mlp()), ("int8", small_models.int8_mlp())):
        (tmp_path / f"{name}.tflite").write_bytes(content)
    np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=(8, 4)).astype(np.float32))
    arguments = ["float.tflite", "int8.tflite", "--data", "x.npy", "--board", "cortex-m4", "--no-peers", "--json"]
    paths = [str(tmp_path / a) if "." in a else a for a in arguments]
    result = CliRunner().invoke(app, ["compare", *paths, "--board-samples", "3"])
    (board,) = json.loads(result.stdout)["boards"]
    assert result.exit_code == 0 and board["ok"]
    assert (board["board"], board["samples"], board["equal"]) == ("cortex-m4", 3, 3) and board["instructions"] > 0


def test_a_byte_that_differs_is_seen() -> None:
    host = [np.array([[1, 2], [3, 4]], np.int8)]
    check = _check("m4", [[np.array([[1, 2]], np.int8)], [np.array([[3, 5]], np.int8)]], host, 1, 7)
    assert (check.samples, check.equal, check.worst_difference, check.ok) == (2, 1, 1, False)
    assert not replace(check, floats=True).ok and replace(check, floats=True, worst_difference=1e-6).ok
