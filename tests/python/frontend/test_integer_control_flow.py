"""Keras models with loops, branches and state become integer models, without a float operator and near to Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from several_runs import allocated, compare, run

import arenite
from arenite.graph import Graph

pytest.importorskip("tensorflow")
import keras
from keras import Input, ops
from keras import layers as L

from arenite.frontend import control_flow


class Settle(L.Layer):
    """A recurrent cell, again and again."""

    def build(self, shape: Any) -> None:
        self.w = self.add_weight(shape=(shape[-1], 8), name="w")
        self.u = self.add_weight(shape=(8, 8), initializer="orthogonal", name="u")

    def call(self, x: Any) -> Any:
        z = ops.matmul(x, self.w)

        def cell(i: Any, h: Any) -> Any:
            return i + 1, ops.tanh(0.9 * ops.matmul(h, self.u) + z)

        return ops.while_loop(lambda i, h: i < 12, cell, (0, ops.zeros_like(z)))[1]


class Grow(L.Layer):
    """As many rounds as the data needs, thirty at most."""

    def call(self, x: Any) -> Any:
        def short(i: Any, y: Any) -> Any:
            return ops.logical_and(i < 30, ops.max(y) < 8.0)

        return ops.while_loop(short, lambda i, y: (i + 1, y * 1.25 + 0.5), (0, x))[1]


class Gate(L.Layer):
    """One of two layers."""

    def build(self, shape: Any) -> None:
        self.wide, self.narrow = L.Dense(6, activation="relu"), L.Dense(6, activation="tanh")
        self.wide.build(shape)
        self.narrow.build(shape)

    def call(self, x: Any) -> Any:
        return ops.cond(ops.max(x) > 1.0, lambda: self.wide(x), lambda: self.narrow(x))


class Either(L.Layer):
    """One of two recurrent layers, which start anew in each sample."""

    def build(self, shape: Any) -> None:
        self.forth, self.back = L.LSTM(4), L.LSTM(4, go_backwards=True)
        self.forth.build(shape)
        self.back.build(shape)

    def call(self, x: Any) -> Any:
        return ops.cond(ops.mean(x) > 0.0, lambda: self.forth(x), lambda: self.back(x))


class Steps(L.Layer):
    """A cell over the steps of a sequence, one by one."""

    def build(self, shape: Any) -> None:
        self.steps, self.cell = shape[1], L.GRUCell(6)
        self.cell.build((1, shape[-1]))

    def call(self, x: Any) -> Any:
        def step(i: Any, h: Any) -> Any:
            return i + 1, self.cell(ops.take(x, i, axis=1), [h])[0]

        return ops.while_loop(lambda i, h: i < self.steps, step, (0, ops.zeros((1, 6))))[1]


class Smooth(L.Layer):
    """A mean that moves from sample to sample."""

    def build(self, shape: Any) -> None:
        self.level = self.add_weight(shape=(1, shape[-1]), initializer="ones", trainable=False, name="level")

    def call(self, x: Any) -> Any:
        self.level.assign(self.level * 0.75 + x * 0.25)
        return self.level + 0.0


#: name → layer, shape of a sample, least SQNR in int8 and 16x8, who gives the same bytes in int8
MODELS: dict[str, tuple[Callable[[], Any], tuple[int, ...], tuple[float, float], tuple[str, ...]]] = {
    "settle": (Settle, (4,), (25, 44), ("tflm",)),
    "grow": (Grow, (4,), (14, 40), ("tflm", "litert")),
    "gate": (Gate, (4,), (25, 40), ("tflm", "litert")),
    "either": (Either, (5, 3), (22, 36), ()),
    "steps": (Steps, (9, 3), (26, 44), ("litert",)),  # TFLite Micro has no SELECT_V2 of int32
    "smooth": (Smooth, (4,), (25, 36), ("tflm", "litert")),
}


def model(name: str) -> Any:
    make, shape, _, _ = MODELS[name]
    keras.utils.set_random_seed(1)
    return keras.Sequential([Input(shape, batch_size=1), make(), L.Dense(3)])


def floats(graph: Graph) -> list[str]:
    """Operators that compute in float32."""
    ops_ = [op for part in graph.subgraphs() for op in part.ops]
    real = [op.name for op in ops_ if any(v and v.dtype == "float32" for v in (*op.inputs, *op.outputs))]
    return [name for name in real if name not in ("quantize", "dequantize")]


def test_comparison_runs_samples_one_by_one_where_keras_does(tmp_path: Path) -> None:
    """A branch decides for a batch, and a variable goes from sample to sample."""
    rows = np.random.default_rng(1).normal(size=(150, 4)).astype(np.float32)
    for name in ("gate", "smooth"):
        file = tmp_path / "model.tflite"
        arenite.convert(model(name), "int8", rows).save(file)
        compared = arenite.compare(model(name), file, rows[:20], peers=[])
        assert compared.engines[0].sqnr_db > 25


@pytest.mark.parametrize("scheme", ["int8", "16x8"])
@pytest.mark.parametrize("name", MODELS)
def test_integer_throughout_and_near_to_keras(name: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_flow, "MAX_UNROLLED", 8)
    _, shape, least, engines = MODELS[name]
    rng = np.random.default_rng(4)
    samples, unseen = (rng.normal(size=(n, 1, *shape)).astype(np.float32) for n in (200, 20))
    converted = arenite.convert(model(name), scheme, samples[:, 0], io="float32")
    assert {"if", "while", "read_variable"} & set(converted.report.operators)
    assert floats(converted.graph) == [] and converted.report.float_fallback == []
    truth_model, interpreter = model(name), allocated(converted.content)
    truth = np.stack([np.asarray(truth_model(x)) for x in unseen])
    result = np.stack([run(interpreter, [x])[0] for x in unseen])
    sqnr = 10 * np.log10(np.square(truth).sum() / np.square(truth - result).sum())
    assert sqnr > least[scheme == "16x8"]
    if scheme == "int8":
        compare(converted.content, [[x] for x in unseen[:4]], engines)
