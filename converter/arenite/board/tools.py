"""The programs that building and running firmware needs, and how their absence and their failures are told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import BoardError, ToolMissingError
from .table import Board

#: program → Debian package. cc, the host's compiler, builds the instruction counter.
PACKAGES = {
    "arm-none-eabi-g++": "gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib",
    "qemu-system-arm": "qemu-system-arm",
    "riscv64-unknown-elf-g++": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
    "qemu-system-riscv32": "qemu-system-misc",
    "c++filt": "binutils",
    "cmake": "cmake",
    "ninja": "ninja-build",
    "cc": "gcc",
}
#: what every board needs
_ALWAYS = ("c++filt", "cmake", "ninja", "cc")


def missing_tools(board: Board | None = None) -> list[str]:
    """Programs of :data:`PACKAGES` that are not installed: those that ``board`` needs; None: that any board needs."""
    wanted = PACKAGES if board is None else (board.compiler, board.emulator, *_ALWAYS)
    return [program for program in wanted if _find(program) is None]


def _find(program: str) -> str | None:
    """On the PATH or beside this Python, where pip puts cmake and ninja."""
    places = [os.environ.get("PATH", ""), str(Path(sys.executable).parent)]
    return shutil.which(program, path=os.pathsep.join(places))


def require(program: str) -> str:
    """Path of ``program``; ToolMissingError with the Debian package when it is not installed."""
    path = _find(program)
    if path is None:
        raise ToolMissingError(f"'{program}' is not installed; on Debian: apt-get install {PACKAGES[program]}")
    return path


def run_tool(command: Sequence[str | Path], cwd: Path | None = None, timeout: float = 600) -> str:
    """Run ``command`` (its first word is a key of PACKAGES) and return its standard output.

    timeout  seconds.
    Raises ToolMissingError, or BoardError with the end of what the program printed when it fails.
    """
    words = [require(str(command[0])), *map(str, command[1:])]
    try:
        done = subprocess.run(
            words, check=False, cwd=cwd, capture_output=True, text=True, timeout=timeout, errors="replace"
        )
    except subprocess.TimeoutExpired:
        raise BoardError(f"{command[0]} did not end within {timeout:g} s: {' '.join(words)}") from None
    if done.returncode != 0:
        printed = "\n".join((done.stdout + done.stderr).strip().splitlines()[-40:])
        raise BoardError(
            f"{command[0]} failed with exit code {done.returncode}:\n{printed}\ncommand: {' '.join(words)}"
        )
    return done.stdout
