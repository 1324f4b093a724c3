"""Normalization, scaling, and layers that are nothing in inference."""

from __future__ import annotations

from keras import layers as L
from keras import ops

from .building import IMAGE, chain, function, image, row, series
from .registry import register

STATISTICS = {"mean": [0.1 * i for i in range(10)], "variance": [0.5 + 0.2 * i for i in range(10)]}

register("normalization", {
    "BatchNormalization behind Conv2D": lambda: image(L.Conv2D(8, 3, use_bias=False), L.BatchNormalization()),
    "BatchNormalization before Conv2D": lambda: image(L.BatchNormalization(), L.Conv2D(8, 3)),
    "BatchNormalization before padded Conv2D": lambda: image(L.BatchNormalization(), L.Conv2D(8, 3, padding="same")),
    "BatchNormalization behind relu": lambda: image(L.Conv2D(8, 3, activation="relu"), L.BatchNormalization()),
    "BatchNormalization between relu and Conv2D": lambda: image(
        L.Conv2D(8, 3, activation="relu"), L.BatchNormalization(), L.Conv2D(4, 3)
    ),
    "BatchNormalization alone": lambda: image(L.BatchNormalization()),
    "BatchNormalization behind DepthwiseConv2D": lambda: image(L.DepthwiseConv2D(3), L.BatchNormalization(), L.ReLU(6.0)),
    "BatchNormalization behind Conv2DTranspose": lambda: image(
        L.Conv2DTranspose(6, 3, strides=2, padding="same"), L.BatchNormalization(), L.ReLU()
    ),
    "BatchNormalization behind Dense": lambda: row(L.Dense(8), L.BatchNormalization(), L.ReLU()),
    "BatchNormalization on vectors": lambda: row(L.BatchNormalization(), L.Dense(4)),
    "BatchNormalization behind Conv1D": lambda: series(L.Conv1D(8, 3), L.BatchNormalization(), L.ReLU()),
    "BatchNormalization of time": lambda: series(L.BatchNormalization(axis=1)),
    "BatchNormalization without scale": lambda: image(L.Conv2D(8, 3), L.BatchNormalization(scale=False, center=False)),
    "LayerNormalization": lambda: series(L.LayerNormalization()),
    "LayerNormalization of vectors": lambda: row(L.Dense(16), L.LayerNormalization(), L.Dense(4)),
    "LayerNormalization of images": lambda: image(L.Conv2D(8, 3), L.LayerNormalization(), L.ReLU()),
    "LayerNormalization over two axes": lambda: series(L.LayerNormalization(axis=(1, 2))),
    "RMSNormalization": lambda: series(L.RMSNormalization()),
    "GroupNormalization": lambda: image(L.Conv2D(8, 3), L.GroupNormalization(4), L.ReLU()),
    "GroupNormalization per channel": lambda: image(L.Conv2D(8, 3), L.GroupNormalization(-1)),
    "UnitNormalization": lambda: series(L.UnitNormalization()),
    "UnitNormalization of vectors": lambda: row(L.Dense(8), L.UnitNormalization()),
    "ops.normalize": lambda: series(function(lambda x: ops.normalize(x, axis=-1))),
    "Normalization": lambda: row(L.Normalization(**STATISTICS), L.Dense(4)),
    "Normalization inverted": lambda: row(L.Dense(10), L.Normalization(**STATISTICS, invert=True)),
    "Rescaling": lambda: image(L.Rescaling(0.5, -1)),
    "Rescaling of bytes": lambda: chain(IMAGE, L.Rescaling(1 / 127.5, -1), L.Conv2D(4, 3), dtype="uint8"),
    "Discretization": lambda: row(L.Discretization([-1.0, 0.0, 1.0])),
    "Discretization one-hot": lambda: row(L.Discretization([-1.0, 0.0, 1.0], output_mode="one_hot"), L.Dense(4)),
    "Dropout": lambda: row(L.Dropout(0.5), L.Dense(8), L.AlphaDropout(0.1), L.GaussianDropout(0.1)),
    "SpatialDropout": lambda: image(L.SpatialDropout2D(0.2), L.Conv2D(4, 1), L.GaussianNoise(0.3)),
    "RandomFlip and others": lambda: image(
        L.RandomFlip(), L.RandomRotation(0.1), L.RandomZoom(0.1), L.RandomTranslation(0.1, 0.1), L.RandomContrast(0.1),
        L.Conv2D(4, 3),
    ),
})  # fmt: skip
