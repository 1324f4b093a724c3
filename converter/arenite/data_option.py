"""What ``--calibrate``, ``--data`` and ``--input`` name: every kind of data, read in one place for all commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

#: What the options say of the kinds; ``docs/calibration.md`` says more.
KINDS = ".npz, .npy or .csv, a folder of images, or module:function that yields samples"

Scale = Annotated[
    str | None,
    typer.Option(help="What black and full colour of images become: 0,1 or -1,1.", show_default="0,255"),
]


def samples_at(place: Path, scale: str | None) -> Any:
    """Samples in a form that :func:`arenite.samples.batches` takes; wrong usage raises BadParameter."""
    from .frontend.python_names import is_python_name, named_object
    from .sources import Code, open_data

    if is_python_name(str(place)):
        found = named_object(str(place))
        return Code(str(place), found) if callable(found) else found
    return open_data(place, _ends(scale))


def labelled_samples_at(place: Path, scale: str | None) -> tuple[Any, Any]:
    """The same, and the labels: an array, a dict of them by output, or None."""
    from .frontend.python_names import is_python_name
    from .sources import Code, open_labelled

    if is_python_name(str(place)):
        found = samples_at(place, scale)
        return found.labelled() if isinstance(found, Code) else (found, None)
    return open_labelled(place, _ends(scale))


def _ends(scale: str | None) -> tuple[float, float] | None:
    if scale is None:
        return None
    try:
        low, high = (float(end) for end in scale.split(","))
    except ValueError:
        raise typer.BadParameter(f"--scale {scale}: write it as 0,1 or -1,1") from None
    return low, high
