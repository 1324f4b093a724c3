"""Numbers as people read them, the same in the terminal and in the report."""

from __future__ import annotations

import math


def count(value: int | None) -> str:
    """``12,345``; an em dash for None."""
    return "—" if value is None else f"{value:,}"


def percent(share: float | None) -> str:
    """A share in [0, 1] as percent with two decimals; an em dash for None."""
    return "—" if share is None else f"{100 * share:.2f} %"


def decibel(value: float | None) -> str:
    """dB with one decimal; ``equal`` for infinity, an em dash for None."""
    if value is None:
        return "—"
    return ("equal" if value > 0 else "−∞") if math.isinf(value) else f"{value:.1f}"


def magnitude(value: float | None) -> str:
    """Three significant digits; an em dash for None."""
    return "—" if value is None else f"{value:.3g}"


def short(name: str, limit: int = 40) -> str:
    """A tensor name at most ``limit`` characters long: its first part, cut from the left, where paths are least telling."""
    first = name.split(";")[0]
    return first if len(first) <= limit else "…" + first[-(limit - 1) :]


def dims(shape: tuple[int, ...]) -> str:
    """``1×8×8×1``."""
    return "×".join(map(str, shape)) or "scalar"
