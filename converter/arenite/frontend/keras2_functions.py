"""Functions of TensorFlow's as layers: what Keras 2 makes of ``x * 2`` or ``tf.concat`` in a functional model."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ..errors import ModelError
from .keras2_config import FIRST


def function_layers() -> dict[str, Any]:
    """Class by name, for loading."""
    import keras
    import tensorflow as tf

    class TFOpLambda(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
        """The function at a path below ``tf``, ``"math.multiply"``; ``constants`` are its arguments that are no tensors."""

        def __init__(self, function: str, constants: Mapping[str, Any], **fields: Any) -> None:
            super().__init__(**fields)
            self._function = _at(tf, function)
            self._first = [constants[FIRST]] if FIRST in constants else []
            self._constants = {name: value for name, value in constants.items() if name not in (FIRST, "name")}

        def call(self, *operands: Any, **tensors: Any) -> Any:
            return self._function(*self._first, *operands, **self._constants, **tensors)

    class SlicingOpLambda(TFOpLambda):
        """``x[1:5, ::2]``."""

        def call(self, *operands: Any, **_: Any) -> Any:
            spec = self._constants["slice_spec"]
            parts = spec if isinstance(spec, list) else [spec]
            return operands[0][tuple(_part(part) for part in parts)]

    return {"TFOpLambda": TFOpLambda, "SlicingOpLambda": SlicingOpLambda}


#: Where functions of tensors are; others read files or run code, which a model file must not ask for.
_MODULES = ("__operators__", "bitwise", "image", "linalg", "math", "nn", "signal")
_FUNCTIONS = (
    "argsort", "boolean_mask", "broadcast_to", "cast", "clip_by_value", "concat", "convert_to_tensor", "einsum",
    "expand_dims", "fill", "gather", "gather_nd", "identity", "norm", "one_hot", "ones_like", "pad", "range", "rank",
    "repeat", "reshape", "reverse", "roll", "shape", "size", "slice", "sort", "split", "squeeze", "stack", "stop_gradient",
    "strided_slice", "tensordot", "tile", "transpose", "unstack", "where", "zeros_like",
)  # fmt: skip


def _at(module: Any, path: str) -> Any:
    """The function of ``module`` at ``path``; ModelError when there is none that may be called."""
    place, _, name = path.removeprefix("compat.v1.").rpartition(".")
    if place not in _MODULES and (place or name not in _FUNCTIONS):
        raise ModelError(
            f"the model calls tf.{path}, which is not known as a function of tensors; export it as a SavedModel"
        )
    try:
        return functools.reduce(getattr, path.split("."), module)
    except AttributeError:
        raise ModelError(f"the model calls tf.{path}, which this TensorFlow lacks; export it as a SavedModel") from None


def _part(part: Any) -> Any:
    """One subscript: a slice, "...", None for a new axis, or an index."""
    if isinstance(part, dict):
        return slice(part["start"], part["stop"], part["step"])
    return ... if part == "..." else part
