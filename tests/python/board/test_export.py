"""Exported trees build by themselves and give the host's bytes on a board; every kernel finds what it needs in its tree."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import small_models
from models import MODELS

from arenite.board.build import build_target, configure, locked
from arenite.board.qemu import execute
from arenite.board.table import find_board, source_root
from arenite.board.tools import require
from arenite.exporting import export
from arenite.exporting.sources import needed_files
from arenite.opdef import rows

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]

FLAGS = "-mthumb -std=gnu++17 -Os -ffunction-sections -fdata-sections -Wall -Wextra -Werror"
PROJECT = """\
cmake_minimum_required(VERSION 3.24)
project(firmware LANGUAGES C CXX ASM)
include(boards/firmware.cmake)
add_subdirectory({tree} exported)
arenite_add_firmware(firmware {tree}/main.cc boards/checks/{library}.cc)
target_link_libraries(firmware PRIVATE digits)
"""


def call(*command: str | Path) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    directory = tmp_path_factory.mktemp("models")
    (directory / "digits.tflite").write_bytes(MODELS["digits"]())
    (directory / "mlp.tflite").write_bytes(small_models.float_mlp())
    return [directory / "digits.tflite", directory / "mlp.tflite"]


@pytest.mark.parametrize("board", ["cortex-m0plus", "cortex-m55", "riscv32"])
def test_the_cmake_tree_runs_on_a_board(models: list[Path], board: str, tmp_path: Path) -> None:
    export(models, "cmake", tmp_path / "tree")
    project, build = tmp_path / "project", tmp_path / "build"
    shutil.copytree(source_root() / "boards", project / "boards")  # startup and linker script; no core beside them
    library = "picolibc" if find_board(board).family == "riscv" else "newlib"
    (project / "CMakeLists.txt").write_text(PROJECT.format(tree=tmp_path / "tree", library=library))
    toolchain = (
        f"--toolchain={project / 'boards' / 'toolchain.cmake'}",
        f"-DARENITE_BOARD={board}",
        "-DCMAKE_BUILD_TYPE=MinSizeRel",
    )
    call("cmake", "-S", project, "-B", build, "-G", "Ninja", "-DARENITE_STACK_SIZE=16384", *toolchain)
    call("cmake", "--build", build, "--target", "firmware", "-j", "2")
    printed = execute(build / "firmware.elf", find_board(board)).output
    assert printed.count("outputs equal the host's") == 2, printed


def test_the_arduino_library_compiles_without_any_flag_but_the_cores(models: list[Path], tmp_path: Path) -> None:
    export(models, "arduino", tmp_path / "tree", optimize="size", tflm=True)
    compiler = require("arm-none-eabi-g++")
    sources = sorted((tmp_path / "tree" / "src").rglob("*.cpp"))
    (tmp_path / "objects").mkdir()
    names = [tmp_path / "objects" / f"{i}.o" for i, _ in enumerate(sources)]
    for source, name in zip(sources, names, strict=True):
        call(compiler, "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", *FLAGS.split(),
             "-I", tmp_path / "tree" / "src", "-c", source, "-o", name)  # fmt: skip
    fused = [
        line for name in names for line in call("arm-none-eabi-objdump", "-d", name).splitlines() if "vfma" in line
    ]
    assert not fused, "floating point is contracted: its bits would differ from the host's"


#: as much of each build system's headers as the example programs use
STUBS = {
    "Arduino.h": """#pragma once
struct Port {
  void begin(long) {}
  template <typename T> void print(T) {}
  template <typename T> void println(T) {}
  explicit operator bool() const { return true; }
};
inline Port Serial;
""",
    "zephyr/kernel.h": "#pragma once\n",
    "zephyr/sys/printk.h": '#pragma once\nextern "C" void printk(const char* format, ...);\n',
}


@pytest.mark.parametrize(
    ("package", "program", "options"),
    [
        ("arduino", "examples/self_test/self_test.ino", ["-include", "Arduino.h"]),
        ("platformio", "examples/self_test/main.cpp", ["-DARDUINO=1"]),
        ("platformio", "examples/self_test/main.cpp", []),
        ("zephyr", "samples/self_test/src/main.cpp", []),
        ("esp-idf", "examples/self_test/main/main.cpp", []),
    ],
)
def test_the_examples_compile(
    package: str, program: str, options: list[str], models: list[Path], tmp_path: Path
) -> None:
    export(models, package, tmp_path / "tree")
    for name, text in STUBS.items():
        (tmp_path / "stubs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "stubs" / name).write_text(text)
    call(require("arm-none-eabi-g++"), "-mcpu=cortex-m4", *FLAGS.split(), "-I", tmp_path / "stubs", *options,
         "-I", tmp_path / "tree" / "src", "-x", "c++", "-fsyntax-only", tmp_path / "tree" / program)  # fmt: skip


@cache
def _object_symbols() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Source path → symbols that its object defines, and needs, as compiled for Cortex-M4."""
    board = find_board("cortex-m4")
    with locked(board, "size") as directory:
        configure(directory, board, "size")
        build_target(directory, "kernel_none")
        listing = call("arm-none-eabi-nm", "-A", *directory.rglob("arenite_*.dir/**/*.obj"))
    defined: dict[str, set[str]] = {}
    needed: dict[str, set[str]] = {}
    for line in listing.splitlines():
        file, _, rest = line.partition(".obj:")
        source = file.rpartition(".dir/")[2]
        kind, symbol = rest[-len(rest.lstrip("0123456789abcdef ")) :].split(maxsplit=1)
        (needed if kind == "U" else defined).setdefault(source, set()).add(symbol)
    return defined, needed


@pytest.mark.parametrize("kernel", rows())
def test_a_kernels_files_are_complete(kernel: str) -> None:
    defined, needed = _object_symbols()
    files = {file.as_posix() for file in needed_files([kernel])}
    anywhere = set().union(*defined.values())
    here = set().union(*(symbols for source, symbols in defined.items() if source in files))
    wanted = set().union(*(symbols for source, symbols in needed.items() if source in files))
    missing = (wanted & anywhere) - here
    assert not missing, f"{kernel} is exported without what defines {sorted(missing)}"
