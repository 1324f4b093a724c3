"""Attention and transformers."""

from __future__ import annotations

from typing import Any

import keras
from keras import Input, Model
from keras import layers as L

from .building import SERIES, VOCABULARY, pair
from .registry import register


def self_attention(layer: Any, **call: Any) -> Model:
    source = Input(SERIES)
    return Model(source, layer(source, source, **call))


def cross_attention() -> Model:
    query, memory = Input((8, 6), name="query"), Input(SERIES, name="memory")
    return Model([query, memory], L.MultiHeadAttention(2, 4)(query, memory))


def scores() -> Model:
    source = Input(SERIES)
    result, weights = L.MultiHeadAttention(2, 4)(source, source, return_attention_scores=True)
    return Model(source, {"result": result, "scores": weights})


def encoder(x: Any, width: int, heads: int, activation: str = "gelu", first: bool = True) -> Any:
    """A transformer block; ``first``: normalized before, not behind."""
    y = L.LayerNormalization()(x) if first else x
    x = L.Add()([x, L.MultiHeadAttention(heads, width // heads)(y, y)])
    x = x if first else L.LayerNormalization()(x)
    y = L.LayerNormalization()(x) if first else x
    x = L.Add()([x, L.Dense(width)(L.Dense(2 * width, activation)(y))])
    return x if first else L.LayerNormalization()(x)


class Positions(keras.Layer):  # type: ignore[misc]
    """Adds a learned vector to each place."""

    def build(self, shape: Any) -> None:
        self.table = self.add_weight(shape=tuple(shape[1:]), initializer="normal", name="table")

    def call(self, x: Any) -> Any:
        return x + self.table


def vision_transformer() -> Model:
    source = Input((16, 16, 3))
    x = L.Reshape((16, 24))(L.Conv2D(24, 4, strides=4)(source))
    x = Positions()(x)
    for _ in range(2):
        x = encoder(x, 24, 2)
    return Model(source, L.Dense(10, activation="softmax")(L.GlobalAveragePooling1D()(L.LayerNormalization()(x))))


def text_transformer() -> Model:
    source = Input((16,), dtype="int32", name="tokens")
    x = Positions()(L.Embedding(VOCABULARY, 16)(source))
    x = encoder(encoder(x, 16, 2, "relu", first=False), 16, 2, "relu", first=False)
    return Model(source, L.Dense(3, activation="softmax")(L.GlobalAveragePooling1D()(x)))


def decoder() -> Model:
    source = Input((12,), dtype="int32", name="tokens")
    x = Positions()(L.Embedding(VOCABULARY, 16)(source))
    y = L.RMSNormalization()(x)
    x = L.Add()([x, L.MultiHeadAttention(2, 8)(y, y, use_causal_mask=True)])
    y = L.RMSNormalization()(x)
    gated = L.Multiply()([L.Dense(32, "silu")(y), L.Dense(32)(y)])
    return Model(source, L.Dense(VOCABULARY)(L.Add()([x, L.Dense(16)(gated)])))


def series_transformer() -> Model:
    source = Input((24, 8))
    x = encoder(Positions()(L.Dense(16)(source)), 16, 4)
    return Model(source, L.Dense(4)(L.Flatten()(x)))


register(
    "attention",
    {
        "MultiHeadAttention": lambda: self_attention(L.MultiHeadAttention(2, 4)),
        "MultiHeadAttention causal": lambda: self_attention(L.MultiHeadAttention(2, 4), use_causal_mask=True),
        "MultiHeadAttention, value width": lambda: self_attention(
            L.MultiHeadAttention(3, 4, value_dim=5, output_shape=7)
        ),
        "MultiHeadAttention, one head": lambda: self_attention(L.MultiHeadAttention(1, 8, use_bias=False)),
        "MultiHeadAttention of two": cross_attention,
        "MultiHeadAttention with scores": scores,
        "GroupQueryAttention": lambda: self_attention(L.GroupQueryAttention(4, 4, 2)),
        "Attention": lambda: pair(L.Attention()),
        "Attention scaled": lambda: pair(L.Attention(use_scale=True)),
        "Attention causal": lambda: pair(lambda xs: L.Attention()(xs, use_causal_mask=True)),
        "Attention by sum": lambda: pair(L.Attention(score_mode="concat")),
        "AdditiveAttention": lambda: pair(L.AdditiveAttention()),
    },
)
register("transformer", {
    "vision transformer": vision_transformer,
    "text transformer": text_transformer,
    "decoder with RMS norm and SwiGLU": decoder,
    "series transformer": series_transformer,
})  # fmt: skip
