"""Layers that rearrange, pad and cut."""

from __future__ import annotations

from keras import layers as L
from keras import ops

from .building import function, image, row, series
from .registry import register

register("shape", {
    "ZeroPadding2D": lambda: image(L.ZeroPadding2D(((1, 2), (0, 3)))),
    "ZeroPadding2D before Conv2D": lambda: image(L.ZeroPadding2D(1), L.Conv2D(6, 3, strides=2)),
    "ZeroPadding1D": lambda: series(L.ZeroPadding1D((1, 2))),
    "Cropping2D": lambda: image(L.Cropping2D(((1, 2), (0, 3)))),
    "Cropping1D": lambda: series(L.Cropping1D((1, 2))),
    "Flatten": lambda: image(L.Flatten(), L.Dense(4)),
    "Reshape": lambda: image(L.Reshape((8, -1))),
    "Permute": lambda: image(L.Permute((3, 1, 2))),
    "Permute a series": lambda: series(L.Permute((2, 1)), L.Dense(4)),
    "RepeatVector": lambda: row(L.RepeatVector(5)),
    "Identity": lambda: image(L.Identity(), L.Conv2D(4, 1)),
    "split and stack": lambda: image(function(lambda x: ops.stack(ops.split(x, 2, axis=-1), axis=1))),
    "slices": lambda: image(function(lambda x: x[:, 2:-1:2, ::-1, 1:3])),
    "one index": lambda: series(function(lambda x: x[:, -1])),
    "tile": lambda: image(function(lambda x: ops.tile(x, (1, 2, 1, 3)))),
    "repeat": lambda: series(function(lambda x: ops.repeat(x, 2, axis=1))),
    "roll": lambda: series(function(lambda x: ops.roll(x, 3, axis=1))),
    "flip": lambda: image(function(lambda x: ops.flip(x, axis=2))),
    "transpose of rank 5": lambda: image(
        L.Reshape((3, 4, 5, 2, 4)), L.Permute((1, 3, 2, 4, 5)), L.Reshape((15, 8, 4))
    ),
    "pad reflect": lambda: image(function(lambda x: ops.pad(x, ((0, 0), (2, 1), (1, 3), (0, 0)), mode="reflect"))),
    "pad with a number": lambda: image(
        function(lambda x: ops.pad(x, ((0, 0), (2, 1), (1, 3), (0, 0)), constant_values=0.5))
    ),
    "take": lambda: series(function(lambda x: ops.take(x, [4, 0, 2], axis=2))),
    "broadcast": lambda: row(function(lambda x: ops.expand_dims(x, 1) * ops.ones((1, 6, 1)))),
    "pixel shuffle": lambda: image(
        L.Conv2D(12, 3, padding="same"),
        L.Reshape((12, 10, 2, 2, 3)), L.Permute((1, 3, 2, 4, 5)), L.Reshape((24, 20, 3)),
    ),
})  # fmt: skip
