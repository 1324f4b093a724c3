"""The report's pictures, as SVG text. matplotlib without pyplot: no display, no global state."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from arenite.wording import short

from .result import LayerError
from .tasks import Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, GRID = "#1f2933", "#7b8794", "#e4e7eb"
SAND, TEAL, RUST, SKY = "#c8963e", "#2a7f7e", "#b6452c", "#7fa8c9"
STYLE = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "svg.hashsalt": "arenite",
    "svg.fonttype": "none",
}
#: most bars or rows that stay readable; SQNR values above the cap are drawn at the cap.
SQNR_CAP_DB = 80.0


def to_svg(figure: Figure) -> str:
    """The figure as an ``<svg>`` element, the same text for the same data."""
    buffer = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(
            buffer, format="svg", bbox_inches="tight", metadata=dict.fromkeys(["Date", "Creator", "Format", "Type"])
        )
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def layer_errors(layers: Sequence[LayerError]) -> Figure:
    """SQNR of every operator's result in the file's order, cumulated and alone; the three worst are marked."""
    with _bars(layers, "SQNR against float, dB (higher is better)") as (figure, axes):
        values = [_capped(layer.sqnr_db) for layer in layers]
        worst = set(np.argsort(values)[:3].tolist())
        rows = range(len(layers))
        axes.barh(rows, values, height=0.72, color=[RUST if i in worst else TEAL for i in rows], label="cumulated")
        alone = [(i, _capped(x.isolated_sqnr_db)) for i, x in enumerate(layers) if x.isolated_sqnr_db is not None]
        axes.plot([db for _, db in alone], [i for i, _ in alone], "D", color=SAND, ms=5, label="alone")
        for i, layer in enumerate(layers):
            label = "equal" if layer.sqnr_db == math.inf else f"{layer.sqnr_db:.1f}"
            axes.text(max(values[i], 0) + 1.2, i, label, va="center", fontsize=8, color=MUTED)
    return figure


def costs(rows: Sequence[LayerError]) -> Figure:
    """Each row's share of the noise at the outputs; the part that rounding its result explains is lighter."""
    with _bars(rows, "share of the noise at the outputs, %") as (figure, axes):
        shares = np.array([100 * (row.share or 0.0) for row in rows])
        rounding = shares * np.array([row.rounding or 0.0 for row in rows])
        axes.barh(range(len(rows)), rounding, height=0.72, color=SKY, label="rounding of the result")
        axes.barh(
            range(len(rows)), shares - rounding, left=rounding, height=0.72, color=TEAL, label="weights, arithmetic"
        )
        for i, share in enumerate(shares):
            axes.text(share + 0.6, i, f"{share:.1f}", va="center", fontsize=8, color=MUTED)
    return figure


def ranges(rows: Sequence[LayerError]) -> Figure:
    """Bits of its type that each value uses: all its channels together, and its median channel."""
    with _bars(rows, "bits used") as (figure, axes):
        places = range(len(rows))
        axes.barh(places, [row.bits or 0 for row in rows], height=0.72, color=GRID, label="type")
        axes.barh(places, [row.range_bits or 0 for row in rows], height=0.72, color=SKY, label="all channels")
        axes.barh(places, [row.channel_bits or 0 for row in rows], height=0.36, color=TEAL, label="median channel")
    return figure


def roc(task: Task) -> Figure:
    """ROC curves of our outputs, one per class."""
    with rc_context(STYLE):
        figure = Figure(figsize=(4.6, 4.2))
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], ls=":", color=MUTED, lw=1)
        for curve in task.roc:
            axes.plot(curve.false_positive, curve.true_positive, lw=1.3, label=f"{curve.name}  {curve.area:.4f}")
        axes.set_xlabel("share of the others taken for the class")
        axes.set_ylabel("share of the class that is found")
        axes.legend(loc="lower right", frameon=False, fontsize=8, title="class, area")
    return figure


def _capped(db: float | None) -> float:
    return max(0.0, min(db if db is not None else 0.0, SQNR_CAP_DB))


@contextmanager
def _bars(rows: Sequence[LayerError], label: str) -> Iterator[tuple[Figure, Axes]]:
    """A figure with a line for each row, to be filled with bars along the axis called ``label``."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9, max(1.8, 0.24 * len(rows) + 0.7)))
        axes = figure.add_subplot()
        yield figure, axes
        axes.set_yticks(range(len(rows)), [f"{short(x.tensor, 34)}  ·  {x.operator}" for x in rows], fontsize=8)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(axis="x", color=GRID)
        axes.set_axisbelow(True)
        axes.set_xlabel(label)
        axes.legend(loc="lower right", frameon=False, fontsize=8)


def confusion(matrix: np.ndarray) -> Figure:
    """Confusion matrix; the colour shows the share of the true class, the number counts samples."""
    with rc_context(STYLE):
        classes = len(matrix)
        size = min(8.0, 1.6 + 0.36 * classes)
        figure = Figure(figsize=(size, size))
        axes = figure.add_subplot()
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap=LinearSegmentedColormap.from_list("paper-teal", ["#f6f8f8", TEAL]), vmin=0, vmax=1)
        for row, column in zip(*np.nonzero(matrix), strict=True):
            dark = shares[row, column] > 0.5
            colour = "white" if dark else (INK if row == column else RUST)
            axes.text(column, row, str(matrix[row, column]), ha="center", va="center", color=colour, fontsize=8)
        axes.set_xticks(range(classes))
        axes.set_yticks(range(classes))
        axes.tick_params(length=0)
        axes.set_xlabel("predicted class")
        axes.set_ylabel("true class")
    return figure
