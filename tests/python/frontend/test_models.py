"""Small models, each against Keras: the same numbers within 1e-4 with random weights and statistics, by the right operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from arenite.graph import Graph

pytest.importorskip("tensorflow")
from keras import Input, Model
from keras import layers as L  # noqa: N812

Check = Callable[..., Graph]
IMAGE = (9, 8, 3)


def chain(shape: tuple[int, ...], *parts: Any, **options: Any) -> Model:
    """A functional model: the layers one after the other."""
    x = source = Input(shape, **options)
    for part in parts:
        x = part(x)
    return Model(source, x)


def digits() -> Model:
    """The shape of a small image classifier: convolution, separable block, residual, pooling, dense."""
    source = Input((8, 8, 1), name="image")
    x = L.Conv2D(8, 3, padding="same", use_bias=False)(source)
    x = skip = L.ReLU(6)(L.BatchNormalization()(x))
    x = L.ReLU()(L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same", use_bias=False)(x)))
    x = L.BatchNormalization()(L.Conv2D(8, 1, use_bias=False)(x))
    x = L.MaxPooling2D()(L.ReLU()(L.Add()([x, skip])))
    return Model(source, L.Dense(10, activation="softmax", name="probabilities")(L.Flatten()(x)))


#: name → (model, the operators it becomes, in order).
MODELS: dict[str, tuple[Callable[[], Model], str]] = {
    "digits": (
        digits,
        "conv_2d mul add relu6 depthwise_conv_2d mul add relu conv_2d mul add add relu max_pool_2d reshape"
        " fully_connected softmax",
    ),
    "conv valid": (lambda: chain(IMAGE, L.Conv2D(4, 3)), "conv_2d"),
    "conv strides": (lambda: chain(IMAGE, L.Conv2D(4, (3, 2), strides=2, padding="same")), "conv_2d"),
    "depthwise multiplier": (lambda: chain(IMAGE, L.DepthwiseConv2D(3, depth_multiplier=2)), "depthwise_conv_2d"),
    "separable": (lambda: chain(IMAGE, L.SeparableConv2D(5, 3, padding="same")), "depthwise_conv_2d conv_2d"),
    "batch norm first": (lambda: chain(IMAGE, L.BatchNormalization(), L.Conv2D(2, 1)), "mul add conv_2d"),
    "dense": (lambda: chain((5,), L.Dense(4, "relu"), L.Dense(3, "sigmoid")), "fully_connected relu fully_connected logistic"),
    "average pool": (lambda: chain(IMAGE, L.AveragePooling2D(2, padding="same")), "average_pool_2d"),
    "max pool": (lambda: chain(IMAGE, L.MaxPooling2D(3, strides=2)), "max_pool_2d"),
    "global average": (lambda: chain(IMAGE, L.GlobalAveragePooling2D()), "mean"),
    "zero padding": (lambda: chain(IMAGE, L.ZeroPadding2D(((1, 2), (0, 3)))), "pad"),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_model(name: str, against_keras: Check) -> None:
    build, operators = MODELS[name]
    graph = against_keras(build())
    assert [op.name for op in graph.ops] == operators.split()
