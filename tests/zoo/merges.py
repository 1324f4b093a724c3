"""Merging layers."""

from __future__ import annotations

from keras import Input, Model
from keras import layers as L

from .building import IMAGE, ROW, SERIES, pair
from .registry import register


def gate() -> Model:
    """An image times one number per channel."""
    source = Input(IMAGE)
    factor = L.Dense(4, "sigmoid")(L.GlobalAveragePooling2D(keepdims=True)(source))
    return Model(source, L.Multiply()([source, factor]))


def of_three(merge: L.Layer) -> Model:
    sources = [Input(ROW, name=name) for name in "abc"]
    return Model(sources, merge(sources))


register("merge", {
    "Add": lambda: pair(L.Add()),
    "Add of images": lambda: pair(L.Add(), IMAGE),
    "Add of three": lambda: of_three(L.Add()),
    "Subtract": lambda: pair(L.Subtract()),
    "Multiply": lambda: pair(L.Multiply()),
    "Multiply broadcast": gate,
    "Average": lambda: pair(L.Average()),
    "Average of three": lambda: of_three(L.Average()),
    "Maximum": lambda: pair(L.Maximum()),
    "Minimum": lambda: pair(L.Minimum()),
    "Concatenate": lambda: pair(L.Concatenate()),
    "Concatenate over time": lambda: pair(L.Concatenate(axis=1)),
    "Concatenate of three": lambda: of_three(L.Concatenate()),
    "Dot": lambda: pair(L.Dot(axes=1), ROW),
    "Dot of series": lambda: pair(L.Dot(axes=(2, 2)), SERIES),
    "Dot normalized": lambda: pair(L.Dot(axes=1, normalize=True), ROW),
})  # fmt: skip
