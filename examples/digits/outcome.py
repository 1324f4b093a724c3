"""What the demo found: its table, its promises, and the extra tables of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from board_run import BoardOutcome
from rich.console import Console
from rich.table import Table

from arenite import Comparison, EngineResult, Inspection
from arenite.wording import count, decibel, magnitude, percent

#: int8 may lose this share of accuracy against float.
ACCURACY_LOSS = 0.005
ACCURACY_FLOOR = 0.95


@dataclass(frozen=True)
class Outcome:
    """Three files judged against the Keras model, and one of them on a board.

    litert  the file of LiteRT's converter; its row to look at is LiteRT's own interpreter.
    """

    floating: Comparison
    quantized: Comparison
    litert: Comparison
    board: BoardOutcome

    @property
    def peer(self) -> EngineResult:
        """LiteRT's converter in LiteRT's interpreter."""
        return self.litert.engines[1]

    def failures(self) -> list[str]:
        """Promises that do not hold, as sentences."""
        ours, reference = self.quantized.ours, self.quantized.reference_accuracy
        assert ours.accuracy is not None and reference is not None and ours.sqnr_db is not None
        promises = [
            (reference >= ACCURACY_FLOOR, f"float accuracy is {percent(reference)}, below {percent(ACCURACY_FLOOR)}"),
            (
                ours.accuracy >= reference - ACCURACY_LOSS,
                f"int8 accuracy {percent(ours.accuracy)}, float {percent(reference)}",
            ),
            (
                self.peer.sqnr_db is None or ours.sqnr_db >= self.peer.sqnr_db,
                "SQNR is below that of LiteRT's converter",
            ),
        ]
        for engine in self.quantized.engines:
            if engine.name == "TFLite Micro" and engine.agreement is not None:
                equal = engine.agreement.samples_equal == engine.agreement.samples
                promises.append((equal, f"bytes differ from TFLite Micro's in {engine.agreement}"))
        for run, equal in zip(self.board.runs, self.board.equal, strict=True):
            promises.append((equal, f"{run.core}: output bytes differ from the host's"))
        return [sentence for holds, sentence in promises if not holds]

    def rows(self) -> list[tuple[str, str, str, str]]:
        """The table: what, Arenite float32, Arenite int8, LiteRT int8."""
        columns = [
            (self.floating.ours, self.floating.inspection),
            (self.quantized.ours, self.quantized.inspection),
            (self.peer, self.litert.inspection),
        ]
        rows = [
            ("accuracy", *(percent(e.accuracy) for e, _ in columns)),
            ("SQNR against Keras, dB", *(decibel(e.sqnr_db) for e, _ in columns)),
            ("worst absolute error", *(magnitude(e.worst_abs_error) for e, _ in columns)),
            ("file, bytes", *(count(i.file_bytes) for _, i in columns)),
            ("  of it constants", *(count(i.constant_bytes) for _, i in columns)),
            ("arena, bytes", *(_arena(i, "used") for _, i in columns)),
            ("  tensors", *(_arena(i, "tensors") for _, i in columns)),
            ("  scratch on top", *(_arena(i, "scratch") for _, i in columns)),
            ("  persistent", *(_arena(i, "persistent") for _, i in columns)),
            ("multiply-accumulates", *(count(i.macs) for _, i in columns)),
            ("operators", *(str(len(i.operators)) for _, i in columns)),
        ]
        kinds = sorted({name for _, i in columns for name in i.op_counts})
        rows += [(f"  {kind}", *(str(i.op_counts.get(kind, "—")) for _, i in columns)) for kind in kinds]
        return [row for row in rows if len(row) == 4]

    def report_tables(self) -> list[dict[str, Any]]:
        """The same for the HTML report."""
        tables = [
            {
                "title": "Beside LiteRT's converter",
                "note": "The right column is LiteRT's own converter and interpreter on the same model and data;"
                " its file's arena is what our interpreter needs for it.",
                "columns": ["", *HEADINGS],
                "rows": self.rows(),
            }
        ]
        if self.board.runs:
            columns = ["", *self.board.headings]
            tables.append({"title": "On the board", "note": BOARD_NOTE, "columns": columns, "rows": self.board.rows()})
        return tables


BOARD_NOTE = "Under QEMU. Instructions are retired instructions, not cycles; they repeat exactly. Kernels at -O2."
HEADINGS = ("Arenite float32", "Arenite int8", "LiteRT int8")


def _arena(inspection: Inspection, part: str) -> str:
    return count(None if inspection.arena is None else getattr(inspection.arena, part))


def print_table(console: Console, outcome: Outcome) -> None:
    """The three files side by side, then who agrees with whom."""
    samples, keras = outcome.quantized.samples, percent(outcome.quantized.reference_accuracy)
    table = Table(title=f"digits: {samples} test images, Keras float {keras}", title_justify="left", title_style="bold")
    table.add_column("")
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for row in outcome.rows():
        table.add_row(*row)
    console.print(table)
    for engine in outcome.quantized.engines[1:]:
        if engine.agreement is None:
            console.print(f"{engine.name}: {engine.absent}", highlight=False)
            continue
        same = f"{engine.agreement.samples_equal} of {engine.agreement.samples} outputs equal byte for byte"
        console.print(
            f"{engine.name} on our int8 file: {same}, worst {engine.agreement.worst_steps:g} steps", highlight=False
        )


def print_board(console: Console, outcome: Outcome) -> None:
    """What the firmware costs, or why there is none."""
    if not outcome.board.runs:
        console.print(f"\nno board run: {outcome.board.absent}", highlight=False)
        return
    table = Table(
        title="\non the board", title_justify="left", title_style="bold", caption=BOARD_NOTE, caption_justify="left"
    )
    table.add_column("")
    for heading in outcome.board.headings:
        table.add_column(heading, justify="right")
    for row in outcome.board.rows():
        table.add_row(*row)
    console.print(table)
