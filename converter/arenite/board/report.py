"""What one run of a model on a board measured. Bytes and retired instructions; never times."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Flash:
    """Bytes of flash by what they are. ``data`` is the image that startup copies to RAM.

    parts  the same bytes by who owns them: core, kernels, resolver, libraries (libc, libm, libgcc), harness (startup,
           semihosting, the runner's main), model. Alignment between sections belongs to nobody.
    """

    text: int
    rodata: int
    model: int
    data: int
    parts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.text + self.rodata + self.model + self.data

    @property
    def runtime(self) -> int:
        """What Arenite costs: everything but the model and the harness."""
        return self.total - self.model - self.parts.get("harness", 0)


@dataclass(frozen=True)
class Ram:
    """Bytes of RAM. ``bss`` excludes the arena; the stack's figures are high-water marks from reset on."""

    data: int
    bss: int
    arena: int
    stack_allocate: int
    stack_invoke: int

    @property
    def total(self) -> int:
        return self.data + self.bss + self.arena + max(self.stack_allocate, self.stack_invoke)


@dataclass(frozen=True)
class OperatorCost:
    """Instructions of one operator in the first invoke, from its kernel's entry to the next operator's."""

    index: int
    name: str
    instructions: int


@dataclass(frozen=True)
class BoardRun:
    """A model's run on one board.

    outputs             per sample, the model's outputs in its order.
    arena               bytes that the interpreter on the board says it uses.
    setup_instructions  Model::open and Interpreter::allocate.
    instructions        of each sample's invoke.
    operators           by operator of the first invoke.   functions  by function, all invokes; both only when asked for.
    """

    board: str
    core: str
    optimize: str
    outputs: list[list[np.ndarray]] = field(repr=False)
    arena: int
    setup_instructions: int
    instructions: list[int]
    flash: Flash
    ram: Ram
    operators: list[OperatorCost] = field(default_factory=list, repr=False)
    functions: dict[str, int] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, outputs left out."""
        plain = {key: value for key, value in asdict(self).items() if key != "outputs"}
        plain["flash"] |= {"total": self.flash.total, "runtime": self.flash.runtime}
        plain["ram"] |= {"total": self.ram.total}
        return plain
