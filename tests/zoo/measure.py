"""What becomes of one model: converted, how exact, how much of it integer, and the same of LiteRT's converter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

import arenite
from arenite import reader
from arenite.comparison.engines import arenite_engine
from arenite.comparison.metrics import sqnr_db
from arenite.errors import AreniteError
from arenite.frontend import load_graph
from arenite.graph import Graph

from . import peer
from .registry import Entry
from .weights import called_with, flat, random_inputs, randomize

SCHEMES = ("float32", "int8", "16x8")
CALIBRATION, JUDGED = 100, 50
#: largest float error, as a part of the largest magnitude of the output.
TOLERANCE = 1e-4
#: SQNR of equal outputs, which JSON has no infinity for.
EXACT_DB = 200.0

Facts = dict[str, Any]


@dataclass
class Subject:
    """A built model with its data."""

    entry: Entry
    model: Any
    calibration: list[np.ndarray]
    judged: list[np.ndarray]

    @classmethod
    def make(cls, entry: Entry) -> Subject:
        """The model of ``entry``, the same in every run."""
        keras.utils.clear_session()
        keras.utils.set_random_seed(1)
        model = entry.build()
        draw = entry.samples or (lambda count, seed: random_inputs(model, count, seed))
        calibration, judged = draw(CALIBRATION, 0), draw(JUDGED, 5)
        if not entry.trained:
            randomize(model, calibration)
        return cls(entry, model, calibration, judged)

    @cached_property
    def truth(self) -> list[np.ndarray]:
        """Keras's outputs for the judged inputs."""
        results = self.model(called_with(self.model, self.judged), training=False)
        return [np.asarray(result, np.float32) for result in flat(results)]

    @property
    def layers(self) -> list[str]:
        """Classes of its layers, nested ones too."""
        return sorted({type(layer).__name__ for layer in self.model._flatten_layers()} - {type(self.model).__name__})

    @cached_property
    def graph(self) -> Graph:
        """Our float graph; traced once for all schemes."""
        return load_graph(self.model)

    @cached_property
    def function(self) -> Any:
        return peer.concrete(self.model)


def arenite_facts(subject: Subject, scheme: str) -> tuple[Facts, bytes | None]:
    """Our conversion, run in our interpreter."""
    try:
        graph = subject.graph
        options = {} if scheme == "float32" else {"calibration": subject.calibration, "allow_float_fallback": True}
        result = arenite.convert(graph, None if scheme == "float32" else scheme, **options)
    except AreniteError as error:
        return {"converted": False, "why": _gist(error)}, None
    facts: Facts = {"converted": True, "bytes": len(result.content), "operators": len(result.graph.ops)}
    facts["floats"] = float_operators(result.graph) if scheme != "float32" else []
    facts["float_reasons"] = result.report.float_fallback
    if result.report.arena is None:
        return {**facts, "why": result.report.arena_note}, result.content
    engine = arenite_engine(result.content)
    facts |= closeness(subject.truth, engine.real(engine.run(subject.judged)))
    return facts, result.content


def litert_facts(subject: Subject, scheme: str) -> tuple[Facts, bytes | None]:
    """LiteRT's conversion, run in LiteRT's reference kernels."""
    try:
        content = peer.convert(subject.function, scheme, subject.calibration)
    except Exception as error:  # its converter raises what MLIR and its calibrator raise
        return {"converted": False, "why": _gist(error)}, None
    facts: Facts = {"converted": True, "bytes": len(content)}
    try:
        graph = reader.read(content)
        facts["operators"] = sum(len(part.ops) for part in graph.subgraphs())
        facts["floats"] = float_operators(graph) if scheme != "float32" else []
    except AreniteError as error:
        facts |= {"floats": [], "unread": _gist(error)}
    try:
        facts |= closeness(subject.truth, peer.run(content, subject.judged))
    except (RuntimeError, ValueError, KeyError) as error:
        facts["why"] = f"LiteRT does not run it: {_gist(error)}"
    return facts, content


def closeness(truth: list[np.ndarray], results: list[np.ndarray]) -> Facts:
    """SQNR in dB of the worst output, and the largest error as a part of the output's largest magnitude."""
    pairs = list(zip(truth, results, strict=True))
    shaped = [(t.astype(np.float64), r.astype(np.float64).reshape(t.shape)) for t, r in pairs]
    ratios = [min(sqnr_db(t, r), EXACT_DB) for t, r in shaped]
    errors = [float(np.abs(t - r).max() / max(np.abs(t).max(), 1e-9)) for t, r in shaped]
    return {"sqnr_db": round(min(ratios), 2), "error": float(f"{max(errors):.3g}")}


def float_operators(graph: Graph) -> list[str]:
    """Names of operators that read or write computed floats, once each."""
    computed = {
        op.name
        for part in graph.subgraphs()
        for op in part.ops
        if any(v is not None and not v.is_constant and v.dtype == "float32" for v in (*op.inputs, *op.outputs))
    }
    return sorted(computed)


def _gist(error: Exception) -> str:
    """What it says, in one line and without places of this machine."""
    text = str(error)
    if missing := re.search(r"T[FL][A-Z a-z]* ops: [^\n]+", text):
        return f"no TFLite operator: {missing[0]}"
    text = re.sub(r"\S*/(\S+/)+\S*:\d+(:\d+)*:?|\S*site-packages/\S+", "", text)
    return " ".join(text.split())[:300] or type(error).__name__
