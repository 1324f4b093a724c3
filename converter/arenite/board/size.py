"""``size``: what takes a firmware's flash and RAM: the interpreter, each kernel, the models, the libraries, the program."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import BoardError
from ..opdef import rows
from .elf import Elf, demangle
from .linker_map import Piece, pieces
from .table import source_root

#: kinds of memory; the first three lie in flash, the last two in RAM (``data`` in both).
KINDS = ("code", "constants", "data", "bss")
FLASH = KINDS[:3]
#: libraries of the compiler and the C library, by the archive's name
_LIBRARY = re.compile(r"lib(c|m|gcc|nosys|g|rdimon|stdc\+\+|supc\+\+|semihost)(_\w+)?\.a$")
_OBJECT = re.compile(r"(\.(cc|cpp|cxx|c|S|s))?(\.(obj|o))?$")
_IDENTIFIER = b"TFL3"


@dataclass(frozen=True)
class Part:
    """Bytes of one owner, by kind of memory.

    group  "core", "kernels", "models", "libraries", "program" or "alignment".
    name   within the group: an operator, a microkernel's file, a library, an object.
    """

    group: str
    name: str
    sizes: dict[str, int]

    @property
    def flash(self) -> int:
        return sum(self.sizes.get(kind, 0) for kind in FLASH)

    @property
    def ram(self) -> int:
        return self.sizes.get("data", 0) + self.sizes.get("bss", 0)


@dataclass(frozen=True)
class FirmwareSize:
    """What a firmware is made of. The parts' sums are the sections' sizes, to the byte.

    linker_map  the map that told the owners; None: they are told by the symbols' names, and what is not
                Arenite's is one part.
    """

    firmware: str
    linker_map: str | None
    parts: list[Part] = field(default_factory=list)

    @property
    def flash(self) -> int:
        return sum(part.flash for part in self.parts)

    @property
    def ram(self) -> int:
        return sum(part.ram for part in self.parts)

    def groups(self) -> dict[str, int]:
        """Group → bytes of flash, largest first."""
        sums: Counter[str] = Counter()
        for part in self.parts:
            sums[part.group] += part.flash
        return dict(sums.most_common())

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        parts = [{**asdict(part), "flash": part.flash, "ram": part.ram} for part in self.parts]
        return {**asdict(self), "flash": self.flash, "ram": self.ram, "groups": self.groups(), "parts": parts}


def firmware_size(firmware: Path | str, linker_map: Path | str | None = None) -> FirmwareSize:
    """Attribute every byte of ``firmware``, an ELF file that links Arenite in whatever way.

    linker_map  of GNU ld; without it one beside the firmware (``x.elf.map``, ``x.map``) is taken when there is one.

    Raises BoardError when a file cannot be read, is no ELF file or not what the firmware was linked with.
    """
    path = Path(firmware)
    elf = Elf(path)
    found = Path(linker_map) if linker_map else _beside(path)
    owned = _by_map(elf, found) if found else _by_symbols(elf)
    sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for group, name, kind, size in owned:
        sums[group, name][kind] += size
    for kind, size in _unowned(elf, sums.values()):
        sums["alignment" if found else "program", "" if found else "all that is not Arenite's"][kind] += size
    parts = [Part(group, name, {k: sizes[k] for k in KINDS if sizes[k]}) for (group, name), sizes in sums.items()]
    return FirmwareSize(path.name, str(found) if found else None, sorted(parts, key=lambda p: (-p.flash, -p.ram)))


def _beside(firmware: Path) -> Path | None:
    candidates = (firmware.with_name(f"{firmware.name}.map"), firmware.with_suffix(".map"))
    return next((path for path in candidates if path.is_file()), None)


def _unowned(elf: Elf, owned: Iterable[Counter[str]]) -> Iterator[tuple[str, int]]:
    """What the sections hold beyond what has an owner; a map of another firmware owns more than there is."""
    left: Counter[str] = Counter()
    for section in elf.memory:
        left[section.kind] += section.size
    for sizes in owned:
        left.subtract(sizes)
    if wrong := {kind: size for kind, size in left.items() if size < 0}:
        more = ", ".join(f"{-size:,} bytes more of {kind}" for kind, size in wrong.items())
        raise BoardError(f"the linker map is not that of '{elf.path.name}': it lists {more}; give its own with --map")
    yield from ((kind, size) for kind, size in left.items() if size)


# --- by the linker map --------------------------------------------------------------------------------------------------
def _by_map(elf: Elf, linker_map: Path) -> Iterator[tuple[str, str, str, int]]:
    found = _without_overlap(pieces(linker_map, {section.name for section in elf.memory}))
    ours = {(p.archive, p.member) for p in found if "7arenite" in p.name or "arenite" in Path(p.archive).name}
    for piece in found:
        group, name = _owner(elf, piece, (piece.archive, piece.member) in ours)
        yield group, name, elf.kind_of(piece.output), piece.size


def _without_overlap(found: Iterable[Piece]) -> list[Piece]:
    """Strings that several objects share are linked once; the map lists them for each, at one address."""
    ordered = sorted(found, key=lambda piece: piece.address)
    ends = [following.address for following in ordered[1:]] + [2**64]
    cut = [replace(p, size=min(p.size, end - p.address)) for p, end in zip(ordered, ends, strict=True)]
    return [piece for piece in cut if piece.size]


def _owner(elf: Elf, piece: Piece, ours: bool) -> tuple[str, str]:
    if elf.bytes_at(piece.address + 4, 4) == _IDENTIFIER:
        return "models", _model_name(piece)
    stem = _OBJECT.sub("", Path(piece.member).name)
    if ours and stem in _sources():
        return _sources()[stem]
    archive = Path(piece.archive).name
    if _LIBRARY.search(archive) or re.match(r"crt\w+$", stem):
        return "libraries", archive or stem
    return "program", archive or Path(piece.member).name


def _model_name(piece: Piece) -> str:
    """After the symbol that its section is called after, else after the object."""
    symbol = re.match(r"\.(?:rodata|model)\.(.+)$", piece.name)
    return demangle([symbol[1]])[0] if symbol else _OBJECT.sub("", Path(piece.member).name)


@cache
def _sources() -> dict[str, tuple[str, str]]:
    """Stem of each of our sources → group and name."""
    root = source_root()
    found = {file.stem: ("core", "interpreter") for file in root.glob("interpreter/**/*.cc")}
    found |= {file.stem: ("core", "C interface") for file in root.glob("c_api/*.cc")}
    for file in root.glob("compat/*.cc"):
        found.setdefault(file.stem, ("core", "TFLite Micro's interface"))
    found |= {file.stem: ("kernels", f"shared: {file.stem}") for file in root.glob("kernels_cpp/*.cc")}
    found |= {
        file.stem: ("kernels", f"microkernel: {file.stem}") for file in root.glob("kernels_cpp/microkernels/*.cc")
    }
    return found | {name: ("kernels", name) for name in rows()}


# --- by symbols ---------------------------------------------------------------------------------------------------------
def _by_symbols(elf: Elf) -> Iterator[tuple[str, str, str, int]]:
    """What names tell: our functions and constants, and models."""
    names = demangle([symbol.name for symbol in elf.sized])
    seen: set[int] = set()
    for symbol, name in zip(elf.sized, names, strict=True):
        if symbol.address in seen:  # two names of one thing
            continue
        seen.add(symbol.address)
        if elf.bytes_at(symbol.address + 4, 4) == _IDENTIFIER:
            yield "models", name, symbol.kind, symbol.size
        elif "arenite" in symbol.name:
            yield *_named(name, symbol.file), symbol.kind, symbol.size


def _named(name: str, file: str) -> tuple[str, str]:
    """Group and name of one of our functions: by its file when it is local, else by the header that declares it."""
    stem = _OBJECT.sub("", file)
    if stem in _sources():
        return _sources()[stem]
    plain = name.partition("(")[0]
    last = plain.rpartition("::")[2]
    if "kernels::" in plain and last in _symbols():
        return "kernels", _symbols()[last]
    owner = plain.rpartition("::")[0].rpartition("::")[2].partition("<")[0]  # a class, or a namespace
    declared = _declared().get(owner if owner[:1].isupper() else last)
    return _sources().get(declared, ("core", "interpreter")) if declared else ("core", "interpreter")


@cache
def _symbols() -> dict[str, str]:
    return {row.symbol: name for name, row in rows().items()}


@cache
def _declared() -> dict[str, str]:
    """Name of each class and function that a header of the kernels declares → the header's stem."""
    headers = sorted((source_root() / "kernels_cpp").rglob("*.h"))
    pattern = re.compile(
        r"^\w[\w:<>*& ]*[ *&]([a-z]\w+)\(|\b(?:class|struct) (\w+)(?= [:{])", re.MULTILINE
    )  # calls are indented
    return {
        function or kind: header.stem for header in headers for function, kind in pattern.findall(header.read_text())
    }
