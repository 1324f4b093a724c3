"""Activations: every function of keras.activations and every activation layer."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers as L

from .building import image, row, series
from .registry import register


def behind_conv(activation: Any) -> Any:
    """As activations mostly stand."""
    return lambda: image(L.Conv2D(8, 3, use_bias=False), L.Activation(activation))


NAMES = (
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "log_sigmoid",
    "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign",
    "sparse_plus", "sparse_sigmoid", "squareplus", "tanh", "tanh_shrink",
)  # fmt: skip
register("activation", {name: behind_conv(name) for name in NAMES})
register("activation", {
    "gelu by tanh": behind_conv(lambda x: keras.activations.gelu(x, approximate=True)),
    "glu": behind_conv(keras.activations.glu),
    "threshold": behind_conv(lambda x: keras.activations.threshold(x, 0.2, -0.1)),
    "ReLU to 3": lambda: image(L.ReLU(3.0)),
    "ReLU with slope and threshold": lambda: image(L.ReLU(negative_slope=0.1, threshold=0.5)),
    "ReLU to 1": lambda: image(L.Conv2D(8, 3), L.ReLU(1.0)),
    "LeakyReLU": lambda: image(L.Conv2D(8, 3), L.LeakyReLU(0.2)),
    "PReLU per channel": lambda: image(L.Conv2D(8, 3), L.PReLU(shared_axes=[1, 2])),
    "PReLU per element": lambda: row(L.Dense(8), L.PReLU()),
    "ELU with alpha": lambda: image(L.ELU(0.5)),
    "Softmax": lambda: series(L.Softmax()),
    "Softmax over time": lambda: series(L.Softmax(axis=1)),
    "Softmax over two axes": lambda: image(L.Softmax(axis=(1, 2))),
    "gelu on vectors": lambda: row(L.Dense(16, "gelu"), L.Dense(4)),
    "softplus on vectors": lambda: row(L.Dense(16, "softplus"), L.Dense(4)),
    "mish on a series": lambda: series(L.Conv1D(8, 3, activation="mish")),
    "ActivityRegularization": lambda: row(L.Dense(4), L.ActivityRegularization(0.1)),
})  # fmt: skip
register(
    "activation",
    {"sparsemax": behind_conv("sparsemax")},
)
