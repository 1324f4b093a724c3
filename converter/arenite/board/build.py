"""Cross-compile firmware with the CMake project ``boards/``."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import BoardError
from .table import Board, source_root, work_directory
from .tools import require, run_tool

#: what firmware can be compiled for → CMake options. "checked" traps undefined behaviour.
OPTIMIZE = {
    "speed": ["-DARENITE_OPTIMIZE=speed"],
    "balanced": ["-DARENITE_OPTIMIZE=balanced"],
    "size": ["-DARENITE_OPTIMIZE=size"],
    "checked": ["-DARENITE_OPTIMIZE=balanced", "-DARENITE_TRAPS=ON"],
}


@dataclass(frozen=True)
class Bodies:
    """Which kernels are compiled beside those for int8: for float32, hybrid, for int16 activations, for plain integers, for
    int4 weights, for float16 weights beside float32."""

    floats: bool = True
    hybrid: bool = True
    int16: bool = True
    int32: bool = True
    int4: bool = True
    half: bool = True

    @property
    def label(self) -> str:
        parts = {
            "int16": self.int16,
            "int32": self.int32,
            "int4": self.int4,
            "float": self.floats,
            "float16": self.half,
            "hybrid": self.hybrid,
        }
        return "-".join(["int8", *(name for name, built in parts.items() if built)])

    @property
    def options(self) -> list[str]:
        switches = {
            "ARENITE_FLOAT": self.floats,
            "ARENITE_HYBRID": self.hybrid,
            "ARENITE_INT16": self.int16,
            "ARENITE_INT32": self.int32,
            "ARENITE_INT4": self.int4,
            "ARENITE_FLOAT16": self.half,
        }
        return [f"-D{name}={'ON' if on else 'OFF'}" for name, on in switches.items()]


ALL = Bodies()


def build_directory(board: Board, optimize: str, bodies: Bodies = ALL, *, debug: bool = False) -> Path:
    """Where firmware of this source tree for ``board`` is built; kept between runs, so that only changes compile.

    optimize  a key of OPTIMIZE. Only the kernels differ; all the rest is always compiled for size.
    bodies    the types that kernels are compiled for.
    debug     with line numbers; the code is the same.
    """
    if optimize not in OPTIMIZE:
        raise BoardError(f"optimize is '{optimize}'; it can be {', '.join(map(repr, OPTIMIZE))}")
    tree = hashlib.sha256(str(source_root()).encode()).hexdigest()[:8]
    return work_directory() / f"{board.name}-{optimize}-{bodies.label}{'-lines' if debug else ''}-{tree}"


@contextmanager
def locked(board: Board, optimize: str, bodies: Bodies = ALL, *, debug: bool = False) -> Iterator[Path]:
    """The build directory, for this process alone while the context lasts."""
    directory = build_directory(board, optimize, bodies, debug=debug)
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield directory


def configure(
    directory: Path, board: Board, optimize: str, bodies: Bodies = ALL, debug_kernels: Sequence[str] | None = None
) -> None:
    """Make the locked ``directory`` ready to build in; anew when it was configured in another way.

    debug_kernels  compile with line numbers, and of the kernels these alone: what is built for a debugger serves nobody else.
    """
    require(board.compiler)
    project = source_root() / "boards"
    options = [f"-DARENITE_BOARD={board.name}", *OPTIMIZE[optimize], *bodies.options]
    options += [f"-DCMAKE_MAKE_PROGRAM={require('ninja')}", f"--toolchain={project / 'toolchain.cmake'}"]
    if debug_kernels is not None:
        options += ["-DARENITE_DEBUG_INFO=ON", f"-DARENITE_KERNELS={';'.join(debug_kernels)}"]
    stamp = directory / "configured"
    if not stamp.exists() or stamp.read_text().splitlines() != options:
        (directory / "CMakeCache.txt").unlink(missing_ok=True)
        run_tool(["cmake", "-S", project, "-B", directory, "-G", "Ninja", *options])
        stamp.write_text("\n".join(options))


def build_target(directory: Path, target: str) -> Path:
    """Build one target of ``boards/CMakeLists.txt`` in the locked and configured ``directory``; return its ELF file."""
    run_tool(["cmake", "--build", directory, "--target", target, "-j", "2"])
    return directory / f"{target}.elf"


def build(target: str, board: Board, optimize: str = "size") -> Path:
    """Build a target that needs nothing generated; return its ELF file."""
    with locked(board, optimize) as directory:
        configure(directory, board, optimize)
        return build_target(directory, target)
