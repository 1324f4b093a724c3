"""A file in our interpreter beside TFLite Micro and LiteRT, several runs of one interpreter: state must go along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from arenite.runtime import Interpreter


class Peer:
    """TFLite Micro or LiteRT with the calls that the tests make."""

    def __init__(self, engine: str, content: bytes) -> None:
        self.interpreter: Any
        self.engine = engine
        if engine == "tflm":
            runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")
            self.interpreter = runtime.Interpreter.from_bytes(content, arena_size=1 << 18)
        else:
            litert = pytest.importorskip("ai_edge_litert.interpreter")
            kind = litert.OpResolverType.BUILTIN_REF
            self.interpreter = litert.Interpreter(model_content=content, experimental_op_resolver_type=kind)
            self.interpreter.allocate_tensors()

    def __call__(self, feed: Sequence[np.ndarray], outputs: int) -> list[np.ndarray]:
        if self.engine == "litert":
            return run(self.interpreter, feed)
        for index, x in enumerate(feed):
            self.interpreter.set_input(x, index)
        self.interpreter.invoke()
        return [np.array(self.interpreter.get_output(index)) for index in range(outputs)]


def allocated(content: bytes, **options: Any) -> Interpreter:
    interpreter = Interpreter(model_content=content, **options)
    interpreter.allocate_tensors()
    return interpreter


def run(interpreter: Any, feed: Sequence[np.ndarray]) -> list[np.ndarray]:
    for detail, x in zip(interpreter.get_input_details(), feed, strict=True):
        interpreter.set_tensor(detail["index"], x)
    interpreter.invoke()
    return [np.array(interpreter.get_tensor(detail["index"])) for detail in interpreter.get_output_details()]


def compare(content: bytes, feeds: Sequence[Sequence[np.ndarray]], engines: Sequence[str] = ("tflm", "litert")) -> None:
    """The same bytes as the others in each of several runs, with shared memory and without."""
    peers = {engine: Peer(engine, content) for engine in engines}
    ours = [allocated(content), allocated(content, preserve_all_tensors=True)]
    for feed in feeds:
        results = [run(interpreter, feed) for interpreter in ours]
        answers = {name: peer(feed, len(results[0])) for name, peer in peers.items()}
        for name, answer in answers.items():
            for result in results:
                for mine, theirs in zip(result, answer, strict=True):
                    np.testing.assert_array_equal(mine, theirs, name)
