"""What an ELF file and its linker map say: symbols, sections, constants, and which part of the program owns what."""

from __future__ import annotations

import re
import subprocess
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import BoardError
from .tools import require

#: archive or object (regular expression on the linker map's path) → part of the program; the first match counts.
PARTS = (
    (r"libarenite_core\.a", "core"),
    (r"libarenite_kernels\.a", "kernels"),
    (r"/resolver\.cc\.obj", "resolver"),
    (r"/model\.S\.obj", "model"),
    (r"\.cc\.obj|\.o\.obj", "harness"),
    (r"", "libraries"),  # libc, libm, libgcc
)

_INPUT_SECTION = re.compile(r"^ \.(\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$", re.MULTILINE)


class Elf:
    """A linked firmware. Addresses of functions come without the Thumb bit."""

    def __init__(self, path: Path) -> None:
        try:
            from elftools.elf.elffile import ELFFile
        except ImportError:
            raise BoardError("reading firmware needs pyelftools: pip install pyelftools") from None
        self.path = path
        with open(path, "rb") as file:
            elf: Any = ELFFile(file)
            #: output section → bytes, only those that take memory on the board
            self.sections = {s.name: int(s["sh_size"]) for s in elf.iter_sections() if s["sh_flags"] & 2}
            self._loaded = [(int(p["p_paddr"]), p.data()) for p in elf.iter_segments("PT_LOAD") if p["p_filesz"]]
            table = elf.get_section_by_name(".symtab")
            named = [s for s in table.iter_symbols() if s.name and not s.name.startswith("$")]
            #: mangled name → address
            self.symbols = {s.name: _address(s) for s in named if s["st_shndx"] != "SHN_UNDEF"}
            self._functions = {_address(s): s.name for s in named if s["st_info"]["type"] == "STT_FUNC"}

    def word(self, address: int) -> int:
        """The little-endian 32-bit word that flash holds at ``address``."""
        for base, data in self._loaded:
            if base <= address <= base + len(data) - 4:
                return int.from_bytes(data[address - base : address - base + 4], "little")
        raise BoardError(f"{self.path.name} loads nothing at {address:#x}")

    def address(self, name: str) -> int:
        """Of the symbol ``name`` (mangled); BoardError when there is none."""
        if name not in self.symbols:
            raise BoardError(f"{self.path.name} has no symbol '{name}'")
        return self.symbols[name]

    def function_at(self, address: int) -> str:
        """The function that holds ``address``, as one writes it."""
        return next(iter(self.by_function([(address, 0)])))

    def by_function(self, blocks: Iterable[tuple[int, int]]) -> dict[str, int]:
        """Sum (address, amount) by the function at or before the address: demangled name → amount, largest first."""
        starts = sorted(self._functions)
        sums: Counter[str] = Counter()
        for address, amount in blocks:
            sums[self._functions[starts[max(0, bisect_right(starts, address) - 1)]]] += amount
        ordered = sums.most_common()
        return dict(zip(demangle([name for name, _ in ordered]), (n for _, n in ordered), strict=True))


def _address(symbol: Any) -> int:
    value = int(symbol["st_value"])
    return value & ~1 if symbol["st_info"]["type"] == "STT_FUNC" else value


def demangle(names: list[str]) -> list[str]:
    """C++ names as one writes them."""
    done = subprocess.run([require("c++filt")], input="\n".join(names), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def parts_of(linker_map: Path) -> dict[str, dict[str, int]]:
    """Bytes of every part of :data:`PARTS`: part → kind of memory (text, rodata, data, bss, model) → bytes.

    Only what was linked counts; alignment between input sections belongs to nobody.
    """
    _, found, memory_map = linker_map.read_text().partition("Linker script and memory map")
    if not found:
        raise BoardError(f"{linker_map} is not a linker map")
    sums: dict[str, Counter[str]] = {name: Counter() for _, name in PARTS}
    for section, _, size, owner in _INPUT_SECTION.findall(memory_map):
        kind = section.split(".")[0]
        if kind in ("text", "rodata", "data", "bss", "model", "vectors"):
            part = next(name for pattern, name in PARTS if re.search(pattern, owner))
            sums[part]["text" if kind == "vectors" else kind] += int(size, 16)
    return {part: dict(sizes) for part, sizes in sums.items() if sizes}
