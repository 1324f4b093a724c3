"""The same damaged files for every engine: ours, LiteRT, TensorFlow Lite Micro. Prints the table of docs/safety.md.

    python tests/python/damage_to_peers.py [--cases 300] [--seed 1] [--json]

Of each model so many single changes as ``tests/cpp/sweep.cc`` makes, in proportion. Each case runs in a process of its
own, forked from one that has loaded the engine; it opens the file, feeds ones, runs once and reads the outputs.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import random
import resource
import signal
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import seeded
import small_models
import tour
from damage import one_change, structure
from oracle import engines
from rich.progress import track

from arenite import reader

MODELS: dict[str, Callable[[], bytes]] = {
    "int8 dense": small_models.int8_mlp,
    "float dense": small_models.float_mlp,
    "int8 convolutions": tour.model,
    "float LSTM": lambda: of_operator("unidirectional_sequence_lstm", "float32"),
    "float SVDF": lambda: of_operator("svdf", "float32"),
    "int8 transposed convolution": lambda: of_operator("transpose_conv", "int8"),
    "strided slice": lambda: of_operator("strided_slice", "int8"),
    "gather": lambda: of_operator("gather", "float32"),
}
#: engine → its package, for the version
PACKAGES = {"Arenite": None, "LiteRT": "ai-edge-litert", "TFLite Micro": "tflite-micro"}
#: how a case can end, best first
ENDS = ("refused", "same outputs", "other outputs", "hangs", "crashes")
PATIENCE = 20.0
MEMORY = 16 << 30
_CODES = {"refused": 10, "same outputs": 11, "other outputs": 12}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=300, help="of each model")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ends = {engine: {name: Counter[str]() for name in MODELS} for engine in PACKAGES}
    for name, make in MODELS.items():
        content, rng = make(), random.Random(options.seed)
        positions = structure(content)
        damaged = [one_change(content, positions, rng) for _ in range(options.cases)]
        for engine in PACKAGES:
            truth = outputs(engine, content, counts(content))
            ends[engine][name].update(
                in_a_child(engine, file, counts(content), truth) for file in track(damaged, f"{name}, {engine}")
            )
    print(json.dumps(ends) if options.json else table(ends))


def of_operator(name: str, dtype: str) -> bytes:
    """A generated model of one operator whose results are ``dtype``."""
    found = seeded.instances(name, 1)
    return next(engines.model_of(op) for ops in found.values() for op in ops if op.outputs[0].dtype == dtype)


def counts(content: bytes) -> tuple[int, int]:
    """Inputs and outputs of a sound file; TFLite Micro cannot be asked."""
    graph = reader.read(content)
    return len(graph.inputs), len(graph.outputs)


def in_a_child(engine: str, content: bytes, sides: tuple[int, int], truth: list[bytes]) -> str:
    """One of ENDS."""
    child = os.fork()
    if child == 0:
        os._exit(_CODES[attempt(engine, content, sides, truth)])
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return next((end for end, code in _CODES.items() if os.waitstatus_to_exitcode(status) == code), "crashes")
        time.sleep(0.0005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hangs"


def attempt(engine: str, content: bytes, sides: tuple[int, int], truth: list[bytes]) -> str:
    """In the child: how the engine takes the file, if it comes back."""
    faulthandler.disable()  # pytest's writes to a stderr of its own
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    try:
        return "same outputs" if outputs(engine, content, sides) == truth else "other outputs"
    except Exception:  # whatever the engine raises: it has noticed
        return "refused"


def outputs(engine: str, content: bytes, sides: tuple[int, int]) -> list[bytes]:
    """Bytes of the outputs for inputs of ones; ``sides``: how many inputs and outputs there are."""
    arrays = _tflm(content, *sides) if engine == "TFLite Micro" else _tflite(engine, content)
    return [array.tobytes() for array in arrays]


def _tflite(engine: str, content: bytes) -> list[np.ndarray]:
    if engine == "Arenite":
        from arenite.runtime import Interpreter

        interpreter: Any = Interpreter(model_content=content)
    else:
        from ai_edge_litert import interpreter as litert

        kernels = litert.OpResolverType.BUILTIN_REF
        interpreter = litert.Interpreter(model_content=content, experimental_op_resolver_type=kernels, num_threads=1)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], np.ones(detail["shape"], detail["dtype"]))
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def _tflm(content: bytes, inputs: int, results: int) -> list[np.ndarray]:
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(content, arena_size=engines.ARENA)
    for index in range(inputs):
        detail = interpreter.get_input_details(index)
        interpreter.set_input(np.ones(detail["shape"], detail["dtype"]), index)
    interpreter.invoke()
    return [np.array(interpreter.get_output(index)) for index in range(results)]


def table(ends: dict[str, dict[str, Counter[str]]]) -> str:
    """Markdown: a row for each engine and model, and the sums."""
    lines = [f"| engine | model | {' | '.join(ENDS)} |", "|---|---|" + "---|" * len(ENDS)]
    for engine, models in ends.items():
        package = PACKAGES[engine]
        title = f"{engine} {version(package)}" if package else engine
        rows = {**models, "all": sum(models.values(), Counter[str]())}
        lines += [f"| {title} | {name} | {' | '.join(str(own[end]) for end in ENDS)} |" for name, own in rows.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
