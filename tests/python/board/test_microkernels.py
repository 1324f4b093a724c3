"""The microkernels that a board selects give the bytes of naive loops, compiled for speed and for size."""

from __future__ import annotations

import pytest

from arenite.board.build import build
from arenite.board.qemu import execute
from arenite.board.table import Board

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]


def assert_equal_to_naive_loops(board: Board, optimize: str) -> None:
    firmware = build("check_microkernels", board, optimize)
    variants, failures = execute(firmware, board, timeout=120).output.split(":")
    assert {"portable", "compact", "selected"} <= set(variants.split())
    assert failures.split() == ["0", "failures"]


@pytest.mark.parametrize("optimize", ["size", "checked"])
def test_selected_microkernels_equal_naive_loops(full_board: Board, optimize: str) -> None:
    assert_equal_to_naive_loops(full_board, optimize)


def test_fast_microkernels_equal_naive_loops(board: Board) -> None:
    if board.family == "riscv":
        pytest.skip("the test needs a C++ library; the board has portable microkernels only, which the host tests")
    assert_equal_to_naive_loops(board, "speed")
