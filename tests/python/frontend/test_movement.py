"""Layers and operations that move elements, each against Keras: the same numbers, by the right operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from arenite.graph import Graph

pytest.importorskip("tensorflow")
import keras
import tensorflow as tf
from keras import Input, Model, ops
from keras import layers as L

IMAGE, SERIES = (6, 8, 4), (20, 4)


def chain(shape: tuple[int, ...], *parts: Any) -> Model:
    x = source = Input(shape)
    for part in parts:
        x = part if isinstance(part, keras.KerasTensor) else part(x)
    return Model(source, x)


def apply(shape: tuple[int, ...], function: Callable[[Any], Any]) -> Callable[[], Model]:
    return lambda: chain(shape, L.Lambda(function))


def halves(x: Any) -> Any:
    left, right = tf.split(x, 2, axis=-1)
    return tf.concat([right, left * 2], -1)


#: name → (model, the operators it becomes, in order).
MODELS: dict[str, tuple[Callable[[], Model], str]] = {
    "permute": (lambda: chain(IMAGE, L.Permute((3, 1, 2))), "transpose"),
    "permute of ones": (lambda: chain((1, 5, 4), L.Permute((2, 1, 3))), "reshape"),
    "cropping": (lambda: chain(IMAGE, L.Cropping2D(((1, 2), (0, 3)))), "strided_slice"),
    "cropping 1-D": (lambda: chain(SERIES, L.Cropping1D((1, 2))), "strided_slice"),
    "last step": (apply(SERIES, lambda x: x[:, -1]), "strided_slice reshape"),
    "strides and new axes": (apply(IMAGE, lambda x: x[:, 1::2, None, ..., ::-1]), "strided_slice reshape"),
    "backwards from the middle": (apply(SERIES, lambda x: x[:, 10:2:-3]), "strided_slice"),
    "slice": (apply(IMAGE, lambda x: tf.slice(x, [0, 1, 2, 0], [-1, 3, -1, 2])), "slice"),
    "split": (apply(SERIES, halves), "split mul concatenation"),
    "split in sizes": (apply(SERIES, lambda x: tf.concat(tf.split(x, [1, 3], -1)[::-1], -1)), "split_v concatenation"),
    "unstack": (apply((3, 4), lambda x: ops.stack(ops.unstack(x, axis=1)[::-1], axis=1)), "unpack pack"),
    "repeat vector": (lambda: chain((5,), L.RepeatVector(3)), "reshape reshape broadcast_to reshape"),
    "tile": (apply(SERIES, lambda x: tf.tile(x, [1, 2, 3])), "tile"),
    "broadcast": (apply((1, 4), lambda x: tf.broadcast_to(x, (1, 3, 4))), "broadcast_to"),
    "upsampling 2-D": (lambda: chain(IMAGE, L.UpSampling2D((2, 3))), "resize_nearest_neighbor"),
    "upsampling 1-D": (lambda: chain(SERIES, L.UpSampling1D(3)), "reshape broadcast_to reshape"),
    "resizing": (
        lambda: chain(IMAGE, L.Resizing(9, 5, interpolation="nearest")),
        "resize_nearest_neighbor",
    ),
    "upsampling bilinear": (lambda: chain(IMAGE, L.UpSampling2D(2, interpolation="bilinear")), "resize_bilinear"),
    "flip": (apply(IMAGE, lambda x: ops.flip(x, axis=2)), "reverse_v2"),
    "take": (apply(IMAGE, lambda x: tf.gather(x, [3, 0, 0], axis=-1)), "gather"),
    "mirror": (apply(IMAGE, lambda x: tf.pad(x, [[0, 0], [1, 2], [3, 0], [0, 0]], "REFLECT")), "mirror_pad"),
    "mirror with edge": (apply(SERIES, lambda x: tf.pad(x, [[0, 0], [4, 2], [0, 0]], "SYMMETRIC")), "mirror_pad"),
    "padding with a value": (apply(SERIES, lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 0]], constant_values=-2.5)), "padv2"),
    "where": (apply(SERIES, lambda x: tf.where(x > 0.5, x, x * 3)), "greater mul select_v2"),
    "space to depth": (apply(IMAGE, lambda x: tf.nn.space_to_depth(x, 2)), "space_to_depth"),
    "depth to space": (apply(IMAGE, lambda x: tf.nn.depth_to_space(x, 2)), "depth_to_space"),
    "space to batch": (
        apply(IMAGE, lambda x: tf.batch_to_space(tf.space_to_batch(x, [2, 2], [[1, 1], [0, 2]]), [2, 2], [[0, 1], [1, 0]])),
        "space_to_batch_nd batch_to_space_nd",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_model(name: str, against_keras: Callable[..., Graph]) -> None:
    build, operators = MODELS[name]
    graph = against_keras(build())
    assert [op.name for op in graph.ops] == operators.split()


def test_int8_keeps_one_grid_through_all_parts() -> None:
    """Split, swap, join: no requantization anywhere, and the int8 model agrees with Keras to one step."""
    import arenite

    model = chain(SERIES, L.Lambda(lambda x: tf.concat(tf.split(x, 2, axis=-1)[::-1], -1)), L.Permute((2, 1)))
    samples = np.random.default_rng(0).normal(size=(8, *SERIES)).astype(np.float32)
    conversion = arenite.convert(model, quantize="int8", calibration=samples)
    assert set(conversion.report.operators) <= {"split", "concatenation", "transpose", "quantize", "dequantize"}
    assert conversion.report.operators.get("quantize", 0) <= 1
