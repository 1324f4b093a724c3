"""The arena plan as a picture: tensors over time, the operator at the peak marked."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class _Area:
    """What one panel shows: tensors below ``height`` bytes, with ``caption`` at that height."""

    plan: list[PlannedTensor]
    height: int
    caption: str


def arena_plan(inspection: Inspection) -> Figure:
    """Every planned tensor as a rectangle: the operators it lives through × the bytes it occupies; a panel for each region.

    inspection  of a model that runs here: with an arena.
    """
    areas = _areas(inspection)
    names = [operator.name for operator in inspection.operators]
    steps = max((tensor.last + 1 for tensor in inspection.plan), default=1)
    with rc_context(STYLE):
        figure = Figure(figsize=(min(9 + max(0, steps - 40) * 0.12, 24), 1.8 + 2.4 * len(areas)))
        panels = figure.subplots(len(areas), sharex=True, squeeze=False)[:, 0]
        for axes, area in zip(panels, areas, strict=True):
            _draw_area(axes, area, inspection, steps)
        _mark_peak(panels[0], areas[0].height, inspection, steps)
        panels[-1].set_xlim(-0.5, steps - 0.5)
        if steps <= _MOST_NAMES:
            panels[-1].set_xticks(range(steps), names[:steps], rotation=60, ha="right", fontsize=7)
        else:
            panels[-1].set_xlabel("operator")
    return figure


def _areas(inspection: Inspection) -> list[_Area]:
    if inspection.arena is None:
        raise ModelError(f"there is no arena plan, the model does not run here: {inspection.problem}")
    if not inspection.regions:
        height = inspection.arena.planned
        return [_Area(inspection.plan, height, f"{height:,} B")]
    return [
        _Area([part for part in inspection.plan if part.region == number], region.planned, f"region {number}: {region}")
        for number, region in enumerate(inspection.regions)
    ]


def _draw_area(axes: Axes, area: _Area, inspection: Inspection, steps: int) -> None:
    height = max(area.height, 1)
    for number, tensor in enumerate(area.plan):
        _rectangle(axes, tensor, (TEAL, SKY)[number % 2], height)
    axes.axhline(height, color=RUST, lw=1, ls="--")
    axes.text(steps - 0.5, height, area.caption, color=RUST, ha="right", va="bottom", fontsize=8)
    if (peak := inspection.peak) is not None:
        axes.axvspan(peak.index - 0.5, peak.index + 0.5, color=RUST, alpha=0.12, lw=0)
    axes.set_ylim(0, height * 1.16)
    axes.set_ylabel("arena offset, bytes")


def _rectangle(axes: Axes, tensor: PlannedTensor, colour: str, height: int) -> None:
    width = tensor.last - tensor.first + 1
    left = tensor.first - 0.5
    colour = SAND if tensor.kind == "scratch" else colour
    axes.bar(left, tensor.size, width, tensor.offset, align="edge", color=colour, edgecolor="white", lw=1)
    if tensor.size > 0.055 * height:
        label = short(tensor.name, max(4, 9 * width))
        middle = left + width / 2, tensor.offset + tensor.size / 2
        axes.text(*middle, label, ha="center", va="center", fontsize=7, color="white", clip_on=True)


def _mark_peak(axes: Axes, height: int, inspection: Inspection, steps: int) -> None:
    """The operator during which most bytes are alive, in words above the first panel."""
    if (peak := inspection.peak) is not None:
        where = peak.index / steps
        side = "left" if where <= 0.2 else "center" if where < 0.7 else "right"
        label = f"peak: {peak.live_bytes:,} B at #{peak.index} {peak.name}"
        axes.text(peak.index, max(height, 1) * 1.09, label, color=RUST, fontsize=8, ha=side)


def require_format(path: Path) -> None:
    """DataError when the suffix names no kind of picture."""
    if path.suffix.lower() not in FORMATS:
        raise DataError(f"cannot draw '{path}': the name must end in {', '.join(FORMATS)}")


def draw_plan(inspection: Inspection, path: Path) -> None:
    """The picture as a file; the suffix says what kind (:func:`require_format`)."""
    figure = arena_plan(inspection)
    with rc_context(STYLE):
        figure.savefig(path, dpi=150, bbox_inches="tight")
