"""Which C++ files a set of kernels needs, and how each becomes a file that any build system can compile as it is.

In this source tree CMake chooses the microkernels of one processor and passes what a build leaves out. An exported tree
goes to build systems that can do neither, so each file says it itself: a first line includes ``arenite_config.h``, and
files of one instruction set are enclosed in the condition that CMake would have asked (``cmake/isa_sources.cmake``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ..board.table import source_root
from ..errors import BoardError
from ..opdef import rows

CONFIG = "arenite_config.h"
#: TFLite Micro's names. What is in it lies at the root of an exported tree, where its headers' includes begin.
_COMPAT = "compat"
#: names every kernel of the project
_EVERY_KERNEL = "all_ops_resolver"
_INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.MULTILINE)
#: what runs on a host is compiled with plain microkernels in an exported tree: SIMD variants need flags for each file
_HOST_ONLY = re.compile(r"x86|avx")


def needed_files(kernels: Iterable[str], tflm: bool = False) -> list[Path]:
    """Paths, relative to the source tree, of every header and source of the core, the C API and ``kernels``, sorted.

    kernels  names of rows of ``schema/ops.def``.
    tflm     also what is below ``compat/``, but for the resolver of all operators.

    Follows includes; a header brings the ``.cc`` of the same name along, a microkernel's header its variants for boards.
    """
    todo = [*_core(), *(Path("kernels_cpp") / f"{kernel}.cc" for kernel in kernels), *(_compat() if tflm else [])]
    found: set[Path] = set()
    while todo:
        file = todo.pop()
        if file in found:
            continue
        found.add(file)
        todo += [*_included(file), *_implementations(file)]
    return sorted(found)


def _core() -> list[Path]:
    root = source_root()
    files = [*root.glob("interpreter/*.cc"), *root.glob("interpreter/arena/*.cc"), *root.glob("interpreter/*.h")]
    files += [*root.glob("c_api/*"), root / "kernels_cpp" / "kernels.h"]
    return [file.relative_to(root) for file in files]


def _compat() -> list[Path]:
    root = source_root()
    files = (file for pattern in ("*.cc", "**/*.h") for file in (root / _COMPAT).glob(pattern))
    return [file.relative_to(root) for file in files if file.stem != _EVERY_KERNEL]


@cache
def _included(file: Path) -> list[Path]:
    names = _INCLUDE.findall((source_root() / file).read_text())
    return [_resolved(file, name) for name in names if not _HOST_ONLY.search(Path(name).name)]


def _resolved(file: Path, name: str) -> Path:
    """What ``file`` includes as ``name``: by the source tree's root, or by that of ``compat`` or in its folder."""
    if file.parts[0] != _COMPAT or (source_root() / name).is_file():
        return Path(name)
    beside = file.parent / name
    return beside if (source_root() / beside).is_file() else Path(_COMPAT) / name


def _implementations(header: Path) -> list[Path]:
    """What defines a header's functions. A header called like an operator's file has its functions in itself."""
    if header.suffix != ".h" or header.stem in rows():
        return []
    root, folder = source_root(), header.parent
    found = [root / folder / f"{header.stem}.cc"]
    if folder.name == "microkernels":
        found += (root / folder).glob("*.cc")
    return [f.relative_to(root) for f in found if f.is_file() and not _HOST_ONLY.search(f.name)]


def exported_path(file: Path) -> Path:
    """Where a file of the source tree lies below ``src/`` of an exported tree."""
    return file.relative_to(_COMPAT) if file.parts[0] == _COMPAT else file


def exported_text(file: Path) -> str:
    """A file's text as it stands in an exported tree."""
    text = (source_root() / file).read_text()
    if file.suffix != ".cc" or file.parts[0] != "kernels_cpp":
        return text
    condition = _conditions().get(file.stem.rpartition("_")[2])
    enclosed = f"#if {condition}\n{text}#endif\n" if condition else text
    return f'#include "{CONFIG}"\n{enclosed}'


@cache
def _conditions() -> dict[str, str]:
    """File suffix → the preprocessor condition under which such files are compiled."""
    table = (source_root() / "cmake" / "isa_sources.cmake").read_text()
    found = dict(re.findall(r'"(\w+)\|([^|"]+)\|', table))
    if "dsp" not in found:
        raise BoardError("cmake/isa_sources.cmake lists no instruction sets: the installation is damaged")
    return found


@cache
def language_options() -> list[str]:
    """The compiler's options that the project's own build uses for core and kernels."""
    text = (source_root() / "cmake" / "compile_options.cmake").read_text()
    found = re.search(r"set\(arenite_language_options ([^)]*)\)", text)
    if found is None:
        raise BoardError("cmake/compile_options.cmake sets no language options: the installation is damaged")
    return found[1].split()
