"""The ground under every board figure: the counter is exact, startup initialises memory, no failure goes unnoticed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arenite.board.build import build
from arenite.board.elf import Elf
from arenite.board.qemu import START, STOP, execute
from arenite.board.table import Board, boards, find_board
from arenite.board.tools import require
from arenite.errors import BoardError, ToolMissingError

pytestmark = pytest.mark.needs_tools


def is_armv6(board: Board) -> bool:
    """Whether the core knows only the hard fault, divides in software and loads no unaligned word."""
    return "cortex-m0" in board.flags


def forgiven(board: Board) -> str:
    """What is no fault: division in software and RISC-V's give a number; QEMU's RISC-V loads from any address."""
    if board.family == "riscv":
        return "da"
    return "d" if is_armv6(board) else ""


#: letter of boards/checks/fault.cc → what RISC-V calls it
RISCV = {"u": "illegal instruction pc=0x", "m": "load access fault pc=0x", "f": "store access fault pc=0x",
         "s": "store access fault stack overflow"}  # fmt: skip


def assert_fault(board: Board, which: str, message: str, directory: Path) -> None:
    (directory / "fault").write_text(which)
    with pytest.raises(BoardError, match=message):
        execute(build("check_fault", board), board, cwd=directory, timeout=20)


def assert_no_fault(board: Board, which: str, directory: Path) -> None:
    (directory / "fault").write_text(which)
    assert execute(build("check_fault", board), board, cwd=directory, timeout=20).output == ""


def test_a_loop_of_known_length_is_counted_exactly(board: Board) -> None:
    firmware = build("check_counter", board)
    marks = {name: Elf(firmware).address(name) for name in (START, STOP)}
    run = execute(firmware, board, marks, profile=True)
    assert run.spans(START, STOP) == [2 + 2 * 1000 + 2] * 2
    assert sum(run.profile.values()) == 2 * 2004
    assert run.profile[START] == 2


def test_startup_sets_data_and_bss_and_paints_the_stack(board: Board) -> None:
    words = execute(build("check_counter", board), board).output.split()
    assert words[:2] == ["sum", "10"]
    assert 16 <= int(words[3]) <= 512


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ("r", "exit code 3"),
        ("d", "usage fault pc=0x"),
        ("u", "usage fault pc=0x"),
        ("m", "bus fault pc=0x"),
        ("a", "usage fault pc=0x"),
        ("f", "memory fault pc=0x"),
        ("s", "fault stack overflow"),
    ],
)
def test_every_kind_of_fault_ends_the_run(board: Board, which: str, message: str, tmp_path: Path) -> None:
    if board.family == "riscv":
        message = RISCV.get(which, message)
    elif is_armv6(board):
        message = re.sub("(usage|bus|memory) fault", "hard fault", message)
    if which in forgiven(board):
        assert_no_fault(board, which, tmp_path)
        return
    assert_fault(board, which, message, tmp_path)


def test_unaligned_words_fault_on_armv6_only(board: Board, tmp_path: Path) -> None:
    if is_armv6(board):
        assert_fault(board, "w", "hard fault pc=0x", tmp_path)
    else:
        assert_no_fault(board, "w", tmp_path)


def test_without_a_fault_the_same_firmware_succeeds(board: Board, tmp_path: Path) -> None:
    assert_no_fault(board, "n", tmp_path)


def test_checked_firmware_traps_undefined_behaviour(tmp_path: Path) -> None:
    m4 = find_board("cortex-m4")
    (tmp_path / "fault").write_text("o")
    with pytest.raises(BoardError, match=r"usage fault pc=0x[0-9a-f]+ in main"):
        execute(build("check_fault", m4, "checked"), m4, cwd=tmp_path)


def test_a_firmware_that_hangs_is_an_error(tmp_path: Path) -> None:
    m3 = find_board("cortex-m3")
    (tmp_path / "fault").write_text("h")
    with pytest.raises(BoardError, match="on cortex-m3 did not end within 2 s"):
        execute(build("check_fault", m3), m3, cwd=tmp_path, timeout=2)


def test_an_unknown_symbol_is_an_error() -> None:
    m3 = find_board("cortex-m3")
    with pytest.raises(BoardError, match="no symbol 'nowhere'"):
        Elf(build("check_counter", m3)).address("nowhere")


def test_an_unknown_board_is_told_with_the_known_ones() -> None:
    with pytest.raises(BoardError, match=", ".join(boards())):
        find_board("pdp-11")


def test_a_missing_tool_names_the_debian_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolMissingError, match="apt-get install gcc-arm-none-eabi"):
        require("arm-none-eabi-g++")
