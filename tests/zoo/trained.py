"""Models trained on scikit-learn's data sets, some seconds each."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import numpy as np
from keras import Input, Model
from keras import layers as L

from .building import block, depthwise
from .registry import register

#: The first samples are for training and calibration, the others for judging.
TRAINED_ON = 0.7


@cache
def data(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Inputs float32, standardized or in [0, 1], and classes, shuffled."""
    from sklearn import datasets

    loaded = {"digits": datasets.load_digits, "wine": datasets.load_wine, "iris": datasets.load_iris}[name]()
    x = loaded.data.astype(np.float32)
    x = x.reshape(-1, 8, 8, 1) / 16 if name == "digits" else (x - x.mean(axis=0)) / x.std(axis=0)
    order = np.random.default_rng(3).permutation(len(x))
    return x[order].astype(np.float32), loaded.target[order]


def learned(build: Callable[[], Model], name: str, epochs: int) -> Callable[[], Model]:
    def trained() -> Model:
        x, y = data(name)
        count = int(TRAINED_ON * len(x))
        model = build()
        model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy")
        model.fit(x[:count], y[:count], batch_size=32, epochs=epochs, verbose=0)
        return model

    return trained


def samples(name: str) -> Callable[[int, int], list[Any]]:
    def draw(count: int, seed: int) -> list[Any]:
        x, _ = data(name)
        border = int(TRAINED_ON * len(x))
        part = x[:border] if seed == 0 else x[border:]
        return [part[np.random.default_rng(seed).integers(0, len(part), count)]]

    return draw


def digits_cnn() -> Model:
    source = Input((8, 8, 1))
    x = L.MaxPooling2D()(block(source, 12))
    x = block(depthwise(x), 16, 1)
    return Model(source, L.Dense(10, activation="softmax")(L.Flatten()(x)))


def digits_rnn() -> Model:
    source = Input((8, 8, 1))
    return Model(source, L.Dense(10, activation="softmax")(L.LSTM(16)(L.Reshape((8, 8))(source))))


def table(features: int, classes: int) -> Callable[[], Model]:
    def build() -> Model:
        source = Input((features,))
        x = L.BatchNormalization()(L.Dense(16, "relu")(source))
        return Model(source, L.Dense(classes, activation="softmax")(L.Dense(16, "gelu")(x)))

    return build


register("trained", {"digits CNN": learned(digits_cnn, "digits", 20)}, trained=True, samples=samples("digits"))
register("trained", {"digits LSTM": learned(digits_rnn, "digits", 30)}, trained=True, samples=samples("digits"))
register("trained", {"wine MLP": learned(table(13, 3), "wine", 20)}, trained=True, samples=samples("wine"))
register("trained", {"iris MLP": learned(table(4, 3), "iris", 20)}, trained=True, samples=samples("iris"))
