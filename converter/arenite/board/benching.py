"""``bench``: one model on several boards under QEMU: instructions, memory, and whether the bytes are the host's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ModelError
from ..inspection import Inspection, inspect, read_content
from ..runtime import Interpreter
from .estimate import Estimate, estimate
from .report import BoardRun
from .running import run

SEED = 1
FLOAT_TOLERANCE = 1e-5


@dataclass(frozen=True)
class BoardBench:
    """One board's run. ``equal``: arena and integer outputs are the host's to the byte, floats within 1e-5."""

    run: BoardRun
    equal: bool
    estimate: Estimate | None

    @property
    def instructions(self) -> int:
        """Of one inference, the first."""
        return self.run.instructions[0]


@dataclass(frozen=True)
class Bench:
    """``bench``'s answer. ``facts`` is what ``arenite.inspect`` says."""

    facts: Inspection
    boards: list[BoardBench]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        runs = [
            {**b.run.to_dict(), "equal": b.equal, "estimate": b.estimate and asdict(b.estimate)} for b in self.boards
        ]
        return {"macs": self.facts.macs, "file_bytes": self.facts.file_bytes, "boards": runs}


def bench(
    model: Path | str | bytes,
    boards: Sequence[str],
    optimize: str = "speed",
    *,
    profile: bool = False,
    progress: Callable[[str, int, int], None] = lambda step, done, total: None,
) -> Bench:
    """Build the firmware of ``model`` for each board, run one inference on seeded random inputs and measure it.

    model     a ``.tflite`` file's path or content.       boards    rows of ``boards/boards.csv``.
    optimize  as in :func:`run`.                          profile   also count each operator and each function.
    progress  called as progress("boards", done, total).

    Raises ModelError when the model does not run here; ToolMissingError, BoardError as :func:`run`.
    """
    content = model if isinstance(model, bytes) else read_content(Path(model))
    facts = inspect(content)
    if facts.problem is not None:
        raise ModelError(f"the model does not run here: {facts.problem}")
    inputs = random_inputs(content)
    expected = _on_host(content, inputs)
    results = []
    for done, board in enumerate(boards):
        progress("boards", done, len(boards))
        measured = run(content, [inputs], board, optimize, per_operator=profile, profile=profile)
        same = all(_same(a, b) for a, b in zip(measured.outputs[0], expected, strict=True))
        equal = same and facts.arena is not None and measured.arena == facts.arena.used
        results.append(BoardBench(measured, equal, estimate(board, measured.instructions[0])))
    progress("boards", len(boards), len(boards))
    return Bench(facts, results)


def _same(output: np.ndarray, expected: np.ndarray) -> bool:
    if output.dtype.kind == "f":  # exp and the like come from the board's C library
        return bool(np.allclose(output, expected, rtol=FLOAT_TOLERANCE, atol=FLOAT_TOLERANCE, equal_nan=True))
    return np.array_equal(output, expected)


def random_inputs(content: bytes) -> list[np.ndarray]:
    """One sample, from a fixed seed: all codes of small integers, [-1, 1) for floats, zeros for what may be an index."""
    interpreter = Interpreter(model_content=content)
    generator = np.random.default_rng(SEED)
    arrays = []
    for detail in interpreter.get_input_details():
        dtype, shape = np.dtype(detail["dtype"]), tuple(int(d) for d in detail["shape"])
        if dtype.kind == "f":
            arrays.append(generator.uniform(-1, 1, shape).astype(dtype))
        elif dtype.itemsize <= 2 and dtype.kind in "iu":
            limits = np.iinfo(dtype)
            arrays.append(generator.integers(limits.min, limits.max + 1, shape).astype(dtype))
        else:
            arrays.append(np.zeros(shape, dtype))
    return arrays


def _on_host(content: bytes, inputs: list[np.ndarray]) -> list[np.ndarray]:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]).copy() for detail in interpreter.get_output_details()]
