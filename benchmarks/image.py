"""Whole images: all the bytes of the smallest firmware that runs a model once, startup included.

Rows (board, "image", quantity) of ``budget.csv``; and the limits that these and the core must keep.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from figures import Key
from models import keywords, sine

import arenite
from arenite.board.firmware import build_firmware
from arenite.board.qemu import emulator
from arenite.board.size import firmware_size
from arenite.board.table import find_board
from arenite.runtime import Interpreter

BOARDS = ("cortex-m3", "cortex-m4")
#: what boards/checks/image.cc answers when the model has run
_DONE = 42
#: bytes at most
LIMITS: dict[Key, int] = {
    **{(board, "core", "flash_size"): 6 * 1024 for board in BOARDS},
    **{(board, "image", "flash"): 10 * 1024 for board in BOARDS},
    **{(board, "image", "ram"): 0 for board in BOARDS},
    ("cortex-m4", "image", "flash_keywords"): 12 * 1024,
}


def lean_sine() -> bytes:
    """1-16-16-1 in int8 as one would flash it: without the tensors' names, which the board does not read."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "sine.tflite"
        path.write_bytes(sine())
        return arenite.optimize(path, strip=True).content


def measure(board: str) -> dict[Key, int]:
    """Build, run once, and count; kernels for size.

    flash           bytes of everything, of the sine model.    ram  bytes of .data and .bss without the arena.
    flash_keywords  bytes of everything but the model, of one with the operators of keyword spotting: convolution,
                    depthwise convolution, average pooling, reshape, fully connected, softmax.
    """
    sine_flash, _, ram = _run_once(lean_sine(), board)
    flash, of_model, _ = _run_once(keywords(), board)
    figures = {"flash": sine_flash, "ram": ram, "flash_keywords": flash - of_model}
    return {(board, "image", quantity): value for quantity, value in figures.items()}


def _run_once(model: bytes, board: str) -> tuple[int, int, int]:
    """Bytes of flash, of these the model's, and of RAM without the arena."""
    where, host = find_board(board), Interpreter(model_content=model)
    host.allocate_tensors()
    arena = int(host.arena_used())
    with tempfile.TemporaryDirectory() as scratch:
        kernels = sorted(host.op_counts())
        built = build_firmware(model, kernels, arena, where, "size", Path(scratch), "model_image")
        done = subprocess.run(emulator(built.elf, where, "null,id=print"), timeout=60, check=False)
        if done.returncode != _DONE:
            raise AssertionError(f"the image on {board} ended with {done.returncode}")
        size = firmware_size(built.elf, built.map)
    return size.flash, size.groups()["models"], size.ram - arena
