"""The same model through LiteRT's own converter, for the table's right-hand column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from arenite.quiet import native_output_held


def convert_int8(model: Any, calibration: np.ndarray) -> bytes:
    """int8 throughout, inputs and outputs included, calibrated on every sample of ``calibration``.

    Batch 1 is fixed: with an open batch the file computes shapes with operators that no microcontroller runtime needs.
    """
    import keras
    import tensorflow as tf

    def samples() -> Iterator[list[np.ndarray]]:
        for image in calibration:
            yield [image[None]]

    image = keras.Input(batch_shape=(1, *calibration.shape[1:]), name="image")
    fixed = keras.Model(image, model(image, training=False))
    converter = tf.lite.TFLiteConverter.from_keras_model(fixed)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with native_output_held():
        return bytes(converter.convert())
