"""Recurrent Keras layers: whole in the graph, Keras's numbers in float, and close to them in int8 and 16x8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from frontend.conftest import randomize

import arenite
from arenite.graph import STATELESS, Graph

keras = pytest.importorskip("keras")
L = keras.layers

LAYERS: dict[str, Callable[[], Any]] = {
    "lstm": lambda: L.LSTM(4),
    "lstm of all steps": lambda: L.LSTM(4, return_sequences=True),
    "lstm backwards": lambda: L.LSTM(4, return_sequences=True, go_backwards=True),
    "lstm unrolled": lambda: L.LSTM(4, unroll=True),
    "lstm without bias": lambda: L.LSTM(4, use_bias=False),
    "gru": lambda: L.GRU(4),
    "gru with the reset before": lambda: L.GRU(4, reset_after=False, return_sequences=True),
    "gru without bias": lambda: L.GRU(4, use_bias=False, go_backwards=True),
    "both directions of gru": lambda: L.Bidirectional(L.GRU(3, return_sequences=True)),
    "both directions": lambda: L.Bidirectional(L.LSTM(3, return_sequences=True)),
    "last of both directions": lambda: L.Bidirectional(L.LSTM(3), merge_mode="sum"),
    "lstm and its state": lambda: Last(),
}


class Last(L.Layer):
    """Uses the hidden state that a layer returns."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = L.LSTM(4, return_sequences=True, return_state=True)

    def call(self, x: Any) -> Any:
        y, h, _ = self.inner(x)
        return keras.ops.concatenate([keras.ops.mean(y, axis=1), h], axis=1)


def model_of(layer: Any, **options: Any) -> Any:
    return keras.Sequential([keras.Input((6, 3), **options), layer])


@pytest.mark.parametrize("what", LAYERS)
def test_float_graph(what: str, against_keras: Callable[..., Graph]) -> None:
    graph = against_keras(model_of(LAYERS[what]()))
    recurrent = [op for op in graph.ops if op.keeps_state]
    assert recurrent and all(op.attrs[STATELESS] for op in recurrent)


def run(content: bytes, samples: np.ndarray) -> np.ndarray:
    """Each sample in turn in one interpreter."""
    interpreter = arenite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    x, y = (details[0]["index"] for details in (interpreter.get_input_details(), interpreter.get_output_details()))
    results = []
    for sample in samples:
        interpreter.set_tensor(x, sample[None])
        interpreter.invoke()
        results.append(interpreter.get_tensor(y)[0].copy())
    return np.array(results)


def gru_before(units: int, **options: Any) -> Any:
    return L.GRU(units, reset_after=False, **options)


@pytest.mark.parametrize("layer", [L.LSTM, L.GRU, gru_before], ids=["lstm", "gru", "gru with the reset before"])
@pytest.mark.parametrize(("quantize", "decibel"), [("int8", 30), ("16x8", 38)])
def test_quantized(quantize: str, decibel: float, layer: Callable[..., Any]) -> None:
    """No state is left from one sample to the next."""
    model = randomize(model_of(L.Bidirectional(layer(5, return_sequences=True))))
    model.add(layer(4))
    randomize(model)
    samples = np.random.default_rng(1).standard_normal((40, 6, 3)).astype(np.float32)
    converted = arenite.convert(model, quantize=quantize, calibration=samples, io="float32")
    expected = np.asarray(model(samples))
    results = run(converted.content, samples)
    noise = np.square(results - expected).sum()
    assert 10 * np.log10(np.square(expected).sum() / noise) > decibel
    np.testing.assert_array_equal(run(converted.content, samples[::-1]), results[::-1])


@pytest.mark.parametrize("layer", [L.LSTM, L.GRU])
def test_a_stateful_layer_goes_on_where_it_stopped(layer: Callable[..., Any]) -> None:
    model = randomize(model_of(layer(4, stateful=True), batch_size=1))
    model.layers[-1].reset_states()
    content = arenite.convert(model).content
    samples = np.random.default_rng(1).standard_normal((3, 6, 3)).astype(np.float32)
    expected = [np.asarray(model(sample[None]))[0] for sample in samples]
    np.testing.assert_allclose(run(content, samples), expected, atol=1e-5)


def test_a_file_says_whether_state_is_kept() -> None:
    content = arenite.convert(randomize(model_of(L.LSTM(4)))).content
    graph = arenite.reader.read(content)
    assert [op.attrs.get(STATELESS) for op in graph.ops if op.keeps_state] == [True]
    assert arenite.writer.write(graph) == content
