"""The converter's rounding as Keras operations, with gradients that pass straight through.

The rules are those of ``arenite.passes.scheme``: activations int8 with a zero point in a range that includes zero, weights
symmetric with a scale per output channel, in [−127, 127] or, four bits wide, in [−8, 7], or −1, 0 and 1, or −1 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

_STEPS = 255
_INT8_WEIGHT_MAX = 127
#: Largest |w| of a channel in steps, of which the one with the least squared error is taken. Beyond 8 extremes are cut off.
#: The rounded weights always reach 6 steps or more, from which the converter's own search finds the same scale.
INT4_REACHES = (7.0, 8.0, 9.5, 11.0)
#: Ternary weights below so much of a channel's mean magnitude become 0, nearly the least squared error of normal ones
#: (Li, Zhang and Liu, Ternary Weight Networks, 2016).
TERNARY_THRESHOLD = 0.7
_TINY = 1e-12

_exporting: ContextVar[bool] = ContextVar("arenite_qat_exporting", default=False)


@contextmanager
def exporting() -> Iterator[None]:
    """While a model is traced for conversion: ranges are constants, and roundings are nodes that the converter reads."""
    token = _exporting.set(True)
    try:
        yield
    finally:
        _exporting.reset(token)


def is_exporting() -> bool:
    """Whether the model is being traced for conversion."""
    return _exporting.get()


def rounded(x: Any, low: Any, high: Any) -> Any:
    """``x`` on the int8 grid of the range [low, high] ∋ 0, scalars; values beyond it are cut off.

    Gradients pass to ``x`` inside the range, and to ``low`` and ``high`` from what is cut off.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.quantization.fake_quant_with_min_max_vars(x, low, high)
    scale = ops.maximum((high - low) / _STEPS, _TINY)
    zero = ops.round(-low / scale)
    bottom, top = -zero * scale, (_STEPS - zero) * scale
    inside = ops.clip(x, bottom, top)
    steps = ops.round((inside - bottom) / scale) * scale + bottom
    return inside + ops.stop_gradient(steps - inside)


def rounded_as_constant(x: Any, low: float, high: float) -> Any:
    """The same for a model that is traced: one node with the range in it."""
    import tensorflow as tf

    return tf.quantization.fake_quant_with_min_max_args(x, low, high)


def rounded_weights(weights: Any, axes: Sequence[int], dtype: str) -> Any:
    """``weights`` on the grids of their output channels; ``axes``: the others. ``dtype``: int8, int4, ternary or binary.

    The gradient is that of the identity.
    """
    still = ops.stop_gradient(weights)
    if dtype in ("ternary", "binary"):
        steps = _few_levels(still, axes, TERNARY_THRESHOLD if dtype == "ternary" else 0.0)
        return weights + ops.stop_gradient(steps - still)
    extremes = ops.maximum(ops.max(ops.abs(still), axis=axes, keepdims=True), _TINY)
    steps = _int8(still, extremes) if dtype == "int8" else _int4(still, extremes, axes)
    return weights + ops.stop_gradient(steps - still)


def _few_levels(weights: Any, axes: Sequence[int], threshold: float) -> Any:
    """−s, s and, for those below ``threshold`` of their channel's mean magnitude, 0; s: the mean magnitude of the others."""
    sizes = ops.abs(weights)
    kept = ops.cast(sizes >= threshold * ops.mean(sizes, axis=axes, keepdims=True), weights.dtype)
    scale = ops.sum(sizes * kept, axis=axes, keepdims=True) / ops.maximum(ops.sum(kept, axis=axes, keepdims=True), 1.0)
    return ops.where(weights < 0, -1.0, 1.0) * kept * ops.maximum(scale, _TINY)


def _int8(weights: Any, extremes: Any) -> Any:
    scale = extremes / _INT8_WEIGHT_MAX
    return ops.clip(ops.round(weights / scale), -_INT8_WEIGHT_MAX, _INT8_WEIGHT_MAX) * scale


def _int4(weights: Any, extremes: Any, axes: Sequence[int]) -> Any:
    best, least = None, None
    for reach in INT4_REACHES:
        scale = extremes / reach
        steps = ops.clip(ops.round(weights / scale), -8, 7) * scale
        error = ops.sum(ops.square(steps - weights), axis=axes, keepdims=True)
        if least is None:
            best, least = steps, error
        else:
            best, least = ops.where(error < least, steps, best), ops.minimum(error, least)
    return best
