"""One-operator models, and the interpreters that run them: ours, TFLite Micro, LiteRT's reference kernels.

Each engine takes a file and the operands that it is fed, in order, and returns the results, of all ``runs`` one after the
other: a later run starts from the state that the one before has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from arenite.graph import Graph, Op, Value
from arenite.runtime import Interpreter
from arenite.writer import write

Feed = Sequence[np.ndarray]
ARENA = 1 << 20


def model_of(op: Op) -> bytes:
    """A file whose one operator is ``op``; operands without data are its inputs."""
    values = {id(v): replace(v, name=f"t{i}") for i, v in enumerate(v for v in [*op.inputs, *op.outputs] if v)}
    inputs = [v and values[id(v)] for v in op.inputs]
    named = Op(op.name, inputs, [values[id(v)] for v in op.outputs], op.attrs)
    fed = [v for v in inputs if v is not None and not v.is_constant and not v.is_variable]
    graph = Graph("main", fed, named.outputs, [named], [v.name for v in fed], [v.name for v in named.outputs])
    return write(graph)


def operands(op: Op, feed: list[np.ndarray]) -> list[np.ndarray | None]:
    """What the operator reads, in its own order; for a variable, what it holds before the first run."""
    fed = iter(feed)
    return [
        None if v is None else fresh(v) if v.is_variable else v.data if v.data is not None else next(fed)
        for v in op.inputs
    ]


def fresh(variable: Value) -> np.ndarray:
    zero = 0 if variable.quant is None else variable.quant.zero_point[0]
    return np.full(variable.shape, zero, variable.dtype)


def ours(content: bytes, feed: Feed, runs: int = 1) -> list[np.ndarray]:
    return _run_as_tflite(Interpreter(model_content=content), feed, runs)


def _run_as_tflite(interpreter: Any, feed: Feed, runs: int) -> list[np.ndarray]:
    interpreter.allocate_tensors()
    results = []
    for _ in range(runs):
        for detail, x in zip(interpreter.get_input_details(), feed, strict=True):
            interpreter.set_tensor(detail["index"], x)
        interpreter.invoke()
        results += [np.array(interpreter.get_tensor(detail["index"])) for detail in interpreter.get_output_details()]
    return results


def tflm(content: bytes, feed: Feed, outputs: int = 1, runs: int = 1) -> list[np.ndarray]:
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(content, arena_size=ARENA)
    results = []
    for _ in range(runs):
        for i, x in enumerate(feed):
            interpreter.set_input(x, i)
        interpreter.invoke()
        results += [np.array(interpreter.get_output(i)) for i in range(outputs)]
    return results


def litert(content: bytes, feed: Feed, runs: int = 1) -> list[np.ndarray]:
    from ai_edge_litert import interpreter as litert_interpreter

    kind = litert_interpreter.OpResolverType.BUILTIN_REF
    interpreter = litert_interpreter.Interpreter(
        model_content=content, experimental_op_resolver_type=kind, num_threads=1
    )
    return _run_as_tflite(interpreter, feed, runs)
