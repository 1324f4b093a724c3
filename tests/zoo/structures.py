"""How models are put together: inputs and outputs of several kinds, nesting, sharing, subclassing, text."""

from __future__ import annotations

from typing import Any

import keras
from keras import Input, Model
from keras import layers as L

from .building import IMAGE, ROW, VOCABULARY, chain, tokens
from .registry import register


def shared() -> Model:
    left, right, dense = Input(ROW, name="left"), Input(ROW, name="right"), L.Dense(6, "relu")
    return Model([left, right], L.Concatenate()([dense(left), dense(right)]))


def siamese() -> Model:
    tower = keras.Sequential([
        L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(), L.Dense(12), L.UnitNormalization(),
    ])  # fmt: skip
    left, right = Input(IMAGE, name="left"), Input(IMAGE, name="right")
    return Model([left, right], L.Dot(axes=1)([tower(left), tower(right)]))


def siamese_distance() -> Model:
    tower = keras.Sequential([L.Dense(16, "relu"), L.Dense(8)])
    left, right = Input(ROW, name="left"), Input(ROW, name="right")
    difference = L.Lambda(abs)(L.Subtract()([tower(left), tower(right)]))
    return Model([left, right], L.Dense(1, "sigmoid")(difference))


def several_outputs() -> Model:
    source = Input(IMAGE, name="picture")
    x = L.Conv2D(8, 3, activation="relu")(source)
    flat = L.Flatten()(x)
    return Model(source, {"kind": L.Dense(4, "softmax")(flat), "box": L.Dense(4)(flat), "mask": L.Conv2D(1, 1)(x)})


def several_inputs() -> Model:
    picture, facts = Input(IMAGE, name="picture"), Input(ROW, name="facts")
    x = L.GlobalAveragePooling2D()(L.Conv2D(8, 3, activation="relu")(picture))
    x = L.Concatenate()([x, L.Dense(4, "relu")(facts)])
    return Model({"picture": picture, "facts": facts}, L.Dense(3)(x))


def wide_and_deep() -> Model:
    numbers, kind = Input(ROW, name="numbers"), Input((2,), dtype="int32", name="kind")
    deep = L.Concatenate()([numbers, L.Flatten()(L.Embedding(VOCABULARY, 4)(kind))])
    deep = L.Dense(8, "relu")(L.Dense(16, "relu")(deep))
    return Model([numbers, kind], L.Dense(1, "sigmoid")(L.Concatenate()([numbers, deep])))


def nested() -> Model:
    inner = chain((8,), L.Dense(6, "relu"), L.BatchNormalization())
    return chain(ROW, L.Dense(8), inner, keras.Sequential([L.Dense(5), L.BatchNormalization()]), L.Dense(2))


class Residual(keras.Model):  # type: ignore[misc]
    """A subclassed model."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = L.Dense(12, "relu"), L.Dense(10)
        self.norm = L.BatchNormalization()

    def call(self, x: Any, training: bool = False) -> Any:
        return self.norm(self.second(self.first(x)), training=training) + x


def subclassed() -> Model:
    model = Residual()
    model(keras.ops.zeros((1, *ROW)))
    return model


def mixed_precision() -> Model:
    half = {"dtype": "mixed_float16"}
    parts = [
        L.Conv2D(8, 3, **half),
        L.BatchNormalization(**half),
        L.ReLU(**half),
        L.Flatten(),
        L.Dense(4, dtype="float32"),
    ]
    return chain(IMAGE, *parts)


register(
    "structure",
    {
        "shared layer": shared,
        "siamese": siamese,
        "siamese distance": siamese_distance,
        "several outputs": several_outputs,
        "several inputs": several_inputs,
        "wide and deep": wide_and_deep,
        "nested models": nested,
        "subclassed": subclassed,
    },
)
# Keras computes it in half precision.
register("structure", {"mixed precision": mixed_precision}, tolerance=5e-3)
register("text", {
    "Embedding": lambda: tokens(L.Embedding(VOCABULARY, 8)),
    "Embedding, average, dense": lambda: tokens(
        L.Embedding(VOCABULARY, 8), L.GlobalAveragePooling1D(), L.Dense(8, "relu"), L.Dense(2, "softmax")
    ),
    "Embedding with mask, average": lambda: tokens(
        L.Embedding(VOCABULARY, 8, mask_zero=True), L.GlobalAveragePooling1D(), L.Dense(2)
    ),
    "text CNN": lambda: tokens(
        L.Embedding(VOCABULARY, 8), L.Conv1D(12, 3, activation="relu"), L.GlobalMaxPooling1D(), L.Dense(2, "softmax")
    ),
    "text LSTM": lambda: tokens(L.Embedding(VOCABULARY, 8), L.LSTM(8), L.Dense(1, "sigmoid")),
    "text GRU, both ways": lambda: tokens(L.Embedding(VOCABULARY, 8), L.Bidirectional(L.GRU(6)), L.Dense(1, "sigmoid")),
    "CategoryEncoding one-hot": lambda: tokens(L.CategoryEncoding(VOCABULARY, "one_hot"), L.Dense(3), length=1),
    "CategoryEncoding multi-hot": lambda: tokens(L.CategoryEncoding(VOCABULARY, "multi_hot"), L.Dense(3)),
    "ReversibleEmbedding": lambda: tied(),
})  # fmt: skip


def tied() -> Model:
    source = Input((12,), dtype="int32", name="tokens")
    table = L.ReversibleEmbedding(VOCABULARY, 8)
    return Model(source, table(L.Conv1D(8, 3, padding="causal", activation="relu")(table(source)), reverse=True))
