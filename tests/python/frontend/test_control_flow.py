"""Branches, loops and variables: resolved where the data does not decide, else subgraphs; TensorFlow's numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from several_runs import allocated, compare, run

import arenite
from arenite.errors import UnsupportedError
from arenite.graph import Graph

pytest.importorskip("tensorflow")
import keras
import tensorflow as tf
from keras import Input, ops
from keras import layers as L

from arenite.frontend import control_flow, load_graph

RNG = np.random.default_rng(0)
ROWS = [RNG.normal(size=(1, 4)).astype(np.float32) for _ in range(4)] + [-np.ones((1, 4), np.float32)]
WEIGHTS = (RNG.normal(size=(4, 4)) / 3).astype(np.float32)


def function(body: Callable[..., Any]) -> Any:
    return tf.function(body, input_signature=[tf.TensorSpec((1, 4), name="x")])


def same(model: Any, truth: Callable[[Any], Any], feeds: Sequence[np.ndarray], engines: Sequence[str] = ()) -> Graph:
    """Several runs give TensorFlow's numbers, and in the peers our bytes."""
    graph = load_graph(model)
    content = arenite.convert(graph).content
    interpreter = allocated(content)
    for x in feeds:
        results = run(interpreter, [x])
        for result, expected in zip(results, tf.nest.flatten(truth(x)), strict=True):
            np.testing.assert_allclose(result, np.asarray(expected), rtol=1e-5, atol=1e-5)
    if engines:
        compare(content, [[x] for x in feeds], engines)
    return graph


def names(graph: Graph) -> list[str]:
    return [op.name for op in graph.ops]


# --- branches -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "other",
    [lambda x: tf.nn.relu(x) - 3, lambda x: x, lambda x: tf.ones((1, 4))],
    ids=["computed", "input", "constant"],
)
def test_a_branch_on_data(other: Callable[[Any], Any]) -> None:
    branch = function(lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x @ WEIGHTS, lambda: other(x)))
    graph = same(branch, branch, ROWS, ("tflm", "litert"))
    assert names(graph)[-1] == "if" and len(graph.subgraphs()) == 3


def test_a_branch_that_is_known_is_taken() -> None:
    training = tf.constant(False)
    graph = load_graph(function(lambda x: tf.cond(training, lambda: x * 2.0, lambda: tf.nn.relu(x))))
    assert names(graph) == ["relu"]


def test_a_number_as_condition() -> None:
    def choose(x: Any) -> Any:
        if_ = tf.raw_ops.StatelessIf
        spec = [tf.TensorSpec((1, 4))]
        branches = [
            tf.function(f, input_signature=spec).get_concrete_function() for f in (tf.nn.relu, tf.math.negative)
        ]
        return if_(cond=x[0, 0], input=[x], Tout=[tf.float32], then_branch=branches[0], else_branch=branches[1])[0]

    graph = same(function(choose), lambda x: tf.nn.relu(x) if x[0, 0] else -x, [*ROWS, np.zeros((1, 4), np.float32)])
    assert names(graph)[-2:] == ["not_equal", "if"]


# --- loops ----------------------------------------------------------------------------------------------------------
def counted(rounds: int) -> Any:
    return function(lambda x: tf.while_loop(lambda i, y: i < rounds, lambda i, y: (i + 1, y * 0.5 + 1.0), [0, x])[1])


def test_a_short_loop_is_unrolled() -> None:
    assert names(same(counted(3), counted(3), ROWS[:2])) == ["mul", "add"] * 3


def test_a_long_loop_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_flow, "MAX_UNROLLED", 9)
    graph = same(counted(7), counted(7), ROWS[:2], ("tflm", "litert"))
    assert names(graph) == ["while"] and len(graph.subgraphs()) == 3


def test_a_loop_on_data() -> None:
    """With weights and a threshold that TensorFlow hands from round to round: constants inside of the subgraphs here."""
    limit, weights = tf.constant(40.0), tf.constant(np.abs(WEIGHTS))
    until = function(
        lambda x: tf.while_loop(lambda y: tf.reduce_sum(y) < limit, lambda y: [tf.abs(y) @ weights + y + 1.0], [x])[0]
    )
    graph = same(until, until, ROWS, ("tflm", "litert"))
    loop = next(op for op in graph.ops if op.name == "while")
    body = loop.attrs["body_subgraph_index"]
    assert [value.shape for value in body.inputs].count((4, 4)) == 0
    assert any(value.is_constant and value.shape == (4, 4) for value in body.values())


def test_a_branch_in_a_loop_in_a_layer() -> None:
    class Search(L.Layer):
        def call(self, x: Any) -> Any:
            def step(y: Any) -> Any:
                return ops.cond(ops.max(y) > 2.0, lambda: y * 0.5 + 0.25, lambda: y + 1.0)

            return ops.while_loop(lambda y: ops.sum(y) < 6.5, lambda y: (step(y),), (x,))[0]

    model = keras.Sequential([Input((4,)), Search(name="search"), L.Dense(2)])
    graph = same(model, model, ROWS, ("tflm",))
    assert [part.name for part in graph.subgraphs()][1:] == [
        "search/while_cond", "search/while_body", "search/if_then", "search/if_else",
    ]  # fmt: skip


