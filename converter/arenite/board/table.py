"""``boards/boards.csv``, the only table of boards, and the files that go with it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from ..errors import BoardError


@dataclass(frozen=True)
class Board:
    """One row; the columns are described in ``boards/boards.cmake``.

    flash_base, flash_size, ram_base, ram_size  bytes.
    """

    name: str
    core: str
    flags: str
    machine: str
    flash_base: int
    flash_size: int
    ram_base: int
    ram_size: int


@cache
def source_root() -> Path:
    """The tree that holds ``boards/``, ``interpreter/`` and ``kernels_cpp/``.

    Inside the package when installed, the source tree when running from it. Raises BoardError when neither has it.
    """
    candidates = [Path(str(resources.files("arenite"))) / "sources", Path(__file__).parents[3]]
    for root in candidates:
        if (root / "boards" / "boards.csv").is_file():
            return root
    looked = " and ".join(map(str, candidates))
    raise BoardError(f"the firmware sources are missing: looked for boards/boards.csv in {looked}")


@cache
def boards() -> dict[str, Board]:
    """Every board by name, in the file's order."""
    with open(source_root() / "boards" / "boards.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = ("flash_base", "flash_size", "ram_base", "ram_size")
    texts = ("name", "core", "flags", "machine")
    return {
        row["name"]: Board(**{c: row[c] for c in texts}, **{c: int(row[c], 0) for c in numbers})  # type: ignore[arg-type]
        for row in rows
    }


def find_board(name: str) -> Board:
    """The board called ``name``; BoardError lists the known ones when there is none."""
    if name not in boards():
        raise BoardError(f"there is no board '{name}'; known boards: {', '.join(boards())}")
    return boards()[name]
