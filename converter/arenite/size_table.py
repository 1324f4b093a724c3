"""What ``arenite size`` prints for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from .tables import console, grid
from .wording import count

if TYPE_CHECKING:
    from .board.size import FirmwareSize


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
