"""Time of one invoke on this machine, one thread, ours and the peers' in turn, so that a noisy machine disturbs all alike.

Only ratios mean anything: they are medians of ratios within a round.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median

from figures import one_sample

from arenite.runtime import Interpreter

#: nanoseconds that one engine runs for in each round
_SLICE = 20_000_000

Invoke = Callable[[], object]


def engines(model: bytes) -> dict[str, Invoke]:
    """Engine → its invoke, the input set. Ours is "arenite"; peers that are not installed or refuse are left out."""
    found: dict[str, Invoke] = {"arenite": _ours(model), "TFLM": _tflm(model)}
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from ai_edge_litert.interpreter import OpResolverType

    found["LiteRT reference"] = _litert(model, OpResolverType.BUILTIN_REF)
    found["LiteRT builtin"] = _litert(model, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    found["LiteRT XNNPACK"] = _litert(model, OpResolverType.BUILTIN)
    return found


def _ours(model: bytes) -> Invoke:
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    for detail, value in zip(interpreter.get_input_details(), one_sample(model), strict=True):
        interpreter.set_tensor(detail["index"], value)
    return interpreter.invoke


def _tflm(model: bytes) -> Invoke:
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 22)
    for index, value in enumerate(one_sample(model)):
        interpreter.set_input(value, index)
    invoke: Invoke = interpreter.invoke
    return invoke


def _litert(model: bytes, resolver: object) -> Invoke:
    from ai_edge_litert.interpreter import Interpreter as LiteRT

    interpreter = LiteRT(model_content=model, experimental_op_resolver_type=resolver, num_threads=1)
    interpreter.allocate_tensors()
    for detail, value in zip(interpreter.get_input_details(), one_sample(model), strict=True):
        interpreter.set_tensor(detail["index"], value)
    invoke: Invoke = interpreter.invoke
    return invoke


def measure(model: bytes, rounds: int = 15) -> tuple[dict[str, float], dict[str, float]]:
    """(microseconds per invoke, median of the rounds; how many times ours is faster, median of the rounds' ratios)."""
    invokes = engines(model)
    repeats = {name: _repeats(invoke) for name, invoke in invokes.items()}
    times: dict[str, list[float]] = {name: [] for name in invokes}
    for _ in range(rounds):
        for name, invoke in invokes.items():
            times[name].append(_time(invoke, repeats[name]))
    micros = {name: median(values) / 1000 for name, values in times.items()}
    ratios = {
        name: median(theirs / ours for theirs, ours in zip(values, times["arenite"], strict=True))
        for name, values in times.items()
    }
    return micros, ratios


def _repeats(invoke: Invoke) -> int:
    """How many invokes fill a slice; the first calls also warm caches."""
    invoke()
    return max(1, int(_SLICE / max(_time(invoke, 3), 1)))


def _time(invoke: Invoke, repeats: int) -> float:
    """Nanoseconds per invoke."""
    start = time.perf_counter_ns()
    for _ in range(repeats):
        invoke()
    return (time.perf_counter_ns() - start) / repeats
