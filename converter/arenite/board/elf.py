"""What an ELF file and its linker map say: symbols, sections, constants, and which part of the program owns what."""

from __future__ import annotations

import io
import re
import subprocess
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import BoardError
from ..opdef import rows
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

#: sections that only reserve room for the stack or the heap
_RESERVED = (".stack", ".heap", "._user_heap_stack")

_INPUT_SECTION = re.compile(r"^ \.(\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """An output section that takes memory on the board. kind: "code", "constants", "data" or "bss"."""

    name: str
    kind: str
    address: int
    size: int


@dataclass(frozen=True)
class SizedSymbol:
    """A function or an object. ``file``: the source that a local one comes from, "" for others."""

    name: str
    file: str
    kind: str
    address: int
    size: int


class Elf:
    """A linked firmware. Addresses of functions come without the Thumb bit."""

    def __init__(self, path: Path) -> None:
        try:
            from elftools.elf.elffile import ELFFile
        except ImportError:
            raise BoardError("reading firmware needs pyelftools: pip install 'arenite[board]'") from None
        from elftools.common.exceptions import ELFError

        self.path = path
        with io.BytesIO(_content(path)) as file:
            try:
                elf: Any = ELFFile(file)
            except ELFError:
                raise BoardError(f"'{path}' is no ELF file") from None
            #: output section → bytes, only those that take memory on the board
            self.sections = {s.name: int(s["sh_size"]) for s in elf.iter_sections() if s["sh_flags"] & 2}
            self._loaded = [(int(p["p_paddr"]), p.data()) for p in elf.iter_segments("PT_LOAD") if p["p_filesz"]]
            #: output sections that take memory on the board
            self.memory = [
                Section(s.name, _kind(s), int(s["sh_addr"]), int(s["sh_size"]))
                for s in elf.iter_sections()
                if s["sh_flags"] & 2 and s["sh_size"] and not s.name.startswith(_RESERVED)
            ]
            table = elf.get_section_by_name(".symtab")
            if table is None:
                raise BoardError(f"'{path}' has no symbols: give the file as it was linked, before strip or objcopy")
            #: functions and objects with a size, by address
            self.sized = sorted(_sized(elf, table), key=lambda symbol: symbol.address)
            named = [s for s in table.iter_symbols() if s.name and not s.name.startswith("$")]
            #: mangled name → address
            self.symbols = {s.name: _address(s) for s in named if s["st_shndx"] != "SHN_UNDEF"}
            self._functions = {_address(s): s.name for s in named if s["st_info"]["type"] == "STT_FUNC"}
            #: (section, place, function): the section holds, as data or in code, the address of the function
            self.pointers = list(_pointers(elf, table))

    def word(self, address: int) -> int:
        """The little-endian 32-bit word that flash holds at ``address``."""
        for base, data in self._loaded:
            if base <= address <= base + len(data) - 4:
                return int.from_bytes(data[address - base : address - base + 4], "little")
        raise BoardError(f"{self.path.name} loads nothing at {address:#x}")

    def kind_of(self, section: str) -> str:
        """Of an output section: see :class:`Section`."""
        return next(s.kind for s in self.memory if s.name == section)

    def bytes_at(self, address: int, count: int) -> bytes:
        """What flash holds at ``address``; fewer bytes where nothing is loaded."""
        for base, data in self._loaded:
            if base <= address < base + len(data):
                return bytes(data[address - base : address - base + count])
        return b""

    def address(self, name: str) -> int:
        """Of the symbol ``name`` (mangled); BoardError when there is none."""
        if name not in self.symbols:
            raise BoardError(f"{self.path.name} has no symbol '{name}'")
        return self.symbols[name]

    def kernels(self) -> dict[str, int]:
        """Operator → address of its Kernel object (interpreter/kernel.h), of those that are linked."""
        symbols = {name: f"_ZN7arenite7kernels{len(row.symbol)}{row.symbol}E" for name, row in rows().items()}
        return {name: self.symbols[symbol] for name, symbol in symbols.items() if symbol in self.symbols}

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


#: kinds of relocation that put a function's address somewhere, and do not branch to it: Arm's, RISC-V's
_ADDRESS_RELOCATIONS = {"EM_ARM": {2, 47, 48}, "EM_RISCV": {1, 20, 23, 26, 27}}


def _pointers(elf: Any, table: Any) -> Iterator[tuple[str, int, int]]:
    kinds = _ADDRESS_RELOCATIONS.get(elf["e_machine"], set())
    for section in elf.iter_sections():
        if section["sh_type"] not in ("SHT_REL", "SHT_RELA"):
            continue
        holder = elf.get_section(section["sh_info"])
        for relocation in section.iter_relocations() if holder["sh_flags"] & 2 else ():
            symbol = table.get_symbol(relocation["r_info_sym"])
            if relocation["r_info_type"] in kinds and symbol["st_info"]["type"] == "STT_FUNC":
                yield holder.name, int(relocation["r_offset"]), _address(symbol)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BoardError(f"cannot read '{path}': {error.strerror}") from None


def _kind(section: Any) -> str:
    if section["sh_type"] == "SHT_NOBITS":
        return "bss"
    if section["sh_flags"] & 4:
        return "code"
    return "data" if section["sh_flags"] & 1 else "constants"


def _sized(elf: Any, table: Any) -> Iterator[SizedSymbol]:
    file = ""
    kinds = {n: _kind(s) for n, s in enumerate(elf.iter_sections()) if s["sh_flags"] & 2}
    for symbol in table.iter_symbols():
        if symbol["st_info"]["type"] == "STT_FILE":
            file = symbol.name
        local = symbol["st_info"]["bind"] == "STB_LOCAL"
        sized = symbol["st_size"] and symbol["st_info"]["type"] in ("STT_FUNC", "STT_OBJECT")
        if sized and symbol["st_shndx"] in kinds:
            kind = kinds[symbol["st_shndx"]]
            yield SizedSymbol(symbol.name, file if local else "", kind, _address(symbol), int(symbol["st_size"]))


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
