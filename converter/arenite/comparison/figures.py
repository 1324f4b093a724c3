"""The report's pictures, as SVG text. matplotlib without pyplot: no display, no global state."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from arenite.wording import short

from .result import LayerError

if TYPE_CHECKING:
    from arenite import PlannedTensor

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
    """SQNR of every operator's result, in the file's order; the three worst are marked."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9, max(1.8, 0.24 * len(layers) + 0.7)))
        axes = figure.add_subplot()
        values = [min(layer.sqnr_db, SQNR_CAP_DB) for layer in layers]
        worst = set(np.argsort(values)[:3].tolist())
        rows = range(len(layers))
        axes.barh(rows, values, height=0.72, color=[RUST if i in worst else TEAL for i in rows])
        for i, layer in enumerate(layers):
            label = "equal" if math.isinf(layer.sqnr_db) else f"{layer.sqnr_db:.1f}"
            axes.text(values[i] + 0.6, i, label, va="center", fontsize=8, color=MUTED)
        axes.set_yticks(rows, [f"{short(x.tensor, 34)}  ·  {x.operator}" for x in layers], fontsize=8)
        axes.set_ylim(len(layers) - 0.4, -0.6)
        axes.set_xlabel("SQNR against float, dB (higher is better)")
        axes.grid(axis="x", color=GRID)
        axes.set_axisbelow(True)
    return figure


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


def arena_plan(plan: Sequence[PlannedTensor], operators: Sequence[str], tensor_bytes: int) -> Figure:
    """Every planned tensor as a rectangle: the operators it lives through × the bytes it occupies.

    operators     names along the time axis.    tensor_bytes  height of the planned part of the arena.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(9, 4.2))
        axes = figure.add_subplot()
        for number, tensor in enumerate(plan):
            colour = SAND if tensor.kind == "scratch" else (TEAL, SKY)[number % 2]
            width = tensor.last - tensor.first + 1
            axes.bar(
                tensor.first - 0.5,
                tensor.size,
                width,
                tensor.offset,
                align="edge",
                color=colour,
                edgecolor="white",
                lw=1,
            )
            if tensor.size > 0.055 * tensor_bytes:
                label = short(tensor.name, max(4, 9 * width))
                middle = tensor.first - 0.5 + width / 2, tensor.offset + tensor.size / 2
                axes.text(*middle, label, ha="center", va="center", fontsize=7, color="white", clip_on=True)
        axes.axhline(tensor_bytes, color=RUST, lw=1, ls="--")
        axes.text(
            len(operators) - 0.5, tensor_bytes, f"{tensor_bytes:,} B", color=RUST, ha="right", va="bottom", fontsize=8
        )
        axes.set_xlim(-0.5, len(operators) - 0.5)
        axes.set_ylim(0, tensor_bytes * 1.08)
        axes.set_xticks(range(len(operators)), operators, rotation=60, ha="right", fontsize=7)
        axes.set_ylabel("arena offset, bytes")
    return figure
