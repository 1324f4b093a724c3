"""Recurrent Keras layers: whole in the graph, Keras's numbers in float, and close to them in int8 and 16x8."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from frontend.conftest import randomize

import arenite
from arenite.evaluate import evaluate
from arenite.frontend import load_graph
from arenite.graph import STATELESS, Graph

keras = pytest.importorskip("keras")
L = keras.layers


class Last(L.Layer):
    """Uses the hidden state that a layer returns."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = L.LSTM(4, return_sequences=True, return_state=True)

    def call(self, x: Any) -> Any:
        y, h, _ = self.inner(x)
        return keras.ops.concatenate([keras.ops.mean(y, axis=1), h], axis=1)


class Cell(L.Layer):
    """A cell of the user's."""

    def __init__(self) -> None:
        super().__init__()
        self.units = self.state_size = self.output_size = 4
        self.own, self.back = L.Dense(4), L.Dense(4, use_bias=False)

    def build(self, shape: Any) -> None:
        self.own.build(shape)
        self.back.build((shape[0], 4))

    def call(self, x: Any, states: Any) -> Any:
        y = keras.ops.relu(self.own(x) - self.back(states[0]))
        return y, [y]


def both_ways(layer: Any, **options: Any) -> Any:
    return L.Bidirectional(layer(3, return_sequences=True), **options)


def cells() -> list[Any]:
    return [L.LSTMCell(4), L.GRUCell(3), L.SimpleRNNCell(5, dropout=0.2)]


#: what one operator computes
WHOLE: dict[str, Callable[[], Any]] = {
    "lstm": lambda: L.LSTM(4),
    "lstm of all steps": lambda: L.LSTM(4, return_sequences=True),
    "lstm backwards": lambda: L.LSTM(4, return_sequences=True, go_backwards=True),
    "lstm unrolled": lambda: L.LSTM(4, unroll=True),
    "lstm with dropout": lambda: L.LSTM(4, use_bias=False, dropout=0.5, recurrent_dropout=0.5),
    "gru": lambda: L.GRU(4),
    "gru with the reset before": lambda: L.GRU(4, reset_after=False, return_sequences=True),
    "gru without bias": lambda: L.GRU(4, use_bias=False, go_backwards=True),
    "simple": lambda: L.SimpleRNN(4),
    "simple backwards": lambda: L.SimpleRNN(4, go_backwards=True, return_sequences=True, use_bias=False),
    "simple with relu": lambda: L.SimpleRNN(4, activation="relu"),
    "simple and linear": lambda: L.SimpleRNN(4, activation=None),
    "both directions of gru": lambda: both_ways(L.GRU),
    "both directions, multiplied": lambda: both_ways(L.SimpleRNN, merge_mode="mul"),
    "both directions, averaged": lambda: both_ways(L.LSTM, merge_mode="ave"),
    "two results": lambda: both_ways(L.LSTM, merge_mode=None),
    "two kinds": lambda: both_ways(L.LSTM, backward_layer=L.GRU(5, return_sequences=True, go_backwards=True)),
    "last of both directions": lambda: L.Bidirectional(L.LSTM(3), merge_mode="sum"),
    "lstm and its state": lambda: Last(),
    "gru and its state": lambda: L.GRU(4, return_state=True),
    "a cell": lambda: L.RNN(L.GRUCell(4), return_sequences=True),
    "cells above each other": lambda: L.RNN(cells(), return_sequences=True, go_backwards=True),
    "states of cells": lambda: L.RNN([L.GRUCell(4), L.SimpleRNNCell(3)], return_state=True),
}
#: what is computed step by step
UNROLLED: dict[str, Callable[[], Any]] = {
    "activation": lambda: L.GRU(4, recurrent_activation="hard_sigmoid"),
    "activation of lstm": lambda: L.LSTM(4, activation="relu", return_sequences=True),
    "cell of the user's": lambda: L.RNN(Cell(), return_sequences=True, go_backwards=True),
    "lstm and its cell state": lambda: L.LSTM(4, return_state=True, return_sequences=True),
    "convolutions": lambda: keras.Sequential([L.Reshape((3, 6, 1)), L.ConvLSTM1D(2, 3)]),
}


