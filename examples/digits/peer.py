"""The same model through LiteRT's own converter, for the table's right-hand column."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np


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
    with silent():
        return bytes(converter.convert())


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep what native code prints off the terminal; it is shown when something fails."""
    with tempfile.TemporaryFile() as log:
        saved = [os.dup(1), os.dup(2)]
        try:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            yield
        except BaseException:
            log.seek(0)
            os.write(saved[1], log.read())
            raise
        finally:
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
            for descriptor in saved:
                os.close(descriptor)
