"""What each kernel costs in flash on Cortex-M4, and its microkernels: ``python benchmarks/kernels.py`` writes kernels.csv.

The cost is that of a firmware whose resolver names the kernel alone, less one whose resolver is empty: the kernel and
all that it needs beyond the interpreter. Kernels share much of that, so together they cost less than the sum.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from arenite.board.build import ALL, Bodies, build_target, configure, locked
from arenite.board.elf import Elf
from arenite.board.table import find_board
from arenite.kernel_facts import PATH
from arenite.opdef import Row, rows

BOARD = "cortex-m4"
LEAST = Bodies(floats=False, int16=False, int4=False, hybrid=False)
SOURCES = Path(__file__).parents[1] / "kernels_cpp"


def flash(optimize: str, bodies: Bodies) -> dict[str, int]:
    """Operator → bytes."""
    board = find_board(BOARD)
    with locked(board, optimize, bodies) as directory:
        configure(directory, board, optimize, bodies)
        build_target(directory, "kernel_costs")
        interpreter = _bytes(directory / "kernel_none.elf")
        return {name: _bytes(directory / f"kernel_{row.symbol}.elf") - interpreter for name, row in rows().items()}


def _bytes(elf: Path) -> int:
    sections = Elf(elf).sections
    return sum(sections.get(section, 0) for section in (".text", ".rodata", ".data"))


def microkernels(file: Path) -> set[str]:
    """Names in isa.h that a source file uses, itself or through the kernels' own headers."""
    text = file.read_text()
    found = set(re.findall(r"\bisa::(\w+)", text))
    for header in re.findall(r'#include "kernels_cpp/([a-z0-9_]+\.h)"', text):
        if header != "isa.h":
            found |= microkernels(SOURCES / header)
    return found


def _integer(row: Row) -> bool:
    return any(signature.inputs[0][0] != "float32" for signature in row.signatures if signature.inputs)


def main() -> None:
    least, most = flash("size", LEAST), flash("speed", ALL)
    with PATH.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["operator", "flash_least", "flash_most", "microkernels"])
        for name, row in rows().items():
            used = " ".join(sorted(microkernels(SOURCES / f"{name}.cc")))
            writer.writerow([name, least[name] if _integer(row) else "", most[name], used])


if __name__ == "__main__":
    main()
