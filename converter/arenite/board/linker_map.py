"""GNU ld's map of a firmware: which object each piece of memory comes from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import BoardError

_HEADING = re.compile(r"^(\.?[\w.$]+)\s*(?:0x|$)")
_PIECE = re.compile(r"^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$")
_NAME_ALONE = re.compile(r"^ [.\w$]\S*$")
_MEMBER = re.compile(r"^(.*?)\(([^()]+)\)$")


@dataclass(frozen=True)
class Piece:
    """``size`` bytes at ``address``: the section ``name`` of one object.

    archive  path of the library that holds the object; "" when it was linked by itself.
    member   path of the object, in a library its name.
    """

    output: str
    name: str
    address: int
    size: int
    archive: str
    member: str


def pieces(linker_map: Path, outputs: Collection[str]) -> list[Piece]:
    """What was linked into the output sections ``outputs``, in the map's order; alignment between them is nobody's."""
    try:
        text = linker_map.read_text(errors="replace")
    except OSError as error:
        raise BoardError(f"cannot read the linker map '{linker_map}': {error.strerror}") from None
    _, found, memory_map = text.partition("Linker script and memory map")
    if not found:
        raise BoardError(f"'{linker_map}' is no map of GNU ld: link with -Wl,-Map=firmware.map")
    return list(_pieces(_joined(memory_map.splitlines()), outputs))


def _joined(lines: list[str]) -> Iterator[str]:
    """A long section's name stands alone, the rest of its line in the next."""
    pending = ""
    for line in lines:
        if _NAME_ALONE.match(line):
            pending = line
        else:
            yield pending + line
            pending = ""


def _pieces(lines: Iterator[str], outputs: Collection[str]) -> Iterator[Piece]:
    output = ""
    for line in lines:
        if heading := _HEADING.match(line):
            output = heading[1]
        found = _PIECE.match(line)
        if found and output in outputs and int(found[3], 16) and not found[1].startswith("*"):
            archive, member = _owner(found[4])
            yield Piece(output, found[1], int(found[2], 16), int(found[3], 16), archive, member)


def _owner(path: str) -> tuple[str, str]:
    member = _MEMBER.match(path)
    return (member[1], member[2]) if member else ("", path)
