"""From retired instructions to time and energy on silicon, for the chips that published measurements allow it for.

An instruction is not a cycle: loads, branches and flash wait states add some. How many, and how much charge they take, was
measured for MLPerf Tiny v1.0 (closed division, OctoML): microTVM with CMSIS-NN, against the instructions that TFLite Micro with
the same kernels retires for the same models under QEMU. docs/estimates.md shows the sums and the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: MLPerf Tiny's keyword spotting, visual wake words, image classification, anomaly detection: instructions of one inference,
#: counted on Cortex-M4; M33 runs the same code
_INSTRUCTIONS = (7_698_000, 24_102_000, 29_864_000, 583_000)


@dataclass(frozen=True)
class _Chip:
    """Published milliseconds and microjoules of the four models; no energy where none was submitted."""

    name: str
    megahertz: int
    milliseconds: Sequence[float]
    microjoules: Sequence[float] = ()


#: by board
_CHIPS = {
    "cortex-m4": _Chip("STM32L4R5", 120, (99.8, 300.8, 389.6, 8.60), (5230.273, 15531.354, 20236.298, 443.184)),
    "cortex-m33": _Chip("nRF5340", 128, (76.09, 232.0, 316.2, 6.266)),
}


@dataclass(frozen=True)
class Estimate:
    """One inference on ``chip``: what the published models took per instruction, least and most.

    The energy is that of the whole chip while it computes, None where none was published.
    """

    chip: str
    megahertz: int
    least_ms: float
    most_ms: float
    least_uj: float | None
    most_uj: float | None

    def __str__(self) -> str:
        energy = f", {self.least_uj:.3g} to {self.most_uj:.3g} µJ" if self.least_uj is not None else ""
        return f"{self.least_ms:.3g} to {self.most_ms:.3g} ms{energy} ({self.chip}, {self.megahertz} MHz)"


def per_instruction(figures: Sequence[float]) -> tuple[float, float]:
    """Least and most of the published ``figures`` of the four models for one of their instructions."""
    ratios = [figure / instructions for figure, instructions in zip(figures, _INSTRUCTIONS, strict=True)]
    return min(ratios), max(ratios)


def estimate(board: str, instructions: int) -> Estimate | None:
    """Time and energy of ``instructions`` on a chip with ``board``'s core; None where nothing was published to take it from."""
    chip = _CHIPS.get(board)
    if chip is None:
        return None
    least_ms, most_ms = (ratio * instructions for ratio in per_instruction(chip.milliseconds))
    energy = per_instruction(chip.microjoules) if chip.microjoules else None
    least_uj, most_uj = (energy[0] * instructions, energy[1] * instructions) if energy else (None, None)
    return Estimate(chip.name, chip.megahertz, least_ms, most_ms, least_uj, most_uj)
