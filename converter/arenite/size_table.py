"""What ``arenite size`` and ``arenite inspect --board`` print for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.text import Text

from .tables import console, grid
from .wording import count

if TYPE_CHECKING:
    from .board.footprint import Footprint
    from .board.size import FirmwareSize
    from .inspection import Inspection


def show_size(size: FirmwareSize) -> None:
    """A row for each owner, largest first, and the sums of the groups."""
    out = console()
    source = f"by the linker map {size.linker_map}" if size.linker_map else (
        "by symbols' names: link with -Wl,-Map=firmware.map beside the firmware to see libraries and objects too"
    )  # fmt: skip
    out.print(Text(f"{size.firmware}: {count(size.flash)} bytes of flash, {count(size.ram)} of RAM, {source}"))
    table = grid("group", "part", ">flash, B", ">share", ">code", ">constants", ">data", ">bss")
    for part in size.parts:
        kinds = (count(part.sizes.get(kind, 0)) for kind in ("code", "constants", "data", "bss"))
        share = f"{part.flash / max(size.flash, 1):.1%}"
        table.add_row(part.group, Text(part.name), count(part.flash), share, *kinds)
    out.print(table)
    out.print(Text("flash: " + ", ".join(f"{group} {count(bytes_)}" for group, bytes_ in size.groups().items())))


def show_footprint(taken: Footprint, facts: Inspection) -> None:
    """RAM and flash of one model on one board, each figure with what it is."""
    table = grid(f"on {taken.board} ({taken.core}), kernels for {taken.optimize}", ">bytes", "", title="Footprint")
    arena, stack = facts.arena, taken.stack
    if arena is not None:
        whole = "tensors {tensors:,}, scratch {scratch:,}, planning {planning:,}, persistent {persistent:,}"
        table.add_row("RAM: arena", count(taken.arena), whole.format(**asdict(arena)))
    calls = f"open {stack.open:,}, allocate {stack.allocate:,}, invoke {stack.invoke:,}; interrupts come on top"
    table.add_row("RAM: stack, at most", count(stack.total), calls)
    variables = sum(part.ram for part in taken.parts)
    table.add_row("RAM: variables", count(variables), "data and bss of the parts below")
    table.add_row("RAM", count(taken.ram), "", style="bold", end_section=True)
    for part in taken.parts:
        table.add_row(Text(f"flash: {part.group}: {part.name}"), count(part.flash), "")
    table.add_row("flash", count(taken.flash), "the program itself and its startup come on top", style="bold")
    console().print(table)
