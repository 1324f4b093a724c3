"""How much stack a model takes at most: a bound over every path through its firmware, the C library's code included.

It is computed from the linked code: what each instruction does to the stack pointer, along every way through every function,
and the deepest chain of calls. An operator's kernel is called through a pointer; there the model's own kernels count. Inside
a kernel a pointer goes where some code of this kernel took an address. Interrupts are not in it: a handler needs its own room.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ..errors import BoardError
from ..graph import Graph
from ..reader import read
from .disassembly import Function, functions, walk
from .elf import Elf
from .firmware import built_for
from .table import Board, find_board

#: recursive code → how often it is entered at most (interpreter/structure.cc: tables inside tables)
_RECURSIVE = {"9Structure11check_table": 4}
#: kernels whose eval and prepare run others: one more level of calls each
_CALLING = ("if", "while", "call_once")
_PREPARE, _EVAL = 0, 4  # offsets in Kernel (interpreter/kernel.h)
#: parts of the mangled names of the interpreter's functions that call kernels → which of a kernel's two functions
_CALLS_KERNELS = {"3runE": _EVAL, "6invokeE": _EVAL, "13walk_operatorE": _PREPARE, "4walkE": _PREPARE,
                  "14reset_subgraphE": _PREPARE}  # fmt: skip
_INTERPRETER = re.compile(r"^_ZNK?7arenite(11Interpreter|6Callee|4Node)")
#: the function whose address the interpreter keeps (Interpreter::for_each_callee_)
_STORED = "6Callee8for_each"
_OPEN, _ALLOCATE, _INVOKE = (
    f"_ZN7arenite{name}E" for name in ("5Model4open", "11Interpreter8allocate", "11Interpreter6invoke")
)


@dataclass(frozen=True)
class StackBound:
    """Bytes of stack at most, below the frame of who calls."""

    open: int
    allocate: int
    invoke: int

    @property
    def total(self) -> int:
        return max(self.open, self.allocate, self.invoke)


@dataclass(frozen=True)
class _Calls:
    """A function's own bytes; (depth, function) of its calls; (depth, kind) of those through pointers."""

    own: int
    direct: list[tuple[int, int]]
    pointers: list[tuple[int, str]]


def stack_bound(model: bytes, board: str, optimize: str = "speed") -> StackBound:
    """Build the firmware of ``model`` for ``board`` and say how much stack its interpreter takes at most.

    Arguments and errors as :func:`arenite.board.run`; nothing is run.
    """
    where = find_board(board)
    with built_for(model, where, optimize) as (firmware, _):
        return StackAnalysis(firmware.elf, where).bound(*needs_of(model))


def needs_of(model: bytes) -> tuple[list[str], int]:
    """The operators of all subgraphs of ``model``, and how deep its calls of subgraphs are nested."""
    graph = read(model)
    kernels = {op.name for part in graph.subgraphs() for op in part.ops}
    return sorted(kernels), _levels(graph)


def _levels(graph: Graph) -> int:
    return max((1 + _levels(callee) for op in graph.ops for callee in op.callees), default=0)


class StackAnalysis:
    """Of one linked firmware (built with ``--emit-relocs``, as arenite_add_firmware does)."""

    def __init__(self, path: Path, board: Board) -> None:
        self.elf = Elf(path)
        self.functions = functions(path, board, self.elf.word)
        self._starts = sorted(self.functions)

    def bound(self, kernels: Iterable[str], levels: int = 0) -> StackBound:
        """For a model of these kernels (rows of ``schema/ops.def``) whose subgraph calls are nested ``levels`` deep."""
        search = _Search(self, kernels, levels)
        return StackBound(search.of(_OPEN), search.of(_ALLOCATE), search.of(_INVOKE))

    def whole(self, kernels: Iterable[str], levels: int = 0) -> int:
        """From reset on: what a painted stack shows is never more."""
        return _Search(self, kernels, levels).of("start")

    def holding(self, address: int) -> int:
        """Of the function that holds ``address``."""
        at = bisect_right(self._starts, address) - 1
        if at < 0:
            raise BoardError(f"{self.elf.path.name} has no code at {address:#x}")
        return self._starts[at]

    @cached_property
    def calls(self) -> dict[int, _Calls]:
        """Of every function whose stack can be followed."""
        return {address: self._calls(function) for address, function in self.functions.items() if not function.problem}

    def _calls(self, function: Function) -> _Calls:
        found = _Calls(0, [], [])
        own = 0
        inside = {step.address for step in function.steps}
        for depth, step in walk(function):
            own = max(own, depth, depth + step.grows)
            target = step.calls if step.calls is not None else step.jumps
            if target is not None and (target not in inside or step.calls == function.address):
                found.direct.append((depth, self.holding(target)))
            ours = "7arenite" in function.name  # the libraries that are linked call nothing of ours
            if step.pointer == "call" or (step.pointer == "jump" and depth == 0 and ours):  # else the jump of a switch
                found.pointers.append((depth, step.pointer))
        return _Calls(own, found.direct, found.pointers)


