"""``arenite run``: a file of samples through a model file, into a file of outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .atomic import replacing
from .errors import DataError
from .runtime import Interpreter
from .samples import dequantize, quantize, specs_of, stack_samples


@dataclass(frozen=True)
class RunResult:
    """Outputs [N, …] by name, in the model's order, and where they were written (None: nowhere)."""

    outputs: dict[str, np.ndarray]
    samples: int
    path: Path | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the values themselves when they went to no file."""
        outputs = {
            name: {"dtype": str(y.dtype), "shape": list(y.shape)} | ({} if self.path else {"values": y.tolist()})
            for name, y in self.outputs.items()
        }
        return {"samples": self.samples, "path": str(self.path) if self.path else None, "outputs": outputs}


def run_file(
    model: Path,
    inputs: Any,
    output: Path | None,
    *,
    real: bool,
    arena_size: int | None,
    progress: Callable[[str, int, int], None],
) -> RunResult:
    """Run every sample of ``inputs``, as :func:`arenite.samples.batches` takes them.

    Raises DataError when they do not fit, ModelError or ArenaError from the model.
    """
    interpreter = Interpreter(model_path=model, arena_size=arena_size)
    interpreter.allocate_tensors()
    details, results = interpreter.get_input_details(), interpreter.get_output_details()
    if output is not None and output.suffix != ".npz" and len(results) > 1:
        raise DataError(f"the model has {len(results)} outputs; '{output}' must end in .npz to hold them by name")
    data = [quantize(column, d) for column, d in zip(stack_samples(inputs, specs_of(details)), details, strict=True)]
    batch, samples = int(details[0]["shape"][0]), len(data[0])
    if samples % batch:
        raise DataError(f"the model takes batches of {batch} samples, the data holds {samples}")
    columns: list[list[np.ndarray]] = [[] for _ in results]
    for start in range(0, samples, batch):
        for column, detail in zip(data, details, strict=True):
            interpreter.set_tensor(detail["index"], column[start : start + batch])
        interpreter.invoke()
        for column_out, detail in zip(columns, results, strict=True):
            value = interpreter.get_tensor(detail["index"])
            column_out.append(dequantize(value, detail) if real else value)
        progress("run", start + batch, samples)
    outputs = {d["name"]: np.concatenate(column) for d, column in zip(results, columns, strict=True)}
    if output is not None:
        _write(output, outputs)
    return RunResult(outputs, samples, output)


def _write(path: Path, outputs: dict[str, np.ndarray]) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        if path.suffix == ".npz":
            np.savez(file, **outputs)  # type: ignore[arg-type]
        else:
            np.save(file, next(iter(outputs.values())))