def test_a_loop_whose_shape_changes_is_refused() -> None:
    def grow(x: Any) -> Any:
        loop = tf.while_loop(
            lambda y: tf.reduce_sum(y) < 9.0, lambda y: [tf.concat([y, y], 0)], [x], [tf.TensorShape([None, 4])]
        )
        return loop[0]

    with pytest.raises(UnsupportedError, match=r"uses TensorFlow While: its rounds give .*one type and one shape"):
        load_graph(function(grow))


# --- layers that arrive as loops over lists ---------------------------------------------------------------------------
LISTS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "stacked cells": (lambda: L.RNN(L.StackedRNNCells([L.LSTMCell(3), L.GRUCell(2)])), (4, 3)),
    "convolutional": (lambda: L.ConvLSTM2D(2, 2, return_sequences=True), (3, 4, 4, 1)),
    "own cell, backwards": (lambda: L.RNN(L.GRUCell(3), return_sequences=True, go_backwards=True), (4, 3)),
}


@pytest.mark.parametrize("name", LISTS)
def test_recurrent_layers_without_an_operator_are_unrolled(name: str) -> None:
    make, shape = LISTS[name]
    model = keras.Sequential([Input(shape), make()])
    for variable in model.variables:
        variable.assign(RNG.normal(0, 0.4, variable.shape))
    graph = same(model, model, [RNG.normal(size=(1, *shape)).astype(np.float32) for _ in range(2)])
    assert "while" not in names(graph) and len(graph.subgraphs()) == 1


def test_gathering_rows_in_a_list() -> None:
    """TensorArray: written at places and at the end, its length asked."""

    def gather(x: Any) -> Any:
        rows = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=(1, 4))
        for i in tf.range(3):
            rows = rows.write(i, x * tf.cast(i + 1, tf.float32))
        return rows.stack() * tf.cast(rows.size(), tf.float32)

    written = function(tf.autograph.to_graph(gather))
    assert "while" not in names(same(written, written, ROWS[:1]))


# --- variables ------------------------------------------------------------------------------------------------------
class Total(tf.Module):
    """Adds what it sees; the second variable counts, the third never changes."""

    def __init__(self) -> None:
        self.total = tf.Variable(tf.ones((1, 4)) * 5, name="total")
        self.count = tf.Variable(0.0, name="count")
        self.scale = tf.Variable(2.0, name="scale")

    @tf.function(input_signature=[tf.TensorSpec((1, 4), name="x")])
    def step(self, x: Any) -> Any:
        self.total.assign_add(x * self.scale)
        self.count.assign(self.count + 1.0)
        before = self.total + 0.0
        self.total.assign_sub(x)
        return before, self.total / self.count


def test_variables_that_the_model_changes() -> None:
    model, truth = Total(), Total()
    graph = same(model.step, truth.step, ROWS, ("tflm", "litert"))
    handles = [op.attrs["shared_name"] for op in graph.ops if op.name == "var_handle"]
    assert sorted(handles) == ["count", "total"]
    assert graph.ops[0].name == "call_once"


def test_a_variable_in_a_branch() -> None:
    class Gated(tf.Module):
        def __init__(self) -> None:
            self.level = tf.Variable(tf.ones((1, 4)), name="level")

        @tf.function(input_signature=[tf.TensorSpec((1, 4), name="x")])
        def step(self, x: Any) -> Any:
            def learn() -> Any:
                self.level.assign(self.level * 0.5 + x)
                return self.level.read_value()

            return tf.cond(tf.reduce_sum(x) > 0, learn, lambda: self.level + 0.0)

    model, truth = Gated(), Gated()
    same(model.step, truth.step, ROWS, ("tflm",))


def test_a_layer_with_state() -> None:
    class Smooth(L.Layer):
        def build(self, _: Any) -> None:
            self.level = self.add_weight(shape=(1, 4), initializer="ones", trainable=False, name="level")

        def call(self, x: Any) -> Any:
            self.level.assign(self.level * 0.75 + x * 0.25)
            return ops.relu(self.level + 0.0)

    def model() -> Any:
        return keras.Sequential([Input((4,), batch_size=1), Smooth(name="smooth")])

    graph = same(model(), model(), ROWS, ("tflm",))
    assert [op.attrs["shared_name"] for op in graph.ops if op.name == "var_handle"] == ["smooth/level"]


def test_a_stateful_layer_that_is_unrolled() -> None:
    def model() -> Any:
        made = keras.Sequential([Input((1, 3), batch_size=1), L.RNN(L.LSTMCell(2), stateful=True)])
        for variable in made.variables:
            variable.assign(np.linspace(-0.5, 0.5, variable.shape.num_elements()).reshape(variable.shape))
        return made

    feeds = [RNG.normal(size=(1, 1, 3)).astype(np.float32) for _ in range(3)]
    same(model(), model(), feeds, ("tflm",))
