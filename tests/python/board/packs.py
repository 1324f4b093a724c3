"""Models and their inputs in one file for ``boards/checks/models.cc``, and what the firmware made of them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from arenite.board.qemu import execute
from arenite.board.table import Board
from arenite.errors import ArenaError, BoardError, ModelError
from arenite.runtime import Interpreter

#: statuses of interpreter/status.h
OK, NOT_DUE = 0, 20
#: words of an error of invoke → its status
REFUSALS = {"value at run time": 19, "more iterations": 21}
#: of all loops in one run; the firmware's limit too
ITERATIONS = 1000

Feed = Sequence[np.ndarray]


@dataclass(frozen=True)
class Regions:
    """The arena in parts: bytes of each; what the model needs of them, and a number that says what lies where.

    ``used`` is empty where a piece finds no room.
    """

    sizes: Sequence[int]
    used: Sequence[int] = ()
    placement: int = 0


@dataclass(frozen=True)
class Packed:
    """A model, its inputs for every run, and what comes of it.

    statuses  of every run.   outputs  likewise; they count where the status is OK.
    arena     bytes; ``exact``: the model needs that many.
    operator  the one that it consists of, "" when there are several.
    regions   None: the arena is one.
    """

    title: str
    content: bytes
    feeds: Sequence[Feed]
    statuses: Sequence[int]
    outputs: Sequence[Feed]
    arena: int
    exact: bool = True
    operator: str = ""
    regions: Regions | None = None


def on_host(title: str, content: bytes, feeds: Sequence[Feed], operator: str = "") -> Packed:
    """With what this machine's interpreter makes of it."""
    host = Interpreter(model_content=content)
    host.allocate_tensors()
    host.set_iteration_limit(ITERATIONS)
    statuses, outputs = [], []
    for feed in feeds:
        for detail, x in zip(host.get_input_details(), feed, strict=True):
            host.set_tensor(detail["index"], x)
        statuses.append(_invoke(host))
        outputs.append([host.get_tensor(detail["index"]) for detail in host.get_output_details()])
    return Packed(title, content, feeds, statuses, outputs, int(host.arena_used()), operator=operator)


def in_regions(model: Packed, *shares: float) -> Packed:
    """The same with the arena in two or three parts: so much of what the whole takes."""
    sizes = [int(share * model.arena) for share in shares]
    host = Interpreter(model_content=model.content, arena_regions=sizes)
    try:
        host.allocate_tensors()
    except ArenaError:
        return replace(model, title=f"{model.title} in {sizes}", regions=Regions(sizes))
    regions = Regions(sizes, host.regions_used(), _placement(host))
    return replace(model, title=f"{model.title} in {sizes}", regions=regions)


def _placement(host: Interpreter) -> int:
    """FNV-1a over region, offset and size of all that has a place, in the plan's order."""
    number = 0x811C9DC5
    for part in host.memory_plan():
        for word in (part.region, part.offset, part.size):
            number = (number ^ word) * 0x01000193 & 0xFFFFFFFF
    return number


def _invoke(host: Interpreter) -> int:
    try:
        return OK if host.invoke() else NOT_DUE
    except ModelError as error:
        return next(status for words, status in REFUSALS.items() if words in str(error))


@dataclass
class Outcome:
    """What a board made of a model: statuses by number, bytes of arena and stack, outputs of the runs that were OK."""

    status: int
    arena: int
    stack_allocate: int
    regions: Regions | None = None
    stack_invoke: int = 0
    statuses: list[int] = field(default_factory=list)
    outputs: list[list[np.ndarray]] = field(default_factory=list)


def run(pack: Sequence[Packed], firmware: Path, board: Board, directory: Path) -> list[Outcome]:
    """Run all models in one emulation. BoardError names the model at which the firmware failed."""
    (directory / "models.bin").write_bytes(b"".join(map(_encode, pack)))
    results = directory / "results.bin"
    try:
        execute(firmware, board, cwd=directory, timeout=600)
    except BoardError as error:
        done = len(_decode(pack, results.read_bytes()))
        raise BoardError(f"{pack[min(done, len(pack) - 1)].title}: {error}") from None
    outcomes = _decode(pack, results.read_bytes())
    assert len(outcomes) == len(pack)
    return outcomes


def _encode(model: Packed) -> bytes:
    inputs = b"".join(x.tobytes() for feed in model.feeds for x in feed)
    sizes = [*(model.regions.sizes if model.regions else ()), 0, 0, 0][:3]
    return (
        struct.pack("<7I", len(model.content), model.arena, len(model.feeds), len(inputs), *sizes)
        + model.content
        + inputs
    )


def _decode(pack: Sequence[Packed], content: bytes) -> list[Outcome]:
    """Of as many models as ``content`` holds whole."""
    stream, outcomes = _Stream(content), []
    try:
        for model in pack:
            outcomes.append(_outcome(model, stream))
    except EOFError:
        return outcomes
    assert stream.at == len(content)
    return outcomes


def _outcome(model: Packed, stream: _Stream) -> Outcome:
    outcome = Outcome(stream.word(), stream.word(), stream.word())
    if outcome.status == OK:
        if model.regions is not None:
            outcome.regions = _regions(model.regions.sizes, stream)
        for like in model.outputs:
            outcome.statuses.append(stream.word())
            if outcome.statuses[-1] == OK:
                outcome.outputs.append([stream.array(array) for array in like])
        outcome.stack_invoke = stream.word()
    return outcome


def _regions(sizes: Sequence[int], stream: _Stream) -> Regions:
    status, *used, placement = (stream.word() for _ in range(5))
    return Regions(sizes, used[: len(sizes)] if status == OK else (), placement)


class _Stream:
    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.content):
            raise EOFError
        self.at += size
        return self.content[self.at - size : self.at]

    def word(self) -> int:
        return int.from_bytes(self.take(4), "little")

    def array(self, like: np.ndarray) -> np.ndarray:
        return np.frombuffer(self.take(like.nbytes), like.dtype).reshape(like.shape)