def model_of(layer: Any, **options: Any) -> Any:
    x = keras.Input((6, 3), **options)
    return keras.Model(x, layer(x))


@pytest.mark.parametrize("what", WHOLE)
def test_float_graph(what: str, against_keras: Callable[..., Graph]) -> None:
    graph = against_keras(model_of(WHOLE[what]()))
    recurrent = [op for op in graph.ops if op.keeps_state]
    assert recurrent and all(op.attrs[STATELESS] for op in recurrent)


@pytest.mark.parametrize("what", UNROLLED)
def test_layer_that_no_operator_computes(what: str, against_keras: Callable[..., Graph]) -> None:
    graph = against_keras(model_of(UNROLLED[what]()))
    assert not any(op.keeps_state for op in graph.ops)


def masked(layer: Any) -> Any:
    return keras.Sequential([L.Masking(0.0), layer])


@pytest.mark.parametrize("layer", [L.LSTM, L.GRU, L.SimpleRNN])
@pytest.mark.parametrize("zeros", [False, True])
def test_masked_steps(layer: Callable[..., Any], zeros: bool) -> None:
    """In the middle, at the ends, and all of them; whole unless masked outputs are zeros."""
    model = randomize(model_of(masked(both_ways(layer))))
    for part in model.layers[1].layers[1].forward_layer, model.layers[1].layers[1].backward_layer:
        part.zero_output_for_mask = zeros
    graph = load_graph(model)
    assert any(op.keeps_state for op in graph.ops) != zeros
    x = np.random.default_rng(0).standard_normal((5, 6, 3)).astype(np.float32)
    for entry, steps in enumerate(([], [0, 1], [2, 4], [5], range(6))):
        x[entry, list(steps)] = 0
        (y,) = evaluate(graph, [x[entry : entry + 1]])
        np.testing.assert_allclose(y, model(x[entry : entry + 1]), atol=1e-5)


def test_masked_steps_in_integers() -> None:
    x = keras.Input((6, 3))
    model = keras.Model(x, L.SimpleRNN(4)(L.GRU(5, return_sequences=True)(both_ways(L.LSTM)(L.Masking()(x)))))
    randomize(model)
    samples = np.random.default_rng(1).standard_normal((40, 6, 3)).astype(np.float32)
    samples[::2, 4:] = samples[::3, 1] = 0
    converted = arenite.convert(model, quantize="int8", calibration=samples, io="float32")
    expected = np.asarray(model(samples))
    noise = np.square(run(converted.content, samples) - expected).sum()
    assert 10 * np.log10(np.square(expected).sum() / noise) > 28


def test_padding_of_words(against_keras: Callable[..., Graph]) -> None:
    words = keras.Input((6,), dtype="int32")
    model = randomize(keras.Model(words, L.LSTM(4)(L.Embedding(9, 3, mask_zero=True)(words))))
    graph = load_graph(model)
    for x in ([[3, 5, 8, 0, 0, 0]], [[1, 0, 2, 4, 4, 4]], [[0] * 6]):
        (y,) = evaluate(graph, [np.array(x, np.int32)])
        np.testing.assert_allclose(y, model(np.array(x)), atol=1e-5)


def continued(x: Any, y: Any) -> Any:
    """Decoder behind encoder."""
    return L.LSTM(4, return_sequences=True)(y, initial_state=L.LSTM(4, return_state=True)(x)[1:])


@pytest.mark.parametrize(
    ("call", "shapes"),
    [
        (continued, [(6, 3), (5, 2)]),
        (lambda x, h: L.GRU(4)(x, initial_state=h), [(6, 3), (4,)]),
        (lambda x, h: L.SimpleRNN(4, return_state=True)(x, initial_state=h), [(6, 3), (4,)]),
        (lambda x, h, c: L.LSTM(4, return_state=True)(x, initial_state=[h, c]), [(1, 3), (4,), (4,)]),
    ],
    ids=["decoder", "gru", "simple", "one step"],
)
def test_given_initial_state(
    call: Callable[..., Any], shapes: list[tuple[int, ...]], against_keras: Callable[..., Graph]
) -> None:
    inputs = [keras.Input(shape) for shape in shapes]
    against_keras(keras.Model(inputs, call(*inputs)))


