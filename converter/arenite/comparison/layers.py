"""The error of every operator's result: float file against quantized file, tensors matched by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import arenite
from arenite.samples import dequantize, quantize

from .metrics import sqnr_from_energy
from .result import LayerError


class _Tap:
    """An interpreter that keeps every tensor, and the details of its tensors by name."""

    def __init__(self, content: bytes) -> None:
        self.interpreter = arenite.Interpreter(model_content=content, preserve_all_tensors=True)
        self.interpreter.allocate_tensors()
        self.details = {detail["name"]: detail for detail in self.interpreter.get_tensor_details()}

    def run(self, inputs: Sequence[np.ndarray]) -> None:
        for value, detail in zip(inputs, self.interpreter.get_input_details(), strict=True):
            self.interpreter.set_tensor(detail["index"], quantize(value, detail))
        self.interpreter.invoke()

    def real(self, name: str) -> np.ndarray:
        detail = self.details[name]
        return dequantize(self.interpreter.get_tensor(detail["index"]), detail).astype(np.float64)


def layer_errors(reference: bytes, model: bytes, inputs: Sequence[np.ndarray]) -> tuple[list[LayerError], int]:
    """``(errors, unmatched)`` over the samples of ``inputs`` ([N, …] each): one row per operator of ``model``.

    unmatched  how many operators have no counterpart: no tensor of that name and shape in ``reference``.
    """
    floating, quantized = _Tap(reference), _Tap(model)
    operators = arenite.inspect(model).operators
    matched = [
        (index, operator.name, operator.output_name)
        for index, operator in enumerate(operators)
        if _same_shape(floating.details.get(operator.output_name), quantized.details[operator.output_name])
    ]
    signal = np.zeros(len(matched))
    noise = np.zeros(len(matched))
    worst = np.zeros(len(matched))
    batch = int(quantized.interpreter.get_input_details()[0]["shape"][0])
    for start in range(0, len(inputs[0]) - batch + 1, batch):
        part = [x[start : start + batch] for x in inputs]
        floating.run(part)
        quantized.run(part)
        for row, (_, _, name) in enumerate(matched):
            expected = floating.real(name)
            difference = np.abs(expected - quantized.real(name))
            signal[row] += np.sum(expected**2)
            noise[row] += np.sum(difference**2)
            worst[row] = max(worst[row], difference.max(initial=0))
    rows = [
        LayerError(index, op, name, sqnr_from_energy(s, n), float(w), _in_steps(float(w), quantized.details[name]))
        for (index, op, name), s, n, w in zip(matched, signal, noise, worst, strict=True)
    ]
    return rows, len(operators) - len(matched)


def _same_shape(a: dict[str, Any] | None, b: dict[str, Any]) -> bool:
    return a is not None and list(a["shape"]) == list(b["shape"])


def _in_steps(error: float, detail: dict[str, Any]) -> float | None:
    scale = detail["quantization"][0]
    return error / float(scale) if scale else None
