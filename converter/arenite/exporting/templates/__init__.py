"""Texts of exported files, with ``$name`` where something is filled in (string.Template)."""

from __future__ import annotations

from importlib import resources


def template(name: str) -> str:
    """The text of one template, by its path below this package."""
    return (resources.files(__name__) / name).read_text()
