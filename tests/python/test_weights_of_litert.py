"""Files of LiteRT's own converter with smaller weights: dynamic range and float16, run by us and by LiteRT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import engines

from arenite import reader
from arenite.conversion import convert
from arenite.inspection import inspect

tf = pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")


@pytest.fixture(scope="module")
def keras_model() -> Any:
    tf.keras.utils.set_random_seed(0)
    layers = tf.keras.layers
    image = layers.Input((10, 10, 8), batch_size=1)
    x = layers.Conv2D(24, 3, activation="relu")(image)
    x = layers.DepthwiseConv2D(7, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(40, activation="relu")(x)
    return tf.keras.Model(image, layers.Dense(30)(x))


def converted(model: Any, half: bool) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16] if half else []
    return bytes(converter.convert())


def image(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((1, 10, 10, 8)).astype(np.float32)


def test_dynamic_range_file_gives_litert_s_bits(keras_model: Any) -> None:
    content = converted(keras_model, half=False)
    weights = {op.name: op.operand(1).dtype for op in reader.read(content).ops if op.name != "reshape"}
    assert weights == dict.fromkeys(("conv_2d", "depthwise_conv_2d", "fully_connected"), "int8")
    for seed in range(3):
        np.testing.assert_array_equal(
            engines.ours(content, [image(seed)])[0], engines.litert(content, [image(seed)])[0]
        )


def test_float16_file_runs_from_the_float16_constants_and_the_converter_can_fold_it(
    keras_model: Any, tmp_path: Path
) -> None:
    content = converted(keras_model, half=True)
    weights = sum(v.nbytes for v in reader.read(content).values() if v.dtype == "float16")
    expected = engines.litert(content, [image(0)])[0]
    np.testing.assert_array_equal(engines.ours(content, [image(0)])[0], expected)
    arena = inspect(content).arena
    assert arena is not None and arena.tensors < weights / 2, "all are expanded at once, first of all, if they are"
    own = convert(keras_model, "float16")
    assert len(own.content) < len(content)
    np.testing.assert_array_equal(engines.ours(own.content, [image(0)])[0], expected)
    path = tmp_path / "half.tflite"
    path.write_bytes(content)
    folded = convert(path)
    assert {v.dtype for v in folded.graph.values()} <= {"float32", "int32"}
    np.testing.assert_allclose(engines.ours(folded.content, [image(0)])[0], expected, rtol=1e-4, atol=1e-4)
