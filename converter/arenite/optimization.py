"""``arenite.optimize``: a leaner file that gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import reader, writer
from .atomic import write_bytes
from .errors import AreniteError, UnsupportedError
from .graph import Graph
from .inspection import Inspection, inspect, read_content
from .one_operator import run_op
from .opdef import rows
from .passes import LEAN, Entry, PassContext, Stage, run_passes
from .passes.context import Progress
from .runtime import Interpreter

#: Random inputs on which the two files are compared before the new one is handed out.
CHECKS = 16


@dataclass(frozen=True)
class Optimization:
    """A leaner model.

    content        the bytes of the new file.       graph  what is in it.
    before, after  what the files hold and cost.    stages  what each pass did and refused.
    checks         random inputs for which every output byte of both was equal.
    """

    content: bytes
    graph: Graph
    before: Inspection
    after: Inspection
    checks: int
    stages: list[Stage]

    @property
    def log(self) -> list[Entry]:
        """What the passes did and refused."""
        return [entry for stage in self.stages for entry in stage.log]

    def save(self, path: Path | str) -> None:
        """Write the file, whole or not at all. Raises AreniteError when the place is not writable."""
        write_bytes(path, self.content)

    def figures(self) -> list[tuple[str, int | None, int | None]]:
        """(what, before, after); None where our kernels do not run the file."""
        quantities: list[tuple[str, Callable[[Inspection], int | None]]] = [
            ("file, bytes", lambda side: side.file_bytes),
            ("constants, bytes", lambda side: side.constant_bytes),
            ("arena, bytes", lambda side: side.arena.used if side.arena else None),
            ("operators", lambda side: len(side.operators)),
            ("tensors", lambda side: side.tensor_count),
            ("multiply-accumulates", lambda side: side.macs),
        ]
        return [(name, of(self.before), of(self.after)) for name, of in quantities]

    def to_dict(self) -> dict[str, Any]:
        """The figures and the stages as plain data for JSON."""
        figures = {name: {"before": before, "after": after} for name, before, after in self.figures()}
        return {"figures": figures, "checks": self.checks, "stages": [asdict(stage) for stage in self.stages]}


def optimize(
    model: Path | str | bytes,
    *,
    signature: str | None = None,
    strip: bool = False,
    checks: int = CHECKS,
    progress: Progress | None = None,
) -> Optimization:
    """Make a ``.tflite`` file smaller and faster without changing an output byte of an integer model.

    Tensors, buffers and tables that nobody needs are left out, equal constants are stored once, operators that change
    nothing go, channels that nothing depends on or that are constant are not computed (:mod:`.passes.dead_channels`),
    and the activations are placed anew. Results of float operators keep their real value up to rounding.

    model   path or content.
    signature  the function to take, of a file with several.
    strip   leave tensor names out of the file.
    checks  random inputs on which both files are run and compared byte for byte (integer outputs; float ones within
            1e-5 of their largest value). None for a file that our kernels do not run.

    Raises ModelError when the file cannot be read, UnsupportedError naming operators that are not in our table,
    AreniteError when a check fails (that is a defect of ours).
    """
    content = _function(model if isinstance(model, bytes) else read_content(Path(model)), model, signature)
    before = inspect(content)
    context = PassContext(progress=progress, run_op=run_op)
    graph = _lean(reader.read(content), context)
    lean = writer.write(graph, strip=strip)
    for done in _check(content, lean, checks if before.problem is None else 0):
        if progress is not None:
            progress("comparing outputs", done, checks)
    done = checks if before.problem is None else 0
    return Optimization(lean, graph, before, inspect(lean), done, context.stages)


def _function(content: bytes, model: Path | str | bytes, signature: str | None) -> bytes:
    """The file, or that of one of its functions."""
    if signature is not None:
        return writer.write(reader.read(content, signature))
    reader.require_one_entry(content, "the model" if isinstance(model, bytes) else f"'{model}'")
    return content


def _lean(graph: Graph, context: PassContext) -> Graph:
    """The graph after the passes, which know the operators of our table only."""
    unknown = sorted({op.name for part in graph.subgraphs() for op in part.ops} - rows().keys())
    if unknown:
        raise UnsupportedError(
            f"the model has operators that are not in our table: {', '.join(unknown)}; it stays as it is"
        )
    return run_passes(graph, context, LEAN)


def _check(content: bytes, lean: bytes, count: int) -> Iterator[int]:
    """Run both on ``count`` random inputs; yields how many were equal so far."""
    if count == 0:
        return
    rng = np.random.default_rng(0)
    engines = [Interpreter(model_content=file) for file in (content, lean)]
    for engine in engines:
        engine.allocate_tensors()
    for done in range(1, count + 1):
        sample = [_random(rng, detail) for detail in engines[0].get_input_details()]
        results = [_run(engine, sample) for engine in engines]
        for detail, old, new in zip(engines[0].get_output_details(), *results, strict=True):
            if not _equal(old, new):
                raise AreniteError(
                    f"the optimized model gives other values at output '{detail['name']}'; this is a defect of arenite, "
                    "please report it with the model. Nothing was written"
                )
        yield done


def _random(rng: np.random.Generator, detail: dict[str, Any]) -> np.ndarray:
    """Reals around zero; the whole range of a quantized type; 0 and 1 of others, which may be indices."""
    dtype, shape = np.dtype(detail["dtype"]), tuple(detail["shape"])
    array: np.ndarray
    if dtype.kind == "f":
        array = rng.normal(0, 2, shape)
    elif detail["quantization"][0] != 0:
        array = rng.integers(np.iinfo(dtype).min, int(np.iinfo(dtype).max) + 1, shape)
    else:
        array = rng.integers(0, 2, shape)
    return array.astype(dtype)


def _run(engine: Interpreter, sample: list[np.ndarray]) -> list[np.ndarray]:
    for detail, array in zip(engine.get_input_details(), sample, strict=True):
        engine.set_tensor(detail["index"], array)
    engine.invoke()
    return [engine.get_tensor(detail["index"]) for detail in engine.get_output_details()]


def _equal(old: np.ndarray, new: np.ndarray) -> bool:
    if old.dtype.kind != "f":
        return old.tobytes() == new.tobytes()
    largest = float(np.abs(old[np.isfinite(old)]).max(initial=0))
    return bool(np.allclose(new, old, rtol=1e-5, atol=1e-5 * largest, equal_nan=True))
