"""The C API's test as firmware: the same program that test_cpp_package.py runs on the host."""

from __future__ import annotations

from pathlib import Path

import c_models
import pytest

from arenite.board.build import build_target, configure, locked
from arenite.board.qemu import execute
from arenite.board.table import find_board

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]


def test_the_c_api_on_a_board(tmp_path: Path) -> None:
    board = find_board("cortex-m3")
    with locked(board, "size") as directory:
        (directory / "generated").mkdir(exist_ok=True)
        (directory / "generated" / "c_models.S").write_text(c_models.assembly(c_models.write_all(tmp_path)))
        configure(directory, board, "size")
        output = execute(build_target(directory, "check_c_api"), board).output
    assert output.replace("\r\n", "\n") == "passed\n"
