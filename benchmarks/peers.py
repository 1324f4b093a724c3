"""Our budget beside TFLite Micro's figures, as the table in README.md, which ``--update`` rewrites."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from figures import EXACT, Key

HERE = Path(__file__).parent
README = HERE / "README.md"
_BEGIN, _END = "<!-- peers: begin -->", "<!-- peers: end -->"


def peers() -> dict[Key, int]:
    """Figures of TFLite Micro with CMSIS-NN, gcc 12.2, for the same boards, options and input (``figures.on_board``)."""
    with open(HERE / "peers.csv", newline="") as file:
        return {(r["board"], r["model"], r["quantity"]): int(r["value"]) for r in csv.DictReader(file)}


def table(ours: Mapping[Key, int]) -> str:
    """Markdown: every figure that both have, checksums left out (they are equal, a test says)."""
    theirs = peers()
    lines = ["| board | model | quantity | ours | TFLM + CMSIS-NN | ours / theirs |", "|---|---|---|--:|--:|--:|"]
    for key in sorted(key for key in ours if key in theirs and key[2] not in EXACT):
        figures = f"{ours[key]:,} | {theirs[key]:,} | {ours[key] / theirs[key]:.2f}"
        lines.append(f"| {' | '.join(key)} | {figures} |")
    return "\n".join(lines)


def readme_table() -> str:
    """The table that README.md has now."""
    return README.read_text().split(_BEGIN)[1].split(_END)[0].strip()


def update_readme(ours: Mapping[Key, int]) -> None:
    before, rest = README.read_text().split(_BEGIN)
    README.write_text(f"{before}{_BEGIN}\n{table(ours)}\n{_END}{rest.split(_END)[1]}")
