"""The firmware of one model: the model in flash, a resolver that names its kernels only, an arena of the exact size."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelError, UnsupportedError
from ..graph import Op
from ..opdef import rows, weight_operand
from ..reader import read
from .build import ALL, Bodies, build_target, configure, locked
from .table import Board

if TYPE_CHECKING:
    from ..runtime import Interpreter

_MODEL = """\
// The model, 16-byte aligned, in flash.
.section .model, "a"
.balign 16
.global arenite_model
arenite_model:
.incbin "model.tflite"
.global arenite_model_end
arenite_model_end:
"""


@dataclass(frozen=True)
class Firmware:
    """A linked firmware and its linker map."""

    elf: Path
    map: Path


@contextmanager
def built_for(
    model: bytes, board: Board, optimize: str, *, debug: bool = False
) -> Iterator[tuple[Firmware, Interpreter]]:
    """The firmware of ``model``, in a directory of its own that lasts as long as the context, and the host's interpreter.

    debug  with line numbers.
    """
    from ..runtime import Interpreter  # the compiled module: other firmware needs none

    host = Interpreter(model_content=model)
    host.allocate_tensors()
    with tempfile.TemporaryDirectory(prefix="arenite-board-") as scratch:
        kernels, arena = sorted(host.op_counts()), int(host.arena_used())
        yield build_firmware(model, kernels, arena, board, optimize, Path(scratch), debug=debug), host


def build_firmware(
    model: bytes,
    kernels: Iterable[str],
    arena: int,
    board: Board,
    optimize: str,
    directory: Path,
    target: str = "model_firmware",
    *,
    debug: bool = False,
) -> Firmware:
    """Build the firmware that runs ``model``; ELF and map are copied to ``directory``.

    Kernels come without bodies for types that the model has no use for.

    kernels  operator names, rows of ``schema/ops.def``; all others stay out of flash.
    arena    bytes.
    target   of ``boards/CMakeLists.txt``: the runner that talks to the host, or "model_image", the least that runs a model.
    debug    with line numbers.
    """
    bodies, kernels = needed_bodies(model), sorted(kernels)
    with locked(board, optimize, bodies, debug=debug) as build:
        generated = build / "generated"
        generated.mkdir(exist_ok=True)
        _write(generated / "model.tflite", model)
        _write(generated / "model.S", _MODEL.encode())
        _write(generated / "resolver.cc", _resolver(kernels).encode())
        _write(generated / "arena.cc", _arena(arena).encode())
        configure(build, board, optimize, bodies, kernels if debug else None)
        elf = build_target(build, target)
        copies = [Path(shutil.copy(path, directory)) for path in (elf, elf.with_suffix(".elf.map"))]
    return Firmware(*copies)


def needed_bodies(model: bytes) -> Bodies:
    """float32 and plain integers when some operator of ``model`` works on them throughout, int16, int4 and float16 when
    some tensor has it, hybrid when integer weights meet float activations.

    All when the model cannot be read as a graph, none for what is no model at all.
    """
    try:
        graph = read(model)
    except UnsupportedError:
        return ALL
    except ModelError:
        return Bodies(floats=False, hybrid=False, int16=False, int32=False, int4=False, half=False)
    dtypes = {value.dtype for value in graph.values()}
    return Bodies(
        floats=any(
            {v.dtype for v in (*op.inputs[:1], *op.outputs) if v is not None} == {"float32"} for op in graph.ops
        ),
        hybrid=any(_has_integer_weights(op) and op.operand(0).dtype == "float32" for op in graph.ops),
        int16="int16" in dtypes,
        int32=any({v.dtype for v in (*op.inputs[:1], *op.outputs) if v} <= {"int32", "int64"} for op in graph.ops),
        int4="int4" in dtypes,
        half="float16" in dtypes,
    )


def _has_integer_weights(op: Op) -> bool:
    weight = weight_operand(op.name) if op.name in rows() else None
    return weight is not None and op.operand(weight).dtype in ("int8", "int4")


def _resolver(kernels: list[str]) -> str:
    entries = "".join(f"    &arenite::kernels::{rows()[name].symbol},\n" for name in kernels)
    table = f"const arenite::Kernel* const kKernels[] = {{\n{entries}}};" if kernels else ""
    first = "kKernels" if kernels else "nullptr"
    return (
        "// The kernels that this model needs.\n"
        '#include "boards/firmware/model.h"\n#include "kernels_cpp/kernels.h"\n\n'
        f"namespace {{\n{table}\n}}  // namespace\n\n"
        f"const arenite::OpResolver firmware::kResolver({first}, {len(kernels)});\n"
    )


def _arena(size: int) -> str:
    return (
        '#include "boards/firmware/model.h"\n\n'
        f"alignas(16) uint8_t firmware::arena[{max(size, 1)}];\n"
        f"const uint32_t firmware::kArenaSize = {size};\n"
    )


def _write(path: Path, content: bytes) -> None:
    """Only when it changes, so that nothing is compiled again in vain."""
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)