@pytest.mark.parametrize("layer", [lambda: L.Dense(4), lambda: L.Conv1D(4, 2), lambda: L.LSTM(4)])
def test_time_distributed_layers_run_once(layer: Callable[[], Any], against_keras: Callable[..., Graph]) -> None:
    x = keras.Input((5, 4, 3))
    graph = against_keras(keras.Model(x, L.TimeDistributed(layer())(x)))
    assert sum(op.name not in ("reshape", "strided_slice") for op in graph.ops) == 1


def test_reversed_sequences(against_keras: Callable[..., Graph]) -> None:
    import tensorflow as tf

    graph = against_keras(model_of(L.Lambda(lambda x: tf.reverse_sequence(x, [4], seq_axis=1, batch_axis=0))))
    assert [op.name for op in graph.ops] == ["reverse_sequence"]


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


@pytest.mark.parametrize(
    "layer", [L.LSTM, L.GRU, gru_before, L.SimpleRNN], ids=["lstm", "gru", "reset before", "simple"]
)
@pytest.mark.parametrize(("quantize", "decibel"), [("int8", 30), ("16x8", 38)])
def test_quantized(quantize: str, decibel: float, layer: Callable[..., Any]) -> None:
    """No state is left from one sample to the next."""
    x = keras.Input((6, 3))
    model = randomize(keras.Model(x, layer(4)(L.Bidirectional(layer(5, return_sequences=True))(x))))
    samples = np.random.default_rng(1).standard_normal((40, 6, 3)).astype(np.float32)
    converted = arenite.convert(model, quantize=quantize, calibration=samples, io="float32")
    expected = np.asarray(model(samples))
    results = run(converted.content, samples)
    noise = np.square(results - expected).sum()
    assert 10 * np.log10(np.square(expected).sum() / noise) > decibel
    np.testing.assert_array_equal(run(converted.content, samples[::-1]), results[::-1])


@pytest.mark.parametrize("layer", [L.LSTM, L.GRU, L.SimpleRNN])
def test_a_stateful_layer_goes_on_where_it_stopped(layer: Callable[..., Any]) -> None:
    model = randomize(model_of(layer(4, stateful=True), batch_size=1))
    model.layers[-1].reset_states()
    content = arenite.convert(model).content
    samples = np.random.default_rng(1).standard_normal((3, 6, 3)).astype(np.float32)
    expected = [np.asarray(model(sample[None]))[0] for sample in samples]
    np.testing.assert_allclose(run(content, samples), expected, atol=1e-5)


@pytest.mark.parametrize("layer", [L.LSTM, L.GRU, L.SimpleRNN])
def test_dynamic_range(layer: Callable[..., Any]) -> None:
    x = keras.Input((6, 24))
    model = randomize(keras.Model(x, layer(24)(x)))
    content = arenite.convert(model, quantize="dynamic").content
    (op,) = [op for op in arenite.reader.read(content).ops if op.keeps_state]
    assert op.operand(1).dtype == op.operand(2).dtype == "int8" and op.output.dtype == "float32"
    samples = np.random.default_rng(1).standard_normal((10, 6, 24)).astype(np.float32)
    expected = np.asarray(model(samples))
    noise = np.square(run(content, samples) - expected).sum()
    assert 10 * np.log10(np.square(expected).sum() / noise) > 30


def test_a_file_says_whether_state_is_kept() -> None:
    content = arenite.convert(randomize(model_of(L.LSTM(4)))).content
    graph = arenite.reader.read(content)
    assert [op.attrs.get(STATELESS) for op in graph.ops if op.keeps_state] == [True]
    assert arenite.writer.write(graph) == content
