"""The microkernels that a board selects give the bytes of naive loops, compiled for speed and for size."""

from __future__ import annotations

import pytest

from arenite.board.build import OPTIMIZE, build
from arenite.board.qemu import execute
from arenite.board.table import Board

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]


@pytest.mark.parametrize("optimize", OPTIMIZE)
def test_selected_microkernels_equal_naive_loops(board: Board, optimize: str) -> None:
    firmware = build("check_microkernels", board, optimize)
    assert execute(firmware, board, timeout=120).output.split() == ["portable", "selected", ":", "0", "failures"]
