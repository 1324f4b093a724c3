"""A linked firmware as functions of instructions, of which only what concerns the stack and the flow is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BoardError
from .table import Board
from .tools import run_tool


@dataclass(frozen=True)
class Step:
    """One instruction.

    grows    bytes that it puts on the stack; negative: takes off.
    calls    address of the function that it calls.     jumps     address that it may go on at.
    pointer  "call" or "jump" when it goes where a register says.
    falls    whether the next instruction may follow.
    """

    address: int
    grows: int = 0
    calls: int | None = None
    jumps: int | None = None
    pointer: str = ""
    falls: bool = True


@dataclass
class Function:
    """``name`` as the linker has it; ``next`` begins where this one ends, and code may run on into it; ``problem``: what
    makes its use of the stack unknown."""

    name: str
    address: int
    steps: list[Step] = field(default_factory=list)
    next: int | None = None
    problem: str = ""


_LABEL = re.compile(r"^([0-9a-f]+) <(.+)>:$")
_LINE = re.compile(r"^ *([0-9a-f]+):\t([a-z0-9._]+)(?:\t(.*))?$")
_TARGET = re.compile(r"\b([0-9a-f]+) <")
#: (mnemonic, operands, the function's earlier instructions, address) → step
Decode = Callable[[str, str, "list[tuple[str, str]]", int, "Callable[[int], int]"], Step]


def functions(elf: Path, board: Board, word: Callable[[int], int]) -> dict[int, Function]:
    """Every function of ``elf`` by address. ``word`` reads flash."""
    decode, relevant = _DECODERS[board.family], _RELEVANT[board.family]
    listing = run_tool([f"{board.tools}-objdump", "-d", "--no-show-raw-insn", "-M", _STYLE[board.family], elf])
    found: dict[int, Function] = {}
    current: Function | None = None
    earlier: list[tuple[str, str]] = []
    for line in listing.splitlines():
        label = _LABEL.match(line)
        if label and not label[2].startswith(".L"):
            fresh = Function(label[2], int(label[1], 16))
            if current is not None:
                current.next = fresh.address
            current, earlier = fresh, []
            found[fresh.address] = fresh
        elif current is not None and (match := _LINE.match(line)):
            if not relevant.search(line):
                current.steps.append(Step(int(match[1], 16)))
                earlier.append((match[2], match[3] or ""))
                continue
            mnemonic, operands = match[2], (match[3] or "").strip()
            try:
                current.steps.append(decode(mnemonic, operands, earlier, int(match[1], 16), word))
            except ValueError as error:
                current.problem = f"{error}: {line.strip()}"
                current.steps.append(Step(int(match[1], 16)))
            earlier.append((mnemonic, operands))
    return found


def _target(operands: str) -> int | None:
    found = _TARGET.search(operands)
    return int(found[1], 16) if found else None


# --- Thumb ------------------------------------------------------------------------------------------------------------

_CONDITIONS = "eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le"
_BRANCH = re.compile(rf"^b({_CONDITIONS})?(\.[nw])?$")
#: bases of the instructions that a condition may follow
_CONDITIONAL = re.compile(
    rf"^(pop|push|ldmia|ldmdb|stmdb|add|sub|addw|subw|bx|blx|ldr|str|ldrd|strd|mov|vpush|vpop|bl)({_CONDITIONS})(\.[nw])?$"
)
_RANGE = re.compile(r"^([a-z]+)(\d+)-[a-z]+(\d+)$")


def _listed(operands: str) -> tuple[int, bool]:
    """Bytes of the registers in braces, and whether the program counter is one of them."""
    count, has_pc = 0, False
    inside = operands[operands.index("{") + 1 : operands.index("}")]
    width = 8 if inside.lstrip().startswith("d") else 4
    for part in (p.strip() for p in inside.split(",")):
        has_pc |= part == "pc"
        span = _RANGE.match(part)
        count += int(span[3]) - int(span[2]) + 1 if span else 1
    return count * width, has_pc


def _thumb(
    mnemonic: str, operands: str, earlier: list[tuple[str, str]], address: int, word: Callable[[int], int]
) -> Step:
    if mnemonic.startswith((".", "udf")):
        return Step(address, falls=False)  # data, or a trap
    operands = re.split(r"\s*[@;]", operands, maxsplit=1)[0]
    conditional = _CONDITIONAL.match(mnemonic)
    base = (conditional[1] if conditional else mnemonic.split(".")[0]) if not _BRANCH.match(mnemonic) else "b"
    if conditional and _touches_stack(base, operands) and base != "bl":
        return Step(address)  # it returns, or restores what the other way keeps: the deeper way counts
    if base == "b":
        return Step(address, jumps=_target(operands), falls=mnemonic not in ("b", "b.n", "b.w"))
    if base in ("cbz", "cbnz"):
        return Step(address, jumps=_target(operands))
    if base in ("bl", "blx") and "<" in operands:
        return Step(address, calls=_target(operands))
    if base == "blx":
        return Step(address, pointer="call")
    if base == "bx":
        return Step(address, falls=bool(conditional), pointer="" if operands == "lr" else "jump")
    if base in ("tbb", "tbh") or (re.match(r"pc, r", operands) and base == "mov"):
        return Step(address, pointer="table", falls=False)
    if base in ("dls", "wls", "le", "lctp", "wlstp", "dlstp", "letp"):
        return Step(address, jumps=_target(operands))
    return _thumb_stack(base, operands, earlier, address, word)


def _touches_stack(base: str, operands: str) -> bool:
    return base in ("pop", "push", "vpush", "vpop", "bx") or operands.startswith(("sp", "pc")) or "[sp], #" in operands


def _thumb_stack(
    base: str, operands: str, earlier: list[tuple[str, str]], address: int, word: Callable[[int], int]
) -> Step:
    if base in ("push", "vpush") or (base in ("stmdb", "vstmdb", "stmfd") and operands.startswith("sp!")):
        return Step(address, _listed(operands)[0])
    if base in ("pop", "vpop") or (base in ("ldmia", "vldmia", "ldmfd", "ldm") and operands.startswith("sp!")):
        size, returns = _listed(operands)
        return Step(address, -size, falls=not returns)
    if moved := re.search(r"\[sp(?:, #(-?\d+)\]!|\], #(-?\d+))$", operands):
        return Step(address, -int(moved[1] or moved[2]), falls=not operands.startswith("pc"))
    if operands.startswith("pc"):
        return Step(address, pointer="table", falls=False)
    words = [w.strip() for w in operands.split(",")]
    if words[0] != "sp" or base.startswith(("str", "cmp", "vstr", "stm", "ldm", "vldm", "vstm")):
        return Step(address)
    if base == "mov":
        return Step(address)  # back from a frame pointer: never more than now
    if base not in ("add", "addw", "sub", "subw") or words[1:-1] not in ([], ["sp"]):
        raise ValueError("unknown change")
    sign = 1 if base.startswith("sub") else -1
    amount = int(words[-1][1:]) if words[-1].startswith("#") else _thumb_constant(words[-1], earlier, word)
    return Step(address, sign * amount)


def _thumb_constant(register: str, earlier: list[tuple[str, str]], word: Callable[[int], int]) -> int:
    """What the last instructions have put into ``register``."""
    shift = added = 0
    for mnemonic, operands in reversed(earlier[-40:]):
        words = [w.strip() for w in re.split(r"\s*[@;]", operands, maxsplit=1)[0].split(",")]
        if words[0] != register:
            continue
        if mnemonic.startswith("ldr") and (literal := re.search(r"\(([0-9a-f]+) <", operands)):
            value = word(int(literal[1], 16))
            return ((value - (1 << 32) if value >> 31 else value) << shift) + added
        amount = int(words[-1][1:]) if words[-1].startswith("#") else None
        if amount is None or words[1:-1] not in ([], [register]):
            break
        if mnemonic.startswith("mov"):
            return (amount << shift) + added
        if mnemonic.startswith("lsl"):
            shift += amount
        elif mnemonic.startswith(("add", "sub")) and shift == 0:
            added += amount if mnemonic.startswith("add") else -amount
        else:
            break
    raise ValueError(f"{register} is not known")


# --- RISC-V -----------------------------------------------------------------------------------------------------------

_SAVE = re.compile(r"__riscv_save_(\d+)")


def _riscv(
    mnemonic: str, operands: str, earlier: list[tuple[str, str]], address: int, word: Callable[[int], int]
) -> Step:
    del word
    if mnemonic.startswith((".", "c.ebreak", "ebreak", "c.unimp", "unimp")):
        return Step(address, falls=False)  # data, or a trap
    base = mnemonic.removeprefix("c.")
    words = [w.strip() for w in re.split(r"\s+[<#]", operands, maxsplit=1)[0].split(",")]
    if base in ("beqz", "bnez", "beq", "bne", "blt", "bge", "bltu", "bgeu"):
        return Step(address, jumps=_target(operands))
    if base == "j" or (base == "jal" and words[0] == "zero"):
        return Step(address, jumps=_target(operands), falls=False)
    if base == "jal":
        if words[0] == "t0" and (saved := _SAVE.search(operands)):  # libgcc's prologue: returns with a larger stack
            return Step(address, {0: 16, 4: 32, 8: 48, 12: 64}[int(saved[1]) // 4 * 4])
        return Step(address, calls=_target(operands))
    if base in ("jr", "jalr"):
        return _riscv_register_jump(base, operands, words, earlier, address)
    if (words[0] == "sp" and not base.startswith(("s", "l"))) or (base == "sub" and words[0] == "sp"):
        return Step(address, _riscv_growth(base, words, earlier))
    return Step(address)


def _riscv_register_jump(
    base: str, operands: str, words: list[str], earlier: list[tuple[str, str]], address: int
) -> Step:
    links = words[0] == "ra" if len(words) > 1 else base == "jalr"
    register = re.sub(r".*\((\w+)\)", r"\1", words[-1])
    if not links and register == "ra":
        return Step(address, falls=False)
    if (target := _target(operands)) is not None and earlier and earlier[-1][0] == "auipc":
        return Step(address, calls=target) if links else Step(address, jumps=target, falls=False)
    if links:
        return Step(address, pointer="call")
    return Step(address, falls=False, pointer="" if register == "t0" else "jump")


def _riscv_growth(base: str, words: list[str], earlier: list[tuple[str, str]]) -> int:
    if base in ("addi", "addi16sp") and words[1:-1] in ([], ["sp"]):
        return -int(words[-1], 0)
    if base in ("add", "sub") and words[1:-1] in ([], ["sp"]):
        return (1 if base == "sub" else -1) * _riscv_constant(words[-1], earlier)
    if base in ("auipc", "mv", "addi"):
        return 0  # the reset code sets it; back from a frame pointer: never more than now
    raise ValueError("unknown change")


def _riscv_constant(register: str, earlier: list[tuple[str, str]]) -> int:
    value = 0
    for mnemonic, operands in reversed(earlier[-40:]):
        words = operands.split(",")
        if words[0] != register:
            continue
        base = mnemonic.removeprefix("c.")
        amount = int(words[-1].split()[0], 0) if base in ("li", "lui", "addi") else 0
        if base == "addi" and words[1:-1] in ([], [register]):
            value += amount
        elif base == "lui":
            upper = amount << 12 & 0xFFFFFFFF
            return value + (upper - (1 << 32) if upper >> 31 else upper)
        elif base == "li" or (base == "addi" and words[1] == "zero"):
            return value + amount
        else:
            break
    raise ValueError(f"{register} is not known")


_ENDLESS = 1 << 20
#: what all instructions have that concern the stack or the flow; a first look, for speed
_RELEVANT = {
    "arm": re.compile(r"\bsp\b|\bpc\b|\t(b|cb|tb|p|vp|dls|wls|le|lctp|udf|\.)"),
    "riscv": re.compile(r"\bsp\b|\t(c\.)?(b|j|ebreak|unimp|\.)"),
}
_DECODERS: Mapping[str, Decode] = {"arm": _thumb, "riscv": _riscv}
_STYLE = {"arm": "reg-names-std", "riscv": "no-aliases"}


def walk(function: Function) -> Iterator[tuple[int, Step]]:
    """(depth before it, step) of every instruction; of what only a jump table reaches, from the depth of its jump.

    Running on into the next function is a jump. BoardError when the stack cannot be followed.
    """
    if function.problem:
        raise BoardError(f"cannot follow the stack in '{function.name}': {function.problem}")
    depths: dict[int, int] = {}
    table = _flow(function, 0, 0, depths)
    if runs_on := _runs_on(function, depths):
        yield runs_on
    for start in range(len(function.steps)):
        if start not in depths:
            table = max(table, _flow(function, start, table, depths))
    for at, depth in sorted(depths.items()):
        yield depth, function.steps[at]


def _flow(function: Function, start: int, depth: int, depths: dict[int, int]) -> int:
    """Follow the code from instruction ``start``, noting the largest depths; that of the deepest jump by register."""
    places = {step.address: i for i, step in enumerate(function.steps)}
    table = 0
    waiting = [(start, depth)] if function.steps else []
    while waiting:
        at, depth = waiting.pop()
        while at < len(function.steps) and depths.get(at, -1) < depth:
            depths[at] = depth
            step = function.steps[at]
            if step.pointer in ("table", "jump"):
                table = max(table, depth)
            depth = max(0, depth + step.grows)
            if depth > _ENDLESS:
                raise BoardError(f"cannot follow the stack in '{function.name}': it grows in a loop")
            target = step.jumps if step.calls in (None, function.address) else step.calls  # Armv6-M: bl jumps far, too
            if target is not None and target in places:
                waiting.append((places[target], depth))
            if not step.falls:
                break
            at += 1
    return table


def _runs_on(function: Function, depths: dict[int, int]) -> tuple[int, Step] | None:
    """After the last instruction, unless that is a call: the call of what does not return."""
    last = len(function.steps) - 1
    if last not in depths or function.next is None:
        return None
    step = function.steps[last]
    if not step.falls or step.calls is not None or step.pointer == "call":
        return None
    return max(0, depths[last] + step.grows), Step(step.address, jumps=function.next, falls=False)
