"""``python backend_model.py FILE.keras ANSWERS.npz``: a model that the Keras backend of ``KERAS_BACKEND`` saves and answers.

Run in a process of its own: Keras has one backend for life.
"""

from __future__ import annotations

import sys

import keras
import numpy as np
from keras import Input, Model
from keras import layers as L


def model() -> Model:
    """A branch of convolutions with BatchNorm, and one that is recurrent; weights from a seed."""
    keras.utils.set_random_seed(7)
    image, steps = Input((8, 8, 2), name="image"), Input((5, 3), name="steps")
    x = L.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="conv")(image)
    x = L.ReLU(max_value=6.0)(L.BatchNormalization(name="norm")(x))
    x = L.GlobalAveragePooling2D()(L.DepthwiseConv2D(3, activation="silu")(x))
    y = L.Bidirectional(L.GRU(3, name="gru"), name="both")(steps)
    return Model([image, steps], L.Dense(3, activation="softmax", name="head")(L.Concatenate()([x, y])))


if __name__ == "__main__":
    path, answers = sys.argv[1:]
    made = model()
    rng = np.random.default_rng(0)
    norm = made.get_layer("norm")
    norm.set_weights([rng.uniform(0.5, 1.5, 4).astype(np.float32) for _ in norm.get_weights()])
    inputs = {v.name: rng.standard_normal((6, *v.shape[1:])).astype(np.float32) for v in made.inputs}
    result = keras.ops.convert_to_numpy(made([inputs["image"], inputs["steps"]], training=False))
    made.save(path)
    np.savez(answers, output=result, **inputs)
