"""``budget.csv``: the figures that the project has now, changed in the same commit as the code that changes them."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from figures import EXACT, Key

from arenite.board.table import find_board
from arenite.board.tools import run_tool

PATH = Path(__file__).parent / "budget.csv"
#: compiler → its -dumpfullversion: another one makes other code
COMPILERS = {"arm-none-eabi-g++": "12.2.1", "riscv64-unknown-elf-g++": "12.2.0"}
TOLERANCE = 0.01  # both ways: a figure that improved is written down too
_HEADER = ("board", "model", "quantity", "value")


def read(path: Path = PATH) -> dict[Key, int]:
    with open(path, newline="") as file:
        return {(r["board"], r["model"], r["quantity"]): int(r["value"]) for r in csv.DictReader(file)}


def write(values: Mapping[Key, int], path: Path = PATH) -> None:
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEADER)
        writer.writerows([*key, value] for key, value in sorted(values.items()))


def same_compiler(board: str) -> bool:
    """Whether this machine's cross-compiler for the board is the one that the budget was measured with."""
    compiler = find_board(board).compiler
    return run_tool([compiler, "-dumpfullversion"]).strip() == COMPILERS[compiler]


def differences(budget: Mapping[Key, int], measured: Mapping[Key, int]) -> list[str]:
    """A sentence for each measured figure that left its budget and each that the budget lacks."""
    lines = []
    for key, value in sorted(measured.items()):
        name = " ".join(key)
        if key not in budget:
            lines.append(f"{name} is {value}; budget.csv has no such row")
        elif not _close(key, budget[key], value):
            change = f"{value / budget[key] - 1:+.1%}" if budget[key] and key[2] not in EXACT else "must be equal"
            lines.append(f"{name} is {value}, budget {budget[key]} ({change})")
    return lines


def _close(key: Key, expected: int, value: int) -> bool:
    tolerance = 0.0 if key[2] in EXACT else TOLERANCE * expected
    return abs(value - expected) <= tolerance
