"""Cross-compile firmware with the CMake project ``boards/``."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BoardError
from .table import Board, source_root
from .tools import cache_directory, require, run_tool

#: what a caller asks for → CMake build type (boards/toolchain.cmake says what it means to the compiler).
OPTIMIZE = {"speed": "Release", "size": "MinSizeRel"}


def build_directory(board: Board, optimize: str) -> Path:
    """Where firmware of this source tree for ``board`` is built; kept between runs, so that only changes compile.

    optimize  "speed" (-O2) or "size" (-Os).
    """
    if optimize not in OPTIMIZE:
        raise BoardError(f"optimize is '{optimize}'; it can be {' or '.join(map(repr, OPTIMIZE))}")
    tree = hashlib.sha256(str(source_root()).encode()).hexdigest()[:8]
    return cache_directory() / f"{board.name}-{optimize}-{tree}"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Only one process at a time builds in ``directory`` (made when missing)."""
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def configure(board: Board, optimize: str) -> Path:
    """Make the build directory ready; return it. Call while it is locked."""
    directory = build_directory(board, optimize)
    require("arm-none-eabi-g++")
    require("ninja")
    if not (directory / "build.ninja").exists():
        project = source_root() / "boards"
        options = [f"-DARENITE_BOARD={board.name}", f"-DCMAKE_BUILD_TYPE={OPTIMIZE[optimize]}"]
        toolchain = project / "toolchain.cmake"
        run_tool(["cmake", "-S", project, "-B", directory, "-G", "Ninja", "--toolchain", toolchain, *options])
    return directory


def build(target: str, board: Board, optimize: str = "size") -> Path:
    """Build one of the fixed targets of ``boards/CMakeLists.txt``; return its ELF file."""
    with locked(build_directory(board, optimize)):
        directory = configure(board, optimize)
        run_tool(["cmake", "--build", directory, "--target", target, "-j", "2"])
    return directory / f"{target}.elf"
