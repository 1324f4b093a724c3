"""``boards/boards.csv``, the only table of boards, and the files that go with it."""

from __future__ import annotations

import csv
import os
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
    family: str
    tools: str
    emulator: str
    flags: str
    machine: str
    flash_base: int
    flash_size: int
    ram_base: int
    ram_size: int

    @property
    def compiler(self) -> str:
        """The C++ compiler's program."""
        return f"{self.tools}-g++"


_TREE = Path(__file__).parents[3]


@cache
def source_root() -> Path:
    """The tree that holds ``boards/``, ``interpreter/`` and ``kernels_cpp/``.

    The source tree when running from it, else inside the package. Raises BoardError when neither has it.
    """
    candidates = [_TREE, Path(str(resources.files("arenite"))) / "sources"]
    for root in candidates:
        if (root / "boards" / "boards.csv").is_file():
            return root
    looked = " and ".join(map(str, candidates))
    raise BoardError(f"the firmware sources are missing: looked for boards/boards.csv in {looked}")


def work_directory() -> Path:
    """Where firmware is built and kept: ``$ARENITE_CACHE``, ``build/boards`` of the source tree, else the user's cache."""
    given, cache_home = os.environ.get("ARENITE_CACHE"), os.environ.get("XDG_CACHE_HOME")
    user_cache = Path(cache_home) if cache_home else Path.home() / ".cache"
    directory = _TREE / "build" / "boards" if source_root() == _TREE else user_cache / "arenite"
    directory = Path(given) if given else directory
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@cache
def boards() -> dict[str, Board]:
    """Every board by name, in the file's order."""
    with open(source_root() / "boards" / "boards.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = ("flash_base", "flash_size", "ram_base", "ram_size")
    texts = ("name", "core", "family", "tools", "emulator", "flags", "machine")
    return {
        row["name"]: Board(**{c: row[c] for c in texts}, **{c: int(row[c], 0) for c in numbers})  # type: ignore[arg-type]
        for row in rows
    }


def find_board(name: str) -> Board:
    """The board called ``name``; BoardError lists the known ones when there is none."""
    if name not in boards():
        raise BoardError(f"there is no board '{name}'; known boards: {', '.join(boards())}")
    return boards()[name]
