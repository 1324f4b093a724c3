"""Objects by the name of their place: ``module:name``, or ``file.py:name`` for a file that is on no path."""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ModelError


def is_python_name(text: str) -> bool:
    """Whether ``text`` names a place in Python code; files that exist are what they are."""
    place, _, name = text.rpartition(":")
    if not name.isidentifier() or Path(text).exists():
        return False
    return place.endswith(".py") or all(part.isidentifier() for part in place.split("."))


def named_object(text: str) -> Any:
    """What ``text`` names. Raises ModelError saying what is missing, or what went wrong while the code ran."""
    place, _, name = text.rpartition(":")
    if not is_python_name(text):
        raise ModelError(f"'{text}' names no place in Python code: write module:name or file.py:name")
    names = _names_of_file(Path(place)) if place.endswith(".py") else _names_of_module(place)
    if name not in names:
        raise ModelError(f"'{place}' defines no '{name}'")
    return names[name]


def _names_of_file(file: Path) -> dict[str, Any]:
    if not file.exists():
        raise ModelError(f"there is no file '{file}'")
    with _explained(str(file)):
        return runpy.run_path(str(file), run_name=file.stem)


def _names_of_module(module: str) -> dict[str, Any]:
    """Modules of the working directory too, as ``python -m`` finds them."""
    here = os.getcwd()
    with _explained(module):
        sys.path.insert(0, here)
        try:
            return vars(importlib.import_module(module))
        finally:
            sys.path.remove(here)


@contextmanager
def _explained(place: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModelError(f"cannot import '{place}': there is no module '{error.name}'") from error
    except Exception as error:
        raise ModelError(f"'{place}' fails when it is run: {type(error).__name__}: {error}") from error
