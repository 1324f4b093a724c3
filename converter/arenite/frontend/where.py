"""The line of the user's code that made an operation."""

from __future__ import annotations

import sysconfig
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

_PACKAGE = str(Path(__file__).parents[1])
_LAYER_WRAPPER = str(Path(__file__).with_name("spans.py"))


def user_location(traceback: Sequence[Any] | None) -> str:
    """``"model.py:41"``: the innermost frame in the user's own code, or "".

    Frames up to the start of the trace only say who asked for the conversion; a layer of a functional model has no
    others.
    """
    frames = list(traceback or ())
    ours = max((i for i, frame in enumerate(frames) if _starts_trace(frame.filename)), default=-1)
    for frame in reversed(frames[ours + 1 :]):
        if not _is_library(frame.filename):
            return f"{Path(frame.filename).name}:{frame.lineno}"
    return ""


def _starts_trace(filename: str) -> bool:
    return filename.startswith(_PACKAGE) and filename != _LAYER_WRAPPER


@cache
def _is_library(filename: str) -> bool:
    roots = {sysconfig.get_paths()[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    return filename.startswith(("<", _PACKAGE, *roots)) or "site-packages" in filename
