"""The int8 model as firmware under QEMU: the same bytes as on the host, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

import arenite
from arenite.board import BoardRun, run
from arenite.errors import ToolMissingError
from arenite.samples import quantize
from arenite.wording import count


@dataclass(frozen=True)
class BoardOutcome:
    """Runs per board and whether all their output bytes equal the host's; ``absent`` says why there are none."""

    images: int
    runs: list[BoardRun]
    equal: list[bool]
    absent: str | None = None

    @property
    def headings(self) -> list[str]:
        return [run.core for run in self.runs]

    def rows(self) -> list[tuple[str, ...]]:
        """The table: what, then one figure per board."""
        figures: list[tuple[str, Callable[[BoardRun], int]]] = [
            ("flash, bytes", lambda r: r.flash.total),
            ("  text", lambda r: r.flash.text),
            ("  rodata", lambda r: r.flash.rodata),
            ("  data", lambda r: r.flash.data),
            ("  model", lambda r: r.flash.model),
            ("RAM, bytes", lambda r: r.ram.total),
            ("  arena", lambda r: r.ram.arena),
            ("  data and bss", lambda r: r.ram.data + r.ram.bss),
            ("  stack", lambda r: max(r.ram.stack_allocate, r.ram.stack_invoke)),
            ("instructions to set up", lambda r: r.setup_instructions),
            ("instructions per inference", lambda r: round(sum(r.instructions) / len(r.instructions))),
        ]
        equal = (
            f"outputs of {self.images} images",
            *("equal to host" if same else "DIFFERENT" for same in self.equal),
        )
        return [equal, *((name, *(count(figure(r)) for r in self.runs)) for name, figure in figures)]


def run_boards(
    model: bytes, images: np.ndarray, boards: Sequence[str], report: Callable[[str, int, int], None]
) -> BoardOutcome:
    """Run ``images`` (float32 [N, …]) on every board and on the host."""
    expected, inputs = _on_host(model, images)
    runs, equal = [], []
    for number, board in enumerate(boards):
        report("firmware under QEMU", number, len(boards))
        try:
            result = run(model, inputs, board)
        except ToolMissingError as error:
            return BoardOutcome(len(images), [], [], str(error))
        runs.append(result)
        equal.append(all(np.array_equal(a, b) for (a,), b in zip(result.outputs, expected, strict=True)))
        report("firmware under QEMU", number + 1, len(boards))
    return BoardOutcome(len(images), runs, equal, None if boards else "no board was asked for")


def _on_host(model: bytes, images: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Raw outputs and raw inputs of every image."""
    interpreter = arenite.Interpreter(model_content=model)
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    inputs = [quantize(image[None], source) for image in images]
    outputs = []
    for value in inputs:
        interpreter.set_tensor(source["index"], value)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result["index"]))
    return outputs, inputs
