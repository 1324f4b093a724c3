"""Every operator knows the layer that it comes from, and tracing leaves the user's model as it was."""

from __future__ import annotations

from typing import Any

import pytest

from arenite.errors import ModelError
from arenite.graph import Graph

pytest.importorskip("tensorflow")
import keras
import numpy as np
from keras import Input, Model, ops
from keras import layers as L

from arenite.frontend import load_graph


def layers_of(graph: Graph) -> list[tuple[str, str, str]]:
    return [(op.name, op.origin.layer, op.origin.cls) for op in graph.ops]


def block(name: str) -> Model:
    source = Input((6,))
    return Model(source, L.BatchNormalization(name="norm")(L.Dense(6, "relu", name="dense")(source)), name=name)


def test_functional() -> None:
    source = Input((6, 6, 2))
    x = L.Conv2D(2, 3, activation="relu", name="first")(source)
    x = L.GlobalAveragePooling2D(name="pool")(x)
    assert layers_of(load_graph(Model(source, L.Dense(2, name="last")(x)))) == [
        ("conv_2d", "first", "Conv2D"),
        ("relu", "first", "Conv2D"),
        ("mean", "pool", "GlobalAveragePooling2D"),
        ("fully_connected", "last", "Dense"),
    ]


def test_nested_models_give_paths() -> None:
    """Each inner model's layers under its own name, though they are called alike."""
    outer = keras.Sequential([Input((6,)), block("one"), keras.Sequential([block("two")], name="deep")])
    expected = [
        (op, f"{path}/{layer}", cls)
        for path in ("one", "deep/two")
        for op, layer, cls in [
            ("fully_connected", "dense", "Dense"),
            ("relu", "dense", "Dense"),
            ("mul", "norm", "BatchNormalization"),
            ("add", "norm", "BatchNormalization"),
        ]
    ]
    graph = load_graph(randomized(outer))
    assert layers_of(graph) == expected
    assert graph.ops[0].output.name == "one/dense/fully_connected"


def test_shared_layer_owns_both_uses() -> None:
    left, right, shared = Input((4,)), Input((4,)), L.Dense(4, name="shared")
    graph = load_graph(Model([left, right], L.Add(name="sum")([shared(left), shared(right)])))
    assert layers_of(graph) == [
        ("fully_connected", "shared", "Dense"),
        ("fully_connected", "shared", "Dense"),
        ("add", "sum", "Add"),
    ]


def test_grouped_convolution_inside_a_call() -> None:
    """TensorFlow wraps it into a function, whose operations have no layer of their own."""
    model = keras.Sequential([Input((6, 6, 4)), L.Conv2D(4, 3, groups=2, name="groups")])
    assert layers_of(load_graph(model)) == [("conv_2d", "groups", "Conv2D")]


class Subclassed(Model):
    def __init__(self) -> None:
        super().__init__(name="mine")
        self.parts = [L.Dense(3, name="inner")]

    def call(self, x: Any) -> Any:
        return ops.relu(self.parts[0](x))


def test_subclassed_model_with_lines() -> None:
    graph = load_graph(Subclassed(), shapes={"x": (1, 4)})
    line = f"test_origins.py:{Subclassed.call.__code__.co_firstlineno + 1}"
    dense, relu = graph.ops
    assert (dense.origin.layer, dense.origin.cls, dense.origin.where) == ("inner", "Dense", line)
    assert (relu.origin.layer, relu.origin.cls, relu.origin.where) == ("mine", "Subclassed", line)


def test_a_layer_of_a_functional_model_has_no_line() -> None:
    """The only line of the user's on the stack is the one that asked for the conversion."""
    assert {op.origin.where for op in load_graph(block("b")).ops} == {""}


def test_the_model_is_left_alone() -> None:
    model = block("b")
    model(np.zeros((1, 6)))
    calls = {layer.name: layer.call for layer in model.layers}
    attributes = {layer.name: set(vars(layer)) for layer in [model, *model.layers]}
    weights = [variable.numpy() for variable in model.variables]
    load_graph(model)
    assert {layer.name: layer.call for layer in model.layers} == calls
    assert {layer.name: set(vars(layer)) for layer in [model, *model.layers]} == attributes
    for before, after in zip(weights, model.variables, strict=True):
        np.testing.assert_array_equal(before, after.numpy())


class Fragile(L.Layer):
    """Works when the model is built, fails when it is traced."""

    fails = False

    def call(self, x: Any) -> Any:
        if self.fails:
            raise RuntimeError("out of order")
        return x * 2.0


def test_the_model_is_left_alone_after_an_error() -> None:
    model = keras.Sequential([Input((4,)), L.Dense(3), Fragile()], name="fragile")
    model.layers[1].fails = True
    with pytest.raises(ModelError, match=r"model 'fragile' fails when it is called with \[1, 4\].*out of order"):
        load_graph(model)
    assert all("call" not in vars(layer) for layer in [model, *model.layers])


def test_a_call_of_the_instance_is_put_back() -> None:
    model = keras.Sequential([Input((4,)), L.ReLU()])
    own = model.layers[0].call
    object.__setattr__(model.layers[0], "call", own)
    load_graph(model)
    assert vars(model.layers[0])["call"] is own


def randomized(model: Model) -> Model:
    """Statistics other than 0 and 1, so that nothing is folded away."""
    for variable in model.variables:
        variable.assign(np.full(variable.shape, 0.5))
    return model
