"""Programs of TFLite Micro's API as firmware: the text that TFLite Micro's results demand, on an emulated board."""

from __future__ import annotations

from pathlib import Path

import pytest
import tflm_models
import tflm_programs

from arenite.board.build import build_target, configure, locked
from arenite.board.qemu import execute
from arenite.board.table import find_board

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]

BOARD = "cortex-m4"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("models")
    tflm_models.write_all(directory)
    return directory


@pytest.mark.parametrize("program", tflm_programs.CHECKS)
def test_programs_of_tflite_micro(program: str, models: Path) -> None:
    board = find_board(BOARD)
    with locked(board, "speed") as directory:
        (directory / "generated").mkdir(exist_ok=True)
        (directory / "generated" / "tflm_models.S").write_text(tflm_models.assembly(models))
        configure(directory, board, "speed")
        elf = build_target(directory, f"tflm_{program}")
        tflm_programs.CHECKS[program](execute(elf, board).output.replace("\r\n", "\n"))
