"""Measure models on the boards and on this machine; hold the result against budget.csv and against the peers.

  python benchmarks/measure.py            all models on all boards, against budget.csv (--check)
  python benchmarks/measure.py --update   write what was measured into budget.csv and the table of README.md
  python benchmarks/measure.py --peers    budget.csv beside TFLite Micro with CMSIS-NN, without measuring
  python benchmarks/measure.py --host     time of an invoke on this machine against TFLM and LiteRT

All models: the project's own (models.py) and, when they are there, MLPerf Tiny's (mlperf.py). Exit code 1 when a figure
left its budget.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping

import budget
import host_time
import image
import mlperf
import peers
import verifier
from figures import Key, core_flash, on_board
from models import MODELS
from rich.console import Console
from rich.table import Table

from arenite.board.table import boards
from arenite.errors import AreniteError

CONSOLE = Console(highlight=False, soft_wrap=True)


def models() -> dict[str, bytes]:
    """Every model that can be measured here by name."""
    return {name: make() for name, make in MODELS.items()} | mlperf.models()


#: the models of boards that are not measured with all; without a peer to be held against, two say enough
MEASURED = {
    "cortex-m0plus": ("autoencoder", "digits"),
    "cortex-m33": ("autoencoder", "digits"),
    "cortex-m55": ("digits", *mlperf.FILES),
    "riscv32": ("autoencoder", "digits"),
}


def measured_models(board: str) -> tuple[str, ...]:
    """Names of the models that ``budget.csv`` holds for the board."""
    return MEASURED.get(board, (*MODELS, *mlperf.FILES))


def measure_budget(where: Iterable[str], chosen: Mapping[str, bytes]) -> dict[Key, int]:
    """Every figure of the chosen models on the chosen boards, and the core's flash."""
    values: dict[Key, int] = {}
    for board in where:
        values |= core_flash(board)
        for name in (name for name in chosen if name in measured_models(board)):
            CONSOLE.print(f"{name} on {board} …")
            values |= on_board(name, chosen[name], board)
    return values


def measure_verifier(where: Iterable[str], known: Mapping[str, bytes]) -> dict[Key, int]:
    """What verification costs, on those of the boards where that is measured."""
    values: dict[Key, int] = {}
    for board in (board for board in where if board in verifier.BOARDS):
        CONSOLE.print(f"verification on {board} …")
        values |= verifier.measure(board, known)
    return values


def measure_images(where: Iterable[str]) -> dict[Key, int]:
    """Whole images, on those of the boards where they are measured."""
    values: dict[Key, int] = {}
    for board in (board for board in where if board in image.BOARDS):
        CONSOLE.print(f"a whole image on {board} …")
        values |= image.measure(board)
    return values


def check(measured: Mapping[Key, int]) -> int:
    """Print what left its budget; the exit code."""
    lines = budget.differences(budget.read(), measured)
    for line in lines:
        CONSOLE.print(line)
    if lines:
        CONSOLE.print(
            f"{len(lines)} figures left their budget; if that is meant: python benchmarks/measure.py --update"
        )
        return 1
    CONSOLE.print(f"{len(measured)} figures within ±{budget.TOLERANCE:.0%} of budget.csv")
    return 0


def update(measured: Mapping[Key, int]) -> None:
    """Write the measured figures; those of boards and models that were not measured stay, if they still exist."""
    known = {*MODELS, *mlperf.FILES, "core", "verifier", "image"}
    done = {key[:2] for key in measured}
    kept = {k: v for k, v in budget.read().items() if k[:2] not in done and k[0] in boards() and k[1] in known}
    budget.write({**kept, **measured})
    peers.update_readme(budget.read())
    CONSOLE.print(f"{budget.PATH.name}: {len(measured)} figures measured, {len(kept)} kept")


def host_table(chosen: Mapping[str, bytes]) -> None:
    """Microseconds per invoke of every engine, and how many times ours is faster."""
    table = Table("model", "engine", "µs per invoke", "their time / ours")
    for name, content in chosen.items():
        micros, ratios = host_time.measure(content)
        for engine, value in micros.items():
            table.add_row(name, engine, f"{value:.1f}", f"{ratios[engine]:.2f}")
    CONSOLE.print(table)


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="compare with budget.csv (default)")
    what.add_argument("--update", action="store_true", help="rewrite budget.csv")
    what.add_argument("--peers", action="store_true", help="budget.csv beside TFLM + CMSIS-NN")
    what.add_argument("--host", action="store_true", help="time on this machine")
    parser.add_argument("--board", action="append", choices=list(boards()), help="only this board; may be repeated")
    parser.add_argument(
        "--model", action="append", choices=[*MODELS, *mlperf.FILES], help="only this model; may be repeated"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    arguments = parse(argv)
    if arguments.peers:
        CONSOLE.print(peers.table(budget.read()))
        return 0
    known = models()
    missing = [name for name in arguments.model or () if name not in known]
    if missing:
        CONSOLE.print(f"{', '.join(missing)}: name the directory of the MLPerf Tiny models in ARENITE_MODELS")
        return 2
    chosen = {name: known[name] for name in arguments.model or known}
    if arguments.host:
        host_table(chosen)
        return 0
    where = arguments.board or list(boards())
    measured = measure_budget(where, chosen)
    if not arguments.model:
        measured |= measure_verifier(where, known) | measure_images(where)
    if arguments.update:
        update(measured)
        return 0
    return check(measured)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AreniteError as error:
        CONSOLE.print(f"error: {error}")
        sys.exit(1)
