"""From retired instructions to time on silicon, for the one core that published measurements allow it for.

An instruction is not a cycle: loads, branches and flash wait states add some. How many was taken from MLPerf Tiny (closed
division): microTVM with CMSIS-NN on a Cortex-M4 at 120 MHz, against the instructions that TFLite Micro with the same kernels
retires for the same models under QEMU. docs/estimates.md shows the sums.
"""

from __future__ import annotations

from dataclasses import dataclass

#: model → published milliseconds, retired instructions of one inference
_PUBLISHED = {
    "keyword spotting": (99.8, 7_698_000),
    "visual wake words": (300.8, 24_102_000),
    "image classification": (389.6, 29_864_000),
    "anomaly detection": (8.60, 583_000),
}
_CORE = "cortex-m4"
_MEGAHERTZ = 120


@dataclass(frozen=True)
class Estimate:
    """An inference's time: what the published models took per instruction, least and most."""

    megahertz: int
    least_ms: float
    most_ms: float


def cycles_per_instruction() -> tuple[float, float]:
    """Least and most over the published models."""
    ratios = [ms * 1e3 * _MEGAHERTZ / instructions for ms, instructions in _PUBLISHED.values()]
    return min(ratios), max(ratios)


def estimate(board: str, instructions: int) -> Estimate | None:
    """Time of ``instructions`` on ``board``'s core; None where nothing was published to take it from."""
    if board != _CORE:
        return None
    least, most = (ratio * instructions / (_MEGAHERTZ * 1e3) for ratio in cycles_per_instruction())
    return Estimate(_MEGAHERTZ, least, most)
