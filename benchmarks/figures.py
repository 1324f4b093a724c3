"""What is measured of a model on a board: rows (board, model, quantity) → value, all of them exactly repeatable."""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path

import numpy as np
from models import fixed_input

from arenite.board import BoardRun, run
from arenite.board.elf import parts_of
from arenite.board.firmware import build_firmware
from arenite.board.table import find_board
from arenite.runtime import Interpreter

#: board, model, quantity
Key = tuple[str, str, str]

#: quantities that are compared exactly; all others with a tolerance
EXACT = {"output_crc32"}


def one_sample(model: bytes) -> list[np.ndarray]:
    """The fixed pseudo-random int8 input, cut into the model's inputs."""
    details = Interpreter(model_content=model).get_input_details()
    counts = [int(np.prod(detail["shape"])) for detail in details]
    stream = fixed_input(sum(counts))
    ends = np.cumsum(counts)
    return [stream[end - n : end].reshape(d["shape"]) for end, n, d in zip(ends, counts, details, strict=True)]


def on_board(name: str, model: bytes, board: str) -> dict[Key, int]:
    """Two builds of the model's firmware: kernels for speed and for size.

    instructions        of one invoke, kernels for speed.
    setup_instructions  of Model::open and Interpreter::allocate.
    flash, flash_size   bytes without the model and the harness; kernels for speed, for size.
    ram                 bytes of .data and .bss without the arena.
    arena               bytes.
    stack_*             bytes, high-water marks with kernels for speed.
    output_crc32        of the outputs' bytes.
    """
    fast = run(model, [one_sample(model)], board, "speed")
    small = run(model, [one_sample(model)], board, "size")
    if crc(small) != crc(fast):
        raise AssertionError(f"{name} on {board}: kernels for size and for speed differ")
    values = {
        "instructions": fast.instructions[0],
        "setup_instructions": fast.setup_instructions,
        "flash": fast.flash.runtime,
        "flash_size": small.flash.runtime,
        "ram": fast.ram.data + fast.ram.bss,
        "arena": fast.arena,
        "stack_allocate": fast.ram.stack_allocate,
        "stack_invoke": fast.ram.stack_invoke,
        "output_crc32": crc(fast),
    }
    return {(board, name, quantity): value for quantity, value in values.items()}


def crc(result: BoardRun) -> int:
    return zlib.crc32(b"".join(output.tobytes() for output in result.outputs[0]))


def core_flash(board: str) -> dict[Key, int]:
    """Flash of reader, verifier, planner and interpreter, -Os: what a firmware with an empty resolver takes of the core."""
    with tempfile.TemporaryDirectory() as scratch:
        firmware = build_firmware(b"\0" * 16, [], 16, find_board(board), "size", Path(scratch))
        core = parts_of(firmware.map)["core"]
    return {(board, "core", "flash_size"): sum(core.values())}
