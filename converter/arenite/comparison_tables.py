"""What ``compare`` prints for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from .tables import console, grid
from .wording import decibel, magnitude, percent, short

if TYPE_CHECKING:
    from .comparison import Comparison, LayerError, Task

#: rows of the ranking.
MOST_ROWS = 8


def show_comparison(comparison: Comparison, failure: str = "") -> None:
    """Engines, boards, tasks, who costs what, and advice; ``failure`` is why the run counts as failed."""
    out = console()
    out.print(_engines(comparison))
    for check in comparison.boards:
        verdict = f"{check.equal} of {check.samples} samples equal to the host's bytes"
        off = "" if check.equal == check.samples else f", worst difference {check.worst_difference:.3g}"
        out.print(
            Text(f"{check.board}: {verdict}{off}; {check.instructions:,} instructions", "" if check.ok else "red")
        )
    for task in comparison.tasks:
        out.print(_task(task))
    if comparison.layers:
        out.print(_ranking(comparison))
    if comparison.layer_problem:
        out.print(Text(f"no errors in isolation: {comparison.layer_problem}", "yellow"))
    for advice in comparison.advice:
        out.print(Text(f"• {advice.text}"))
    if failure:
        out.print(Text(failure, "red"))


def _engines(comparison: Comparison) -> Table:
    title = f"{comparison.model} against {comparison.reference}, {comparison.samples} samples"
    table = grid("engine", ">accuracy", ">SQNR, dB", ">worst error", ">equal samples", ">worst step", title=title)
    table.add_row(f"{comparison.reference} (float)", percent(comparison.reference_accuracy), "", "", "", "")
    for e in comparison.engines:
        if e.absent is not None:
            table.add_row(Text(e.name, "dim"), Text(e.absent, "dim"))
            continue
        equal, step = ("", "")
        if e.agreement is not None:
            equal, step = f"{e.agreement.samples_equal}/{e.agreement.samples}", f"{e.agreement.worst_steps:g}"
        table.add_row(e.name, percent(e.accuracy), decibel(e.sqnr_db), magnitude(e.worst_abs_error), equal, step)
    return table


def _task(task: Task) -> Table:
    table = grid("", *(f">{name}" for name in task.ours), title=f"\nOutput '{task.output}': {task.kind}")
    for name, figures in (("float", task.reference), ("quantized", task.ours)):
        table.add_row(name, *(f"{value:.4g}" for value in figures.values()))
    return table


def _ranking(comparison: Comparison) -> Table:
    table = grid(
        "layer", "operator", ">cost", ">SQNR, dB", ">alone", ">outputs", ">worst error", ">steps", ">bits used", ">cut off",
        title=f"\nWorst operators, {comparison.layer_samples} samples",
    )  # fmt: skip
    for row in comparison.ranking[:MOST_ROWS]:
        table.add_row(*_cells(row))
    return table


def _cells(row: LayerError) -> list[Text | str]:
    used = "" if row.range_bits is None else f"{row.range_bits:.1f} of {row.bits}"
    return [
        Text(short(row.place)),
        row.operator,
        "" if row.share is None else percent(row.share),
        decibel(row.sqnr_db),
        "" if row.isolated_sqnr_db is None else decibel(row.isolated_sqnr_db),
        "" if row.output_sqnr_db is None else decibel(row.output_sqnr_db),
        magnitude(row.worst_abs_error),
        "" if row.worst_steps is None else f"{row.worst_steps:.1f}",
        used,
        "" if row.saturation is None else percent(row.saturation),
    ]
