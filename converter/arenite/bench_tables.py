"""What ``arenite bench`` prints for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from .tables import console, grid
from .wording import count, short

if TYPE_CHECKING:
    from .board.benching import Bench, BoardBench

FUNCTIONS_SHOWN = 12


def show_bench(bench: Bench) -> None:
    """A row for each board; with a profile, tables of operators and functions for each."""
    out = console()
    out.print(
        "Retired instructions of one inference, counted exactly under QEMU. They are not cycles: docs/estimates.md."
    )
    out.print(_boards(bench))
    if any(entry.estimate for entry in bench.boards):
        out.print(
            "Estimates are guesses from MLPerf Tiny's measurements of the chip named; a model left out of them lay up to 13 % "
            "beyond."
        )
    for entry in bench.boards:
        if entry.run.operators:
            out.print(_operators(bench, entry))
            out.print(_functions(entry))
    for entry in bench.boards:
        if not entry.equal:
            out.print(Text(f"{entry.run.board}: outputs or arena differ from the host's; please report it", "red"))


def _boards(bench: Bench) -> Table:
    table = grid("board", "kernels", ">instructions", ">MAC each", ">setup", ">arena, B", ">stack, B", ">RAM, B",
                 ">flash, B", ">model, B", "estimated")  # fmt: skip
    for entry in bench.boards:
        run, ram = entry.run, entry.run.ram
        numbers = (run.setup_instructions, run.arena, max(ram.stack_allocate, ram.stack_invoke), ram.total)
        sizes = (run.flash.runtime, run.flash.model)
        rate = f"{bench.facts.macs / entry.instructions:.2f}"
        table.add_row(
            run.board,
            run.optimize,
            count(entry.instructions),
            rate,
            *map(count, (*numbers, *sizes)),
            str(entry.estimate or ""),
        )
    return table


def _operators(bench: Bench, entry: BoardBench) -> Table:
    table = grid(">#", f"operators on {entry.run.board}", "result", ">instructions", ">share", ">MACs", ">MAC each")
    total = sum(cost.instructions for cost in entry.run.operators)
    for cost, facts in zip(entry.run.operators, bench.facts.operators, strict=False):
        rate = f"{facts.macs / cost.instructions:.2f}" if facts.macs else ""
        share = f"{cost.instructions / total:.1%}"
        macs = count(facts.macs) if facts.macs else ""
        table.add_row(
            str(cost.index), cost.name, Text(short(facts.output_name)), count(cost.instructions), share, macs, rate
        )
    return table


def _functions(entry: BoardBench) -> Table:
    table = grid(f"functions on {entry.run.board}", ">instructions", ">share")
    total = sum(entry.run.functions.values())
    largest = sorted(entry.run.functions.items(), key=lambda item: -item[1])[:FUNCTIONS_SHOWN]
    for name, instructions in largest:
        table.add_row(Text(_plain(name)), count(instructions), f"{instructions / total:.1%}")
    return table


def _plain(function: str) -> str:
    """Without namespaces of ours and without parameters."""
    return function.replace("(anonymous namespace)::", "").replace("arenite::", "").partition("(")[0]
