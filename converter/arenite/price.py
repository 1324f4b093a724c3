"""An int8 model that is as exact as wanted: what of it needs sixteen bits, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from . import writer
from .errors import AreniteError, CalibrationError
from .evaluate import real_operands
from .graph import Graph
from .passes import TARGET, PassContext, run_passes
from .passes.calibrate import ADVICE

#: Choices that are made, and by how much each aims higher than what the one before fell short of.
ROUNDS, MARGIN_DB = 4, 0.3

#: (float graph, quantized graph, context) → output → SQNR in dB
Predict = Callable[[Graph, Graph, PassContext], dict[str, float]]


@dataclass(frozen=True)
class Price:
    """Of ``min_sqnr``.

    wanted_db     of the worst output.   predicted_db  (in int8 throughout, as it is).
    layers        those of which an operator computes in int16, in order; ``operators`` of ``of`` do.
    arena, file   bytes (in int8 throughout, as it is); arena None when the compiled runtime is absent.
    instructions  more on Cortex-M4, estimated.
    """

    wanted_db: float
    predicted_db: tuple[float, float]
    layers: list[str]
    operators: int
    of: int
    arena: tuple[int, int] | None
    file: tuple[int, int]
    instructions: int

    def __str__(self) -> str:
        before, now = self.predicted_db
        if not self.operators:
            return f"min_sqnr {self.wanted_db:g} dB: int8 alone gives {now:.1f} dB"
        ram = "" if self.arena is None else f"arena {self.arena[0]:,} → {self.arena[1]:,} B, "
        return (
            f"min_sqnr {self.wanted_db:g} dB: {before:.1f} → {now:.1f} dB by int16 in {self.operators} of {self.of} operators"
            f" ({', '.join(self.layers)}); {ram}file {self.file[0]:,} → {self.file[1]:,} B, "
            f"some {self.instructions:,} instructions more on Cortex-M4"
        )


@dataclass(frozen=True)
class _Made:
    """A model and how it was made."""

    graph: Graph
    predicted: dict[str, float]
    context: PassContext

    @property
    def worst_db(self) -> float:
        return min(self.predicted.values(), default=float("inf"))


def exact_enough(
    float_graph: Graph, context: PassContext, wanted_db: float, predict: Predict
) -> tuple[Graph, dict[str, float], PassContext, Price]:
    """(int8 graph in which as little as possible is int16, its predicted SQNR by output, its context, what it costs more).

    What is int16 is chosen on a simulation; when the model then falls short of ``wanted_db``, it is made again for more.
    Raises AreniteError when sixteen bits wherever there can be any do not reach it.
    """
    if context.quantize != "int8":
        raise AreniteError(
            f"min_sqnr is for quantize='int8', parts of which it gives sixteen bits, not {context.quantize!r}"
        )
    if context.calibration is None:  # trained ranges need no data, this does
        raise CalibrationError(f"min_sqnr (--min-sqnr) is measured on calibration data: {ADVICE}")
    plain = best = _make(float_graph, context, predict)
    rounded, calibration, aim = _constants(plain.context), context.calibration, wanted_db
    if isinstance(calibration, Iterator):
        calibration = plain.context.samples
    for _ in range(ROUNDS):
        if best.worst_db >= wanted_db:
            return best.graph, best.predicted, best.context, _price(plain, best, wanted_db)
        trial = _make(float_graph, replace(context, calibration=calibration, aim_db=aim, rounded=rounded), predict)
        exhausted = len(trial.context.wide) == len(best.context.wide) > 0
        best, aim = trial, aim + wanted_db - trial.worst_db + MARGIN_DB
        if exhausted:
            break
    if best.worst_db >= wanted_db:
        return best.graph, best.predicted, best.context, _price(plain, best, wanted_db)
    raise AreniteError(
        f"min_sqnr {wanted_db:g} dB is out of reach: with {len(best.context.wide)} operators in int16 {best.worst_db:.1f} dB "
        "are predicted; weights keep eight bits, and inputs and outputs their type: with io='float32' or 'int16' (now "
        f"{context.io!r}) they lose less"
    )


def _make(float_graph: Graph, context: PassContext, predict: Predict) -> _Made:
    """The model in a context of its own, which knows what the one given knows."""
    own = replace(
        context,
        log=list(context.log),
        warnings=list(context.warnings),
        stages=list(context.stages),
        float_fallback=list(context.float_fallback),
        wide=set(),
        effects={},
    )
    graph = run_passes(float_graph, own, TARGET)
    return _Made(graph, predict(float_graph, graph, own), own)


def _constants(context: PassContext) -> dict[int, list[np.ndarray | None]]:
    """The operands that the model has as constants, real values, by the operator's place in the float graph."""
    assert context.exact is not None
    places = {twin: place for place, twin in enumerate(context.exact.ops)}
    return {places[twin]: real_operands(op) for op, twin in context.twins.items() if twin in places}


def _price(plain: _Made, made: _Made, wanted_db: float) -> Price:
    wide = [op for op in made.graph.ops if op in made.context.wide]
    files = [bytes(writer.write(graph)) for graph in (plain.graph, made.graph)]
    before, now = (_arena(content) for content in files)
    return Price(
        wanted_db,
        (plain.worst_db, made.worst_db),
        list(dict.fromkeys(op.origin.layer or op.name for op in wide)),
        len(wide),
        len(made.graph.ops),
        None if before is None or now is None else (before, now),
        (len(files[0]), len(files[1])),
        made.context.extra_instructions,
    )


def _arena(content: bytes) -> int | None:
    try:
        from .runtime import Interpreter

        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    except (ImportError, AreniteError):
        return None
    return interpreter.arena_used().used
