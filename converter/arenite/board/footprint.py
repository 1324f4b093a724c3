"""What a model takes of a board before anything is flashed: flash by kernel, a bound of the stack, the arena."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import ModelError
from ..inspection import Inspection
from .firmware import built_for
from .size import Part, firmware_size
from .stack import StackAnalysis, StackBound, needs_of
from .table import find_board


@dataclass(frozen=True)
class Footprint:
    """Of one model's firmware on one board; nothing is estimated and nothing is run.

    arena  bytes, the same on every board.
    stack  bytes at most, interrupts not counted (:mod:`arenite.board.stack`).
    parts  flash of the interpreter, each kernel, the model and the C library's functions that they call; what is the
           program's own, startup and the like, is left out. Linked without other code of the same libraries.
    """

    board: str
    core: str
    optimize: str
    arena: int
    stack: StackBound
    parts: list[Part]

    @property
    def flash(self) -> int:
        """Bytes of all parts."""
        return sum(part.flash for part in self.parts)

    @property
    def ram(self) -> int:
        """Bytes of arena, stack and the parts' variables."""
        return self.arena + self.stack.total + sum(part.ram for part in self.parts)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        parts = [{"group": part.group, "name": part.name, "flash": part.flash, "ram": part.ram} for part in self.parts]
        return {**asdict(self), "flash": self.flash, "ram": self.ram, "parts": parts}


def footprint(model: bytes, facts: Inspection, board: str, optimize: str = "speed") -> Footprint:
    """Build the firmware of ``model`` for ``board`` and read from it what the model takes.

    facts     what :func:`arenite.inspect` says of it.
    optimize  as in :func:`arenite.board.run`.

    Raises ModelError when the model does not run here; ToolMissingError, BoardError when the firmware cannot be built.
    """
    if facts.arena is None:
        raise ModelError(f"there is no firmware, the model does not run here: {facts.problem}")
    where = find_board(board)
    with built_for(model, where, optimize) as (firmware, _):
        size = firmware_size(firmware.elf, firmware.map)
        stack = StackAnalysis(firmware.elf, where).bound(*needs_of(model))
    parts = [part for part in size.parts if part.group in ("core", "kernels", "models", "libraries")]
    return Footprint(board, where.core, optimize, facts.arena.used, stack, parts)
