"""Convolutions, depthwise and transposed ones, dense layers."""

from __future__ import annotations

from keras import layers as L

from .building import image, row, series
from .registry import register

register(
    "convolution",
    {
        "Conv2D valid": lambda: image(L.Conv2D(8, 3)),
        "Conv2D same": lambda: image(L.Conv2D(8, 3, padding="same", activation="relu")),
        "Conv2D 1x1": lambda: image(L.Conv2D(8, 1, use_bias=False)),
        "Conv2D 5x3, stride 2x1": lambda: image(L.Conv2D(8, (5, 3), strides=(2, 1), padding="same")),
        "Conv2D dilated same": lambda: image(L.Conv2D(8, 3, padding="same", dilation_rate=2)),
        "Conv2D dilated valid": lambda: image(L.Conv2D(8, 3, dilation_rate=(2, 3))),
        "Conv2D grouped": lambda: image(L.Conv2D(6, 3, groups=2)),
        "Conv2D one group per channel": lambda: image(L.Conv2D(8, 3, groups=4)),
        "DepthwiseConv2D": lambda: image(L.DepthwiseConv2D(3)),
        "DepthwiseConv2D multiplier": lambda: image(L.DepthwiseConv2D(3, depth_multiplier=3, padding="same")),
        "DepthwiseConv2D stride 2": lambda: image(L.DepthwiseConv2D(3, strides=2, padding="same")),
        "DepthwiseConv2D dilated": lambda: image(L.DepthwiseConv2D(3, dilation_rate=2, padding="same")),
        "SeparableConv2D": lambda: image(L.SeparableConv2D(8, 3, padding="same", activation="relu")),
        "SeparableConv2D multiplier": lambda: image(L.SeparableConv2D(8, 3, strides=2, depth_multiplier=2)),
        "Conv1D valid": lambda: series(L.Conv1D(8, 3)),
        "Conv1D same": lambda: series(L.Conv1D(8, 5, strides=2, padding="same", activation="relu")),
        "Conv1D causal": lambda: series(L.Conv1D(8, 3, padding="causal")),
        "Conv1D causal dilated": lambda: series(L.Conv1D(8, 3, padding="causal", dilation_rate=4)),
        "Conv1D dilated": lambda: series(L.Conv1D(8, 3, padding="same", dilation_rate=2)),
        "Conv1D grouped": lambda: series(L.Conv1D(6, 3, groups=3)),
        "DepthwiseConv1D": lambda: series(L.DepthwiseConv1D(3, padding="same")),
        "DepthwiseConv1D multiplier": lambda: series(L.DepthwiseConv1D(4, strides=2, depth_multiplier=2)),
        "SeparableConv1D": lambda: series(L.SeparableConv1D(8, 3)),
        "SeparableConv1D causal": lambda: series(L.ZeroPadding1D((2, 0)), L.SeparableConv1D(8, 3)),
        "Conv2DTranspose same": lambda: image(L.Conv2DTranspose(6, 3, strides=2, padding="same")),
        "Conv2DTranspose valid": lambda: image(L.Conv2DTranspose(6, (3, 2), strides=(1, 2), use_bias=False)),
        "Conv2DTranspose kernel below stride": lambda: image(L.Conv2DTranspose(6, 2, strides=3)),
        "Conv2DTranspose relu": lambda: image(L.Conv2DTranspose(6, 4, strides=2, padding="same", activation="relu")),
        "Conv1DTranspose same": lambda: series(L.Conv1DTranspose(5, 4, strides=2, padding="same")),
        "Conv1DTranspose valid": lambda: series(L.Conv1DTranspose(5, 3, strides=3)),
        "SpectralNormalization": lambda: image(L.SpectralNormalization(L.Conv2D(8, 3))),
    },
)
register(
    "convolution",
    {
        "Conv2DTranspose output padding": lambda: image(
            L.Conv2DTranspose(6, 3, strides=2, padding="same", output_padding=0),
        )
    },
)

register("dense", {
    "Dense": lambda: row(L.Dense(8)),
    "Dense relu, sigmoid": lambda: row(L.Dense(16, "relu"), L.Dense(3, "sigmoid")),
    "Dense on a series": lambda: series(L.Dense(8, "relu")),
    "Dense on an image": lambda: image(L.Dense(5, use_bias=False)),
    "EinsumDense last axis": lambda: series(L.EinsumDense("btc,cd->btd", output_shape=(20, 7), bias_axes="d")),
    "EinsumDense two axes": lambda: image(L.EinsumDense("bijk,jkd->bid", output_shape=(12, 5), bias_axes="d")),
    "EinsumDense heads": lambda: series(L.EinsumDense("btc,cnh->btnh", output_shape=(20, 2, 5), bias_axes="nh")),
    "EinsumDense first axis": lambda: series(L.EinsumDense("btc,td->bdc", output_shape=(4, 6))),
    "EinsumDense per position": lambda: series(L.EinsumDense("btc,tcd->btd", output_shape=(20, 3))),
})  # fmt: skip
