"""Pooling and changes of size."""

from __future__ import annotations

from keras import layers as L

from .building import image, series
from .registry import register

register(
    "pooling",
    {
        "MaxPooling2D": lambda: image(L.MaxPooling2D(3, strides=2)),
        "MaxPooling2D same": lambda: image(L.MaxPooling2D((3, 2), padding="same")),
        "AveragePooling2D": lambda: image(L.AveragePooling2D(2)),
        "AveragePooling2D same": lambda: image(L.AveragePooling2D(3, strides=2, padding="same")),
        "MaxPooling1D": lambda: series(L.MaxPooling1D(3)),
        "AveragePooling1D": lambda: series(L.AveragePooling1D(3, strides=2, padding="same")),
        "GlobalAveragePooling2D": lambda: image(L.GlobalAveragePooling2D()),
        "GlobalAveragePooling2D keepdims": lambda: image(L.GlobalAveragePooling2D(keepdims=True)),
        "GlobalAveragePooling1D": lambda: series(L.GlobalAveragePooling1D()),
        "GlobalMaxPooling2D": lambda: image(L.GlobalMaxPooling2D()),
        "GlobalMaxPooling1D": lambda: series(L.GlobalMaxPooling1D(keepdims=True)),
        "AdaptiveAveragePooling2D": lambda: image(L.AdaptiveAveragePooling2D((4, 5))),
        "AdaptiveMaxPooling2D uneven": lambda: image(L.AdaptiveMaxPooling2D((5, 3))),
        "AdaptiveAveragePooling1D": lambda: series(L.AdaptiveAveragePooling1D(6)),
        "AdaptiveMaxPooling1D": lambda: series(L.AdaptiveMaxPooling1D(5)),
    },
)

register("resizing", {
    "UpSampling2D nearest": lambda: image(L.UpSampling2D((2, 3))),
    "UpSampling2D bilinear": lambda: image(L.UpSampling2D(2, interpolation="bilinear")),
    "UpSampling1D": lambda: series(L.UpSampling1D(3)),
    "Resizing bilinear": lambda: image(L.Resizing(7, 17)),
    "Resizing nearest": lambda: image(L.Resizing(18, 15, interpolation="nearest")),
    "Resizing nearest, smaller": lambda: image(L.Resizing(5, 7, interpolation="nearest")),
    "Resizing cropped": lambda: image(L.Resizing(8, 8, crop_to_aspect_ratio=True)),
    "Resizing padded": lambda: image(L.Resizing(8, 8, pad_to_aspect_ratio=True)),
    "Resizing bicubic": lambda: image(L.Resizing(24, 20, interpolation="bicubic")),
    "CenterCrop": lambda: image(L.CenterCrop(8, 6)),
})  # fmt: skip
