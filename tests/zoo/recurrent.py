"""Recurrent layers."""

from __future__ import annotations

from typing import Any

from keras import Input, Model
from keras import layers as L

from .building import SERIES, VOCABULARY, chain, series, tokens
from .registry import register


def with_state(layer: Any, states: int) -> Model:
    """The state at the beginning as inputs."""
    source = Input(SERIES, name="series")
    initial = [Input((8,), name=f"state_{i}") for i in range(states)]
    return Model([source, *initial], layer(source, initial_state=initial if states > 1 else initial[0]))


def last_state() -> Model:
    source = Input(SERIES)
    result, hidden = L.GRU(8, return_sequences=True, return_state=True)(source)
    return Model(source, {"series": result, "state": hidden})


register("recurrent", {
    "SimpleRNN": lambda: series(L.SimpleRNN(8)),
    "SimpleRNN sequences": lambda: series(L.SimpleRNN(8, return_sequences=True), L.Dense(3)),
    "SimpleRNN relu": lambda: series(L.SimpleRNN(8, activation="relu")),
    "SimpleRNN unrolled": lambda: series(L.SimpleRNN(8, unroll=True)),
    "LSTM": lambda: series(L.LSTM(8)),
    "LSTM sequences": lambda: series(L.LSTM(8, return_sequences=True), L.Dense(3)),
    "LSTM backwards": lambda: series(L.LSTM(8, go_backwards=True)),
    "LSTM unrolled": lambda: series(L.LSTM(8, unroll=True)),
    "LSTM without bias": lambda: series(L.LSTM(8, use_bias=False)),
    "LSTM of two": lambda: series(L.LSTM(8, return_sequences=True), L.LSTM(6), L.Dense(4)),
    "LSTM from a state": lambda: with_state(L.LSTM(8), 2),
    "LSTM masked": lambda: tokens(L.Embedding(VOCABULARY, 8, mask_zero=True), L.LSTM(8), L.Dense(2)),
    "GRU": lambda: series(L.GRU(8)),
    "GRU sequences": lambda: series(L.GRU(8, return_sequences=True), L.Dense(3)),
    "GRU reset before": lambda: series(L.GRU(8, reset_after=False)),
    "GRU backwards": lambda: series(L.GRU(8, go_backwards=True, return_sequences=True)),
    "GRU from a state": lambda: with_state(L.GRU(8), 1),
    "GRU with its last state": last_state,
    "Bidirectional LSTM": lambda: series(L.Bidirectional(L.LSTM(6))),
    "Bidirectional GRU sequences": lambda: series(L.Bidirectional(L.GRU(6, return_sequences=True)), L.Dense(3)),
    "Bidirectional sum": lambda: series(L.Bidirectional(L.LSTM(6), merge_mode="sum")),
    "Masking": lambda: series(L.Masking(), L.GRU(6)),
    "RNN of cells": lambda: series(L.RNN([L.LSTMCell(6), L.GRUCell(5)])),
    "TimeDistributed Dense": lambda: series(L.TimeDistributed(L.Dense(5, "relu"))),
    "TimeDistributed Conv2D": lambda: chain((4, 8, 8, 2), L.TimeDistributed(L.Conv2D(3, 3))),
    "TimeDistributed model, LSTM": lambda: chain(
        (4, 8, 8, 1),
        L.TimeDistributed(chain((8, 8, 1), L.Conv2D(4, 3, 2, activation="relu"), L.GlobalAveragePooling2D())),
        L.LSTM(6),
    ),
    "ConvLSTM1D": lambda: chain((4, 8, 2), L.ConvLSTM1D(3, 3, padding="same")),
    "ConvLSTM2D": lambda: chain((3, 6, 6, 2), L.ConvLSTM2D(3, 3, padding="same")),
})  # fmt: skip
