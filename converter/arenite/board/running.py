"""``run``: a model and its inputs on one emulated board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import BoardError
from .elf import Elf, parts_of
from .firmware import Firmware, built_for
from .qemu import START, STOP, Execution, execute
from .report import BoardRun, Flash, OperatorCost, Ram
from .table import Board, find_board

if TYPE_CHECKING:
    from ..runtime import Interpreter

#: one sample: the only input, or all inputs in the model's order.
Sample = np.ndarray | Sequence[np.ndarray]

_EVAL = 4  # offset of Kernel::eval, the second pointer (interpreter/kernel.h)


def run(
    model: bytes,
    inputs: Sequence[Sample],
    board: str = "cortex-m4",
    optimize: str = "speed",
    *,
    per_operator: bool = False,
    profile: bool = False,
    timeout: float = 600,
) -> BoardRun:
    """Build the firmware of ``model``, run it on every sample under QEMU and measure it.

    model         content of a ``.tflite`` file.
    inputs        samples; arrays of the model's dtypes, shapes equal or equal after dropping axes of length 1.
    board         row of ``boards/boards.csv``.
    optimize      kernels for "speed" (-O2), "balanced" (-Os) or "size" (-Os and plain microkernels: least flash, several
                  times slower); "checked" traps undefined behaviour.
    per_operator  also count each operator; ``profile`` also counts each function. Both leave the firmware as it is.
    timeout       seconds of emulation.

    Raises ModelError when the model cannot run here at all, ToolMissingError when a tool is not installed, BoardError
    when building or running fails or an input does not fit.
    """
    where = find_board(board)
    with built(model, inputs, where, optimize) as (firmware, host):
        directory, kernels = firmware.elf.parent, sorted(host.op_counts())
        elf = Elf(firmware.elf)
        marks = {name: elf.address(name) for name in (START, STOP)}
        if per_operator:
            marks |= _eval_functions(elf, kernels)
        execution = execute(firmware.elf, where, marks, profile, directory, timeout)
        outputs = _split(host.get_output_details(), (directory / "outputs.bin").read_bytes(), len(inputs))
        return _result(where, optimize, firmware, elf, execution, outputs, int(host.arena_used()))


@contextmanager
def built(
    model: bytes, inputs: Sequence[Sample], board: Board, optimize: str, *, debug: bool = False
) -> Iterator[tuple[Firmware, Interpreter]]:
    """The firmware of ``model`` beside the files of the host that it opens, and the host's interpreter."""
    with built_for(model, board, optimize, debug=debug) as (firmware, host):
        (firmware.elf.parent / "inputs.bin").write_bytes(_input_stream(host, inputs))
        (firmware.elf.parent / "outputs.bin").write_bytes(b"")
        yield firmware, host


def _input_stream(host: Interpreter, inputs: Sequence[Sample]) -> bytes:
    """All inputs of all samples one after the other, as the firmware reads them."""
    details = host.get_input_details()
    parts = []
    for number, sample in enumerate(inputs):
        arrays = [sample] if isinstance(sample, np.ndarray) else list(sample)
        if len(arrays) != len(details):
            raise BoardError(f"sample {number} has {len(arrays)} arrays; the model has {len(details)} inputs")
        for array, detail in zip(arrays, details, strict=True):
            _check_input(number, array, detail)
            parts.append(np.ascontiguousarray(array).tobytes())
    return b"".join(parts)


def _check_input(number: int, array: np.ndarray, detail: dict[str, Any]) -> None:
    shape = [int(d) for d in detail["shape"]]
    same_shape = [d for d in array.shape if d != 1] == [d for d in shape if d != 1]
    if array.dtype != detail["dtype"] or not same_shape:
        raise BoardError(
            f"sample {number} is {array.dtype.name}{list(array.shape)}; "
            f"input '{detail['name']}' takes {np.dtype(detail['dtype']).name}{shape}"
        )


def _split(details: list[dict[str, Any]], stream: bytes, samples: int) -> list[list[np.ndarray]]:
    """The firmware's outputs: per sample, per output of the model."""
    sizes = [int(np.prod(d["shape"])) * np.dtype(d["dtype"]).itemsize for d in details]
    if len(stream) != samples * sum(sizes):
        raise BoardError(f"the firmware wrote {len(stream)} bytes of output, expected {samples} x {sum(sizes)}")
    outputs, at = [], 0
    for _ in range(samples):
        row = []
        for detail, size in zip(details, sizes, strict=True):
            row.append(np.frombuffer(stream[at : at + size], detail["dtype"]).reshape(detail["shape"]))
            at += size
        outputs.append(row)
    return outputs


def _eval_functions(elf: Elf, kernels: list[str]) -> dict[str, int]:
    """Kernel name → address of its eval, read from the Kernel object in flash."""
    return {name: elf.word(elf.kernels()[name] + _EVAL) & ~1 for name in kernels}


def _result(
    board: Board,
    optimize: str,
    firmware: Firmware,
    elf: Elf,
    execution: Execution,
    outputs: list[list[np.ndarray]],
    arena_size: int,
) -> BoardRun:
    setup, *invokes = execution.spans(START, STOP)
    said = dict(line.split() for line in execution.output.splitlines())
    sections = elf.sections
    parts = parts_of(firmware.map)
    text = sections[".vectors"] + sections[".text"]
    data = sections.get(".data", 0)
    flash_parts = {part: sum(n for kind, n in sizes.items() if kind != "bss") for part, sizes in parts.items()}
    return BoardRun(
        board=board.name,
        core=board.core,
        optimize=optimize,
        outputs=outputs,
        arena=int(said["arena"]),
        setup_instructions=setup,
        instructions=invokes,
        flash=Flash(text, sections[".rodata"], sections[".model"], data, flash_parts),
        ram=Ram(
            data=data,
            bss=sections.get(".bss", 0) - arena_size,
            arena=arena_size,
            stack_allocate=int(said["stack_allocate"]),
            stack_invoke=int(said["stack_invoke"]),
        ),
        operators=_operators(execution),
        functions=execution.profile,
    )


def _operators(execution: Execution) -> list[OperatorCost]:
    """From the marks of the second span, the first invoke: each runs from a kernel's entry to the next mark."""
    labels = [label for label, _ in execution.marks]
    if set(labels) <= {START, STOP}:
        return []
    first_invoke = labels.index(START, 1) + 1
    marks = execution.marks[first_invoke : labels.index(STOP, first_invoke) + 1]
    return [
        OperatorCost(index, label, following - count)
        for index, ((label, count), (_, following)) in enumerate(pairwise(marks))
    ]
