"""``check``: does our interpreter run a file, what is odd about it, and does its firmware fit a board's budgets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .inspection import inspect, read_content
from .reader import read
from .remarks import remarks


@dataclass(frozen=True)
class Check:
    """What was found.

    problem      why our interpreter does not run the file; None when it does.
    unsupported  operators without a kernel → how often.
    findings     what is in the way on ``board``, a sentence each.
    remarks      what is odd about the file's numbers, a sentence each; no reason not to run it.
    ram, flash   bytes of the firmware on ``board``; None when no board was asked for or the file does not run.
    """

    model: str
    problem: str | None
    unsupported: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    board: str | None = None
    ram: int | None = None
    flash: int | None = None

    @property
    def ok(self) -> bool:
        """Whether it runs, and fits where a board was asked for."""
        return self.problem is None and not self.findings

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"runs": self.problem is None, **asdict(self)}

    def lines(self) -> list[str]:
        """For people."""
        if self.problem is not None:
            lines = [f"'{self.model}' does not run here: {self.problem}"]
        else:
            fits = f" and fits {self.board}" if self.board else ""
            lines = self.findings or [f"'{self.model}' runs here{fits}"]
        lines = [*lines, *(f"remark: {remark}" for remark in self.remarks)]
        if self.unsupported:
            lines = [*lines, "without a kernel: " + ", ".join(f"{n} {name}" for name, n in self.unsupported.items())]
        if self.ram is not None and self.flash is not None:
            lines = [*lines, f"RAM {self.ram:,} bytes, flash {self.flash:,} bytes on {self.board}"]
        return lines


def check(
    model: Path, board: str | None = None, *, optimize: str = "speed", ram: int | None = None, flash: int | None = None
) -> Check:
    """Look at a file, and with ``board`` at its firmware.

    ram    bytes at most for data, arena and stack, as they are measured in one inference under QEMU.
    flash  bytes at most for model, interpreter and kernels; the board's own startup code is not counted.

    Raises ModelError when the file is missing or malformed; ToolMissingError, BoardError when firmware cannot be built.
    """
    content = read_content(model)
    facts, odd = inspect(content), remarks(read(content))
    if board is None or facts.problem is not None:
        return Check(str(model), facts.problem, facts.unsupported, remarks=odd)
    from .board.benching import bench

    [result] = bench(model, [board], optimize).boards
    needed = {"RAM": result.run.ram.total, "flash": result.run.flash.runtime + result.run.flash.model}
    limits = {"RAM": ram, "flash": flash}
    findings = [
        f"'{model}' needs {bytes_:,} bytes of {what} on {board}, {bytes_ - limit:,} more than the {limit:,} allowed; "
        + _ADVICE[what]
        for what, bytes_ in needed.items()
        if (limit := limits[what]) is not None and bytes_ > limit
    ]
    findings += [] if result.equal else [f"'{model}' gives other outputs on {board} than on the host"]
    return Check(str(model), None, {}, findings, odd, board, needed["RAM"], needed["flash"])


_ADVICE = {
    "RAM": "`arenite inspect` shows the tensors that are largest at the peak",
    "flash": "try --optimize size, `arenite optimize --strip`, or int4 weights",
}
