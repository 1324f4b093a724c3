"""Operators that keep state, over many calls: TFLite Micro's bytes, and again after a reset."""

from __future__ import annotations

from collections.abc import Sequence

import front_end
import numpy as np
import pytest

from arenite.runtime import Interpreter

pytest.importorskip("tflite_micro")


def ours(content: bytes, feeds: Sequence[np.ndarray], reset_at: int) -> list[list[np.ndarray]]:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    results = []
    for i, x in enumerate(feeds):
        if i == reset_at:
            interpreter.reset_all_variables()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        results.append([interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()])
    return results


def tflm(content: bytes, feeds: Sequence[np.ndarray], reset_at: int, outputs: int) -> list[list[np.ndarray]]:
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(content, arena_size=1 << 20)
    results = []
    for i, x in enumerate(feeds):
        if i == reset_at:
            interpreter.reset()
        interpreter.set_input(x, 0)
        interpreter.invoke()
        results.append([np.array(interpreter.get_output(k)) for k in range(outputs)])
    return results


def test_a_whole_front_end_over_fifty_frames() -> None:
    content, feeds = front_end.model(), front_end.frames(50)
    results = ours(content, feeds, 30)
    for i, (a, b) in enumerate(zip(results, tflm(content, feeds, 30, 1), strict=True)):
        np.testing.assert_array_equal(a[0], b[0], f"frame {i}")
    values = np.array(results)
    assert np.unique(values).size > 500 and values.max() > 5000, "the front end should hear something"