@dataclass(frozen=True)
class _State:
    """What a way through the code depends on: how many levels of subgraphs may still be entered, how often each recursive
    function, and which functions the interpreter's code has handed on."""

    levels: int
    rounds: tuple[int, ...]
    steps: frozenset[int]


class _Search:
    """The deepest way through a firmware, for one model."""

    def __init__(self, analysis: StackAnalysis, kernels: Iterable[str], levels: int) -> None:
        self._analysis, self._levels = analysis, levels
        self._known: dict[tuple[int, _State], int] = {}
        self._path: list[int] = []
        elf = analysis.elf
        objects = {name: elf.kernels()[name] for name in kernels}
        self._bodies = {part: {elf.word(at + part) & ~1 for at in objects.values()} for part in (_PREPARE, _EVAL)}
        self._calling = {
            elf.word(objects[s] + part) & ~1 for s in _CALLING if s in objects for part in (_PREPARE, _EVAL)
        }
        self._handed_on: dict[int, frozenset[int]] = {}
        self._stored: set[int] = set()
        self._pointed: set[int] = set()
        self._sort_pointers()

    def of(self, name: str) -> int:
        """The deepest of the functions whose mangled name begins so; 0 when the firmware has none of them."""
        found = [f.address for f in self._analysis.functions.values() if f.name == name or f.name.startswith(name)]
        start = _State(self._levels, tuple(_RECURSIVE.values()), frozenset())
        return max((self._deepest(address, start) for address in found), default=0)

    def _sort_pointers(self) -> None:
        """Who takes a function's address: code of the interpreter, which hands it on to what it calls or stores it; kernels of
        the model, or tables in flash."""
        elf = self._analysis.elf
        inside = self._reached(self._bodies[_PREPARE] | self._bodies[_EVAL])
        kernels = {
            function for at in elf.kernels().values() for function in (elf.word(at) & ~1, elf.word(at + _EVAL) & ~1)
        }
        for section, place, target in elf.pointers:
            if section == ".rodata":
                self._pointed |= {target} - kernels
                continue
            holder = self._analysis.holding(place) if section == ".text" else -1
            if holder < 0:
                continue
            if _STORED in self._analysis.functions[target].name:
                self._stored.add(target)
            elif _INTERPRETER.match(self._analysis.functions[holder].name):
                self._handed_on[holder] = self._handed_on.get(holder, frozenset()) | {target}
            elif holder in inside:
                self._pointed.add(target)

    def _reached(self, start: set[int]) -> set[int]:
        """By direct calls, and those through the pointers that are taken on the way."""
        taken: dict[int, set[int]] = {}
        for section, place, target in self._analysis.elf.pointers:
            if section == ".text":
                taken.setdefault(self._analysis.holding(place), set()).add(target)
        found, waiting = set(start), list(start)
        while waiting:
            function = waiting.pop()
            calls = self._analysis.calls.get(function)
            further = {target for _, target in calls.direct} if calls else set()
            fresh = (further | taken.get(function, set())) - found
            found |= fresh
            waiting += fresh
        return found

    def _deepest(self, function: int, state: _State) -> int:
        state = replace(state, steps=self._handed_on.get(function, state.steps))
        key = (function, state)
        if key not in self._known:
            if self._path.count(function) > self._levels + max(_RECURSIVE.values()):
                raise BoardError(f"endless recursion: {' > '.join(self._names())}")
            self._path.append(function)
            self._known[key] = self._follow(function, state)
            self._path.pop()
        return self._known[key]

    def _follow(self, function: int, state: _State) -> int:
        code = self._analysis.functions[function]
        if code.problem:
            raise BoardError(f"cannot follow the stack in '{code.name}': {code.problem}")
        calls = self._analysis.calls[function]
        ways = [
            *calls.direct,
            *((depth, to) for depth, kind in calls.pointers for to in self._targets(code, kind, state)),
        ]
        most = calls.own
        for depth, target in ways:
            further = self._entering(target, state)
            if further is not None:
                most = max(most, depth + self._deepest(target, further))
        return most

    def _entering(self, target: int, state: _State) -> _State | None:
        """What is left of the recursions in ``target``; None when it is not entered any more."""
        if target in self._calling:
            return replace(state, levels=state.levels - 1) if state.levels > 0 else None
        name = self._analysis.functions[target].name
        for i, part in enumerate(_RECURSIVE):
            if part in name:
                left = (*state.rounds[:i], state.rounds[i] - 1, *state.rounds[i + 1 :])
                return replace(state, rounds=left) if state.rounds[i] > 0 else None
        return state

    def _targets(self, code: Function, kind: str, state: _State) -> set[int]:
        """Where a call through a pointer may go. A jump by register that has no target is one of a switch."""
        if _STORED in code.name:
            return set(state.steps)
        if _INTERPRETER.match(code.name):
            part = next((part for words, part in _CALLS_KERNELS.items() if words in code.name), None)
            return self._stored | state.steps if part is None else self._bodies[part]
        if kind == "call" and not self._pointed:
            raise BoardError(f"nothing takes the address of what '{code.name}' calls through a pointer")
        return self._pointed

    def _names(self) -> list[str]:
        return [self._analysis.functions[address].name for address in self._path[-12:]]
