"""The same samples in the firmware of emulated boards: whether the host's bytes are the board's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from arenite.samples import quantize

from .engines import Engine
from .metrics import worst_abs_error
from .result import BoardCheck


def on_boards(
    content: bytes,
    host: Engine,
    inputs: Sequence[np.ndarray],
    raw: Sequence[np.ndarray],
    boards: Sequence[str],
    progress: Callable[[str, int, int], None],
) -> list[BoardCheck]:
    """One check per board over ``inputs`` [n, …]; ``raw`` are the host's outputs for these samples and more.

    Raises BoardError for an unknown board or a failed build, ToolMissingError without compiler or QEMU.
    """
    if not boards:
        return []
    from arenite.board import run

    batch = int(host.input_details[0]["shape"][0])
    stored = [quantize(x, detail) for x, detail in zip(inputs, host.input_details, strict=True)]
    starts = range(0, len(stored[0]) - batch + 1, batch)
    samples = [[x[start : start + batch] for x in stored] for start in starts]
    checks = []
    for done, board in enumerate(boards):
        progress("boards", done, len(boards))
        found = run(content, samples, board)
        checks.append(_check(board, found.outputs, raw, batch, found.instructions[0]))
    progress("boards", len(boards), len(boards))
    return checks


def _check(
    board: str, outputs: Sequence[Sequence[np.ndarray]], raw: Sequence[np.ndarray], batch: int, instructions: int
) -> BoardCheck:
    equal, worst = 0, 0.0
    for number, row in enumerate(outputs):
        wanted = [y[number * batch : (number + 1) * batch].reshape(a.shape) for y, a in zip(raw, row, strict=True)]
        equal += all(np.array_equal(a, b) for a, b in zip(row, wanted, strict=True))
        worst = max(worst, *(worst_abs_error(b, a) for a, b in zip(row, wanted, strict=True)))
    return BoardCheck(board, len(outputs), equal, worst, instructions, any(y.dtype.kind == "f" for y in raw))
