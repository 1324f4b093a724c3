"""The digits classifier: scikit-learn's 1,797 real 8×8 images, a small CNN with every block a small model needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEED = 7
EPOCHS = 40
CLASSES = 10


@dataclass(frozen=True)
class Split:
    """Images float32 [N, 8, 8, 1] in [0, 1] and labels int64 [N]."""

    images: np.ndarray
    labels: np.ndarray

    def save(self, path: Path) -> None:
        np.savez_compressed(path, images=self.images, labels=self.labels)


def load_splits() -> tuple[Split, Split, Split]:
    """Train, calibration and test parts: 1,197, 200 and 400 images, disjoint, stratified by class, always the same."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = (digits.images[..., None] / 16).astype(np.float32)
    labels = digits.target.astype(np.int64)
    rest_x, test_x, rest_y, test_y = train_test_split(images, labels, test_size=400, stratify=labels, random_state=SEED)
    train_x, cal_x, train_y, cal_y = train_test_split(rest_x, rest_y, test_size=200, stratify=rest_y, random_state=SEED)
    return Split(train_x, train_y), Split(cal_x, cal_y), Split(test_x, test_y)


def build() -> Any:
    """Convolution, a depthwise-separable block, a residual Add, both poolings, Dense, Softmax; BatchNorm throughout."""
    from keras import Model, layers

    def conv_bn(x: Any, filters: int, size: int, name: str) -> Any:
        x = layers.Conv2D(filters, size, padding="same", use_bias=False, name=name)(x)
        return layers.BatchNormalization(name=f"{name}_bn")(x)

    image = layers.Input((8, 8, 1), name="image")
    x = layers.ReLU(name="stem_relu")(conv_bn(image, 16, 3, "stem"))
    x = layers.MaxPooling2D(name="pool")(x)
    shortcut = conv_bn(x, 32, 1, "shortcut")
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(x)
    x = layers.BatchNormalization(name="depthwise_bn")(x)
    x = layers.ReLU(name="depthwise_relu")(x)
    x = conv_bn(x, 32, 1, "pointwise")
    x = layers.ReLU(name="residual_relu")(layers.Add(name="residual")([x, shortcut]))
    x = layers.ReLU(6, name="conv_relu6")(conv_bn(x, 32, 3, "conv"))
    x = layers.AveragePooling2D(2, name="average")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(32, activation="relu", name="hidden")(x)
    return Model(image, layers.Dense(CLASSES, activation="softmax", name="digit")(x), name="digits")


def train(split: Split, on_epoch: Callable[[int], None]) -> Any:
    """The trained model. Fixed seeds and deterministic kernels: the same weights on the same machine every time."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    model = build()
    steps = EPOCHS * -(-len(split.images) // 64)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    report = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: on_epoch(epoch + 1))
    model.fit(split.images, split.labels, batch_size=64, epochs=EPOCHS, verbose=0, callbacks=[report])
    return model
