"""What verification costs: flash beyond the reader, stack and instructions of ``Model::open``, per model and per byte.

Rows (board, "verifier", quantity) of ``budget.csv``; all of them exactly repeatable.
"""

from __future__ import annotations

import re
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path

from figures import Key
from models import Builder

from arenite.board.build import build
from arenite.board.elf import Elf
from arenite.board.qemu import START, STOP, execute
from arenite.board.table import Board, find_board

#: where it is measured: flash of the smallest core that is sold by the kilobyte, instructions of the usual one
BOARDS = ("cortex-m3", "cortex-m4")
#: layers of the chains that show whether the work grows with the file
CHAINS = (16, 128)
#: what is there for verification alone: two files of the core, and Model::open
_FILES = re.compile(r"(structure|content)\.cc\.obj\)$")
_FUNCTION = re.compile(r"text\._ZN7arenite(5Model4open|\S*6verifyEPKv)")
_SECTION = re.compile(r"^ \.(\S+)\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+(\S.*)$", re.MULTILINE)


def chain(layers: int) -> bytes:
    """Additions one after the other: a file that is nearly all tables."""
    b = Builder("chain", (1, 4))
    x = b.input
    for _ in range(layers):
        x = b.add(x, x)
    return b.finish(x)


def measure(board: str, models: Mapping[str, bytes]) -> dict[Key, int]:
    """Of one board.

    flash         bytes of code and tables that a program without verification would not have.
    stack         bytes below the caller of Model::open, of the deepest model.
    open_<model>  instructions of Model::open; chains are called by their number of layers.
    """
    named = {**models, **{f"chain_{n}": chain(n) for n in CHAINS}}
    elf = build("check_open", find_board(board))
    stack, instructions = _open(elf, find_board(board), list(named.values()))
    values = {"flash": flash(elf.with_suffix(".elf.map")), "stack": stack}
    values |= {f"open_{name}": count for name, count in zip(named, instructions, strict=True)}
    return {(board, "verifier", quantity): value for quantity, value in values.items()}


def flash(linker_map: Path) -> int:
    """Bytes of verification in a linked firmware."""
    _, _, memory_map = linker_map.read_text().partition("Linker script and memory map")
    sections = re.sub(
        r"^( \.\S+)\n\s+", r"\1 ", memory_map, flags=re.MULTILINE
    )  # long names stand on lines of their own
    return sum(
        int(size, 16)
        for name, size, owner in _SECTION.findall(sections)
        if name.startswith(("text", "rodata")) and (_FILES.search(owner) or _FUNCTION.match(name))
    )


def _open(elf: Path, board: Board, models: list[bytes]) -> tuple[int, list[int]]:
    """Bytes of stack, and instructions per model."""
    marks = {name: Elf(elf).address(name) for name in (START, STOP)}
    with tempfile.TemporaryDirectory() as scratch:
        packed = b"".join(struct.pack("<I", len(model)) + model for model in models)
        (Path(scratch) / "models.bin").write_bytes(packed)
        execution = execute(elf, board, marks, cwd=Path(scratch))
    return int(execution.output.split()[1]), execution.spans(START, STOP)
