"""The arena plan as a picture: tensors over time, the operator at the peak marked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib import rc_context
from matplotlib.figure import Figure

from arenite.errors import DataError, ModelError
from arenite.wording import short

from .figures import RUST, SAND, SKY, STYLE, TEAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from arenite import Inspection, PlannedTensor

#: as many operators can be named along the axis
_MOST_NAMES = 60
FORMATS = (".png", ".svg", ".pdf")


def arena_plan(inspection: Inspection) -> Figure:
    """Every planned tensor as a rectangle: the operators it lives through × the bytes it occupies.

    inspection  of a model that runs here: with an arena.
    """
    if inspection.arena is None:
        raise ModelError(f"there is no arena plan, the model does not run here: {inspection.problem}")
    height = max(inspection.arena.planned, 1)
    names = [operator.name for operator in inspection.operators]
    steps = max((tensor.last + 1 for tensor in inspection.plan), default=1)
    with rc_context(STYLE):
        figure = Figure(figsize=(min(9 + max(0, steps - 40) * 0.12, 24), 4.2))
        axes = figure.add_subplot()
        for number, tensor in enumerate(inspection.plan):
            _rectangle(axes, tensor, (TEAL, SKY)[number % 2], height)
        _mark_peak(axes, inspection, height, steps)
        axes.set_xlim(-0.5, steps - 0.5)
        axes.set_ylim(0, height * 1.1)
        if steps <= _MOST_NAMES:
            axes.set_xticks(range(steps), names[:steps], rotation=60, ha="right", fontsize=7)
        else:
            axes.set_xlabel("operator")
        axes.set_ylabel("arena offset, bytes")
    return figure


def _rectangle(axes: Axes, tensor: PlannedTensor, colour: str, height: int) -> None:
    width = tensor.last - tensor.first + 1
    left = tensor.first - 0.5
    colour = SAND if tensor.kind == "scratch" else colour
    axes.bar(left, tensor.size, width, tensor.offset, align="edge", color=colour, edgecolor="white", lw=1)
    if tensor.size > 0.055 * height:
        label = short(tensor.name, max(4, 9 * width))
        middle = left + width / 2, tensor.offset + tensor.size / 2
        axes.text(*middle, label, ha="center", va="center", fontsize=7, color="white", clip_on=True)


def _mark_peak(axes: Axes, inspection: Inspection, height: int, steps: int) -> None:
    """The plan's height, and the operator during which most bytes are alive."""
    axes.axhline(height, color=RUST, lw=1, ls="--")
    axes.text(steps - 0.5, height, f"{height:,} B", color=RUST, ha="right", va="bottom", fontsize=8)
    if (peak := inspection.peak) is not None:
        axes.axvspan(peak.index - 0.5, peak.index + 0.5, color=RUST, alpha=0.12, lw=0)
        label = f"peak: {peak.live_bytes:,} B at #{peak.index} {peak.name}"
        axes.text(peak.index, height * 1.04, label, color=RUST, fontsize=8, ha="center" if 0.2 < peak.index / steps < 0.7
                  else "left" if peak.index / steps <= 0.2 else "right")  # fmt: skip


def require_format(path: Path) -> None:
    """DataError when the suffix names no kind of picture."""
    if path.suffix.lower() not in FORMATS:
        raise DataError(f"cannot draw '{path}': the name must end in {', '.join(FORMATS)}")


def draw_plan(inspection: Inspection, path: Path) -> None:
    """The picture as a file; the suffix says what kind (:func:`require_format`)."""
    figure = arena_plan(inspection)
    with rc_context(STYLE):
        figure.savefig(path, dpi=150, bbox_inches="tight")
