"""What each operator's kernel costs and what makes it fast: ``kernels.csv``, written by ``benchmarks/kernels.py``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATH = Path(__file__).parent / "kernels.csv"


@dataclass(frozen=True)
class KernelFacts:
    """One operator.

    flash_least   bytes on Cortex-M4, without the interpreter: integer bodies without int16 and int4, compiled for size;
                  None for an operator of float32 only.
    flash_most    bytes on Cortex-M4: bodies for every type, compiled for speed.
    microkernels  the inner loops that it calls, which have variants for each processor (docs/microkernels.md).
    """

    flash_least: int | None
    flash_most: int
    microkernels: tuple[str, ...]

    @property
    def flash(self) -> str:
        """``1,204–3,416``."""
        most = f"{self.flash_most:,}"
        return most if self.flash_least is None else f"{self.flash_least:,}–{most}"


@cache
def kernel_facts() -> dict[str, KernelFacts]:
    """Operator → facts; an operator that was added since the last measurement is absent."""
    with PATH.open(newline="") as file:
        return {
            row["operator"]: KernelFacts(
                int(row["flash_least"]) if row["flash_least"] else None,
                int(row["flash_most"]),
                tuple(row["microkernels"].split()),
            )
            for row in csv.DictReader(file)
        }
