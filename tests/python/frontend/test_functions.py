"""Functions that Keras and TensorFlow spread over several operations or types, each against Keras: one operator each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from arenite.graph import Graph

pytest.importorskip("tensorflow")
import tensorflow as tf
from keras import Input, Model, activations, ops
from keras import layers as L

SERIES = (20, 4)


def apply(*functions: Callable[[Any], Any], shape: tuple[int, ...] = SERIES) -> Callable[[], Model]:
    """A model that applies layers and functions one after the other."""

    def build() -> Model:
        x = source = Input(shape)
        for function in functions:
            x = function(x) if isinstance(function, L.Layer) else L.Lambda(function)(x)
        return Model(source, x)

    return build


def positive(x: Any) -> Any:
    return tf.cast(x > 0.5, tf.float32) * x


def largest(x: Any) -> Any:
    values, places = ops.top_k(x, 3)
    return values * ops.cast(places, "float32")


#: name → (model, the operators it becomes, in order).
MODELS: dict[str, tuple[Callable[[], Model], str]] = {
    "gelu": (apply(L.Activation("gelu")), "gelu"),
    "gelu by tanh": (apply(lambda x: activations.gelu(x, approximate=True)), "gelu"),
    "gelu of TensorFlow": (apply(lambda x: tf.nn.gelu(x)), "gelu"),
    "gelu of TensorFlow by tanh": (apply(lambda x: tf.nn.gelu(x, approximate=True)), "gelu"),
    "half of another gate": (apply(lambda x: 0.5 * x * (1.0 + tf.tanh(x))), "mul tanh add mul"),
    "argmax": (apply(lambda x: ops.argmax(x, axis=-1)), "arg_max"),
    "argmin as a float": (apply(lambda x: ops.cast(ops.argmin(x, axis=1), "float32")), "arg_min cast"),
    "truncation": (apply(lambda x: ops.cast(ops.cast(x, "int32"), "float32")), "cast cast"),
    "mask": (apply(positive), "greater cast mul"),
    "one hot": (apply(lambda x: ops.one_hot(ops.cast(x * 3, "int32"), 7), shape=(5,)), "mul cast one_hot"),
    "one hot of two values": (
        apply(lambda x: tf.one_hot(tf.cast(x * 3, tf.int32), 7, on_value=2.0, off_value=-1.0, axis=1), shape=(5,)),
        "mul cast one_hot",
    ),
    "top k": (apply(largest), "topk_v2 cast mul"),
    "cumsum": (apply(lambda x: ops.cumsum(x, axis=1)), "cumsum"),
    "cumsum from the end": (apply(lambda x: tf.cumsum(x, axis=1, exclusive=True, reverse=True)), "cumsum"),
    "unit normalization": (apply(L.UnitNormalization()), "l2_normalization"),
    "normalize": (apply(lambda x: ops.normalize(x, axis=-1)), "l2_normalization"),
    "l2 normalize": (apply(lambda x: tf.math.l2_normalize(x, axis=-1)), "l2_normalization"),
    "l2 normalize over time": (apply(lambda x: tf.math.l2_normalize(x, axis=1)), "mul sum maximum rsqrt mul"),
    "l2 normalize with a large bound": (
        apply(lambda x: tf.math.l2_normalize(x, axis=-1, epsilon=0.1)),
        "mul sum maximum rsqrt mul",
    ),
    "log softmax": (apply(L.Activation("log_softmax")), "log_softmax"),
    "sign": (apply(lambda x: ops.sign(x)), "sign"),
    "scattered": (
        apply(lambda x: tf.scatter_nd([[0, 3], [0, 1], [0, 3]], x[0, :3], [1, 5, 4])),
        "strided_slice reshape scatter_nd",
    ),
    "bits": (
        apply(
            lambda x: tf.cast(
                tf.bitwise.right_shift(tf.bitwise.bitwise_xor(tf.cast(x * 100, tf.int32), 5), 1), tf.float32
            )
        ),
        "mul cast bitwise_xor right_shift cast",
    ),
    "product": (apply(lambda x: ops.prod(x, axis=1)), "reduce_prod"),
}


@pytest.mark.parametrize("name", MODELS)
def test_model(name: str, against_keras: Callable[..., Graph]) -> None:
    build, operators = MODELS[name]
    graph = against_keras(build())
    assert [op.name for op in graph.ops] == operators.split()


def test_top_k_in_int8_keeps_its_places() -> None:
    """Values on the input's grid, places as they are; a number that counts is never taken for a code."""
    import arenite
    from arenite.evaluate import evaluate

    model, samples = apply(largest)(), np.random.default_rng(0).normal(size=(8, *SERIES)).astype(np.float32)
    conversion = arenite.convert(model, quantize="int8", calibration=samples, allow_float_fallback=True)
    assert "cast stays float" in conversion.report.explain() and conversion.report.operators["topk_v2"] == 1
    (result,) = evaluate(conversion.graph, [samples[:1]])
    expected = model(samples[:1]).numpy()
    assert np.median(np.abs(result - expected)) < 0.05 < np.abs(expected).max()
