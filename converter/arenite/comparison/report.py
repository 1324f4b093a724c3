"""``report.html``: one self-contained page, figures as inline SVG, no script, no request to anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arenite.errors import AreniteError
from arenite.wording import count, decibel, dims, magnitude, percent

from .result import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = Path(__file__).with_name("report.html.jinja")


def write_report(comparison: Comparison, path: Path, extra: Sequence[Mapping[str, Any]] = ()) -> None:
    """Render ``comparison`` to ``path``; ``extra`` as in Comparison.save_html. AreniteError without matplotlib or jinja2."""
    path.write_text(render(comparison, extra), encoding="utf-8")


def render(comparison: Comparison, extra: Sequence[Mapping[str, Any]] = ()) -> str:
    """The page as text; the same comparison gives the same text."""
    try:
        from jinja2 import Environment, StrictUndefined

        from . import figures
    except ImportError as error:
        raise AreniteError(f"the report needs {error.name}: pip install 'arenite[report]'") from None
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(count=count, decibel=decibel, percent=percent, magnitude=magnitude, dims=dims)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(c=comparison, i=comparison.inspection, figures=_figures(comparison, figures), extra=extra)


def _figures(comparison: Comparison, figures: Any) -> dict[str, str]:
    """SVG text by name; figures without data are left out."""
    inspection = comparison.inspection
    drawn: dict[str, Figure] = {}
    if comparison.layers:
        drawn["layers"] = figures.layer_errors(comparison.layers)
    rows = [*comparison.inputs, *comparison.layers]
    if any(row.share for row in rows):
        drawn["costs"] = figures.costs(rows)
    if ranged := [row for row in rows if row.bits is not None]:
        drawn["ranges"] = figures.ranges(ranged)
    for number, task in enumerate(comparison.tasks):
        if task.confusion is not None:
            drawn[f"confusion{number}"] = figures.confusion(task.confusion)
        if task.roc:
            drawn[f"roc{number}"] = figures.roc(task)
    if inspection.arena is not None and inspection.plan:
        from .plan_figure import arena_plan

        drawn["arena"] = arena_plan(inspection)
    return {name: figures.to_svg(figure) for name, figure in drawn.items()}
