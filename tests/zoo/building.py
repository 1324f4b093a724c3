"""Short forms that the models are written with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import Input, Model
from keras import layers as L

IMAGE, SERIES, ROW = (12, 10, 4), (20, 6), (10,)
#: Whole-number inputs are drawn below this: token numbers, unless the input is uint8.
VOCABULARY = 40


def chain(shape: tuple[int, ...], *parts: Any, **options: Any) -> Model:
    """A functional model: the layers one after the other."""
    x = source = Input(shape, **options)
    for part in parts:
        x = part(x)
    return Model(source, x)


def image(*parts: Any) -> Model:
    return chain(IMAGE, *parts)


def series(*parts: Any) -> Model:
    return chain(SERIES, *parts)


def row(*parts: Any) -> Model:
    return chain(ROW, *parts)


def tokens(*parts: Any, length: int = 16) -> Model:
    return chain((length,), *parts, dtype="int32", name="tokens")


def function(of: Callable[[Any], Any]) -> L.Layer:
    return L.Lambda(of)


def pair(merge: Any, shape: tuple[int, ...] = SERIES) -> Model:
    """Two inputs of one shape, merged."""
    left, right = Input(shape, name="left"), Input(shape, name="right")
    return Model([left, right], merge([left, right]))


def block(x: Any, filters: int, kernel: Any = 3, stride: Any = 1, relu: Any = L.ReLU) -> Any:
    """Convolution, BatchNorm, activation."""
    x = L.Conv2D(filters, kernel, stride, padding="same", use_bias=False)(x)
    x = L.BatchNormalization()(x)
    return relu()(x) if relu else x


def depthwise(x: Any, kernel: Any = 3, stride: Any = 1, relu: Any = L.ReLU) -> Any:
    """The same with one filter per channel."""
    x = L.DepthwiseConv2D(kernel, stride, padding="same", use_bias=False)(x)
    x = L.BatchNormalization()(x)
    return relu()(x) if relu else x


def relu6() -> L.Layer:
    return L.ReLU(6.0)


def classifier(source: Any, x: Any, classes: int = 10, softmax: bool = True) -> Model:
    """Global average, dense."""
    x = L.Dense(classes, activation="softmax" if softmax else None)(L.GlobalAveragePooling2D()(x))
    return Model(source, x)
