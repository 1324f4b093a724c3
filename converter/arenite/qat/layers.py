"""The layers that :func:`arenite.qat.wrap` puts into a model. All are saved and loaded by Keras."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from ..errors import ModelError
from .products import along_channels, other_axes, over_result, product, result_axes
from .rounding import is_exporting, rounded, rounded_as_constant, rounded_weights

PACKAGE = "arenite"
#: Ranges of results whose grid the operator fixes: (low, high), the ends of 256 steps.
FIXED = {"softmax": (0.0, 255 / 256), "sigmoid": (0.0, 255 / 256), "tanh": (-1.0, 127 / 128)}
#: Activations that the converter computes in the operator before them.
FUSED = ("linear", "relu", "relu6")
#: γ of BatchNormalization is kept from zero by so much where it is divided by.
LEAST_GAMMA = 1e-3


@keras.saving.register_keras_serializable(PACKAGE)
class FakeQuantize(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Rounds to int8 in a range that is learned: the moving average of the batches' extremes, or by gradient.

    ranges    "moving average" or "trained": by the loss's gradient, begun with the first batch's extremes.
    momentum  of the moving average.
    fixed     (low, high) for a grid that the operator fixes; nothing is learned then.

    Until the first batch in training, values pass as they are.
    """

    def __init__(
        self,
        ranges: str = "moving average",
        momentum: float = 0.95,
        fixed: tuple[float, float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.ranges, self.momentum, self.fixed = ranges, momentum, (fixed[0], fixed[1]) if fixed else None

    def build(self, input_shape: Any) -> None:
        if self.fixed is None:
            trained = self.ranges == "trained"
            self.low = self.add_weight(name="low", shape=(), initializer="zeros", trainable=trained, dtype="float32")
            self.high = self.add_weight(name="high", shape=(), initializer="zeros", trainable=trained, dtype="float32")
            self.seen = self.add_weight(name="seen", shape=(), initializer="zeros", trainable=False, dtype="float32")
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if is_exporting():
            return rounded_as_constant(inputs, *self.range)
        if self.fixed is not None:
            return rounded(inputs, *self.fixed)
        if training:
            self._observe(ops.stop_gradient(inputs))
        low, high = ops.minimum(self.low, 0.0), ops.maximum(self.high, 0.0)
        high = ops.where(high - low > 0, high, low + 1.0)
        return ops.where(self.seen > 0, rounded(inputs, low, high), inputs)

    def _observe(self, inputs: Any) -> None:
        """Take in the extremes of a batch; trained ranges take the first one only."""
        keep = 1.0 if self.ranges == "trained" else self.momentum
        for end, found in ((self.low, ops.min(inputs)), (self.high, ops.max(inputs))):
            end.assign(ops.where(self.seen > 0, keep * end + (1 - keep) * found, found))
        self.seen.assign(ops.ones(()))

    @property
    def range(self) -> tuple[float, float]:
        """(low, high) as learned, zero included. ModelError before training."""
        if self.fixed is not None:
            return self.fixed
        import tensorflow as tf

        with tf.init_scope():  # also while the model is traced
            low, high, seen = (float(v.value.numpy()) for v in (self.low, self.high, self.seen))
        if not seen:
            raise ModelError(
                f"'{self.path}' has seen no values, so its range is not known: train the model with fit, or give it data with"
                " arenite.qat.measure(model, samples)"
            )
        low, high = min(low, 0.0), max(high, 0.0)
        return (low, high) if high > low else (low, low + 1.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "ranges": self.ranges, "momentum": self.momentum, "fixed": self.fixed}


class _Wrapper(keras.layers.Layer):  # type: ignore[misc]
    """A layer around others: those in ``PARTS`` are saved with it."""

    PARTS: tuple[str, ...] = ("inner",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    @property
    def hidden(self) -> list[Any]:
        """The layers inside, which are no places of the user's model; ``stands_for``: the one that is."""
        return [part for part in (getattr(self, name) for name in self.PARTS) if part is not None]

    @property
    def stands_for(self) -> Any:
        return self.inner

    def get_config(self) -> dict[str, Any]:
        parts = {name: getattr(self, name) for name in self.PARTS}
        saved = {n: None if p is None else keras.saving.serialize_keras_object(p) for n, p in parts.items()}
        return {**super().get_config(), **saved}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        parts = {n: config[n] and keras.saving.deserialize_keras_object(config[n]) for n in cls.PARTS}
        return cls(**{**config, **parts})

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.inner.compute_output_shape(input_shape)


@keras.saving.register_keras_serializable(PACKAGE)
class RoundedResult(_Wrapper):
    """A layer whose result is rounded; its inside stays as it is."""

    PARTS = ("inner", "result")

    def __init__(self, inner: Any, result: FakeQuantize, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner, self.result = inner, result

    def build(self, input_shape: Any) -> None:
        if not self.inner.built:
            self.inner.build(input_shape)
        if not self.result.built:
            self.result.build(None)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        options = {"training": training} if self.inner._call_has_training_arg else {}
        return self.result(self.inner(inputs, **options), training=training)


@keras.saving.register_keras_serializable(PACKAGE)
class QuantizedLayer(_Wrapper):
    """A dense or convolution layer with rounded weights, BatchNormalization folded into them, and a rounded result.

    inner    the layer; it is not called, its kernel, bias and activation are used.
    norm     the BatchNormalization behind it, or None. ``batch_norm``: "frozen" folds its moving statistics, in training too;
             "batch" normalizes by the batch's in training, while the weights are rounded as the moving ones scale them.
    weights  "int8", "int4", "ternary" or "binary".
    before, result  rounding before an activation that is an operator of its own, and of the result; None where the next
             layer rounds.
    """

    PARTS = ("inner", "norm", "before", "result")

    def __init__(
        self,
        inner: Any,
        norm: Any = None,
        before: FakeQuantize | None = None,
        result: FakeQuantize | None = None,
        weights: str = "int8",
        batch_norm: str = "frozen",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.inner, self.norm, self.before, self.result = inner, norm, before, result
        self.weights_dtype, self.batch_norm = weights, batch_norm

    def build(self, input_shape: Any) -> None:
        if not self.inner.built:
            self.inner.build(input_shape)
        if self.norm is not None and not self.norm.built:
            self.norm.build(self.inner.compute_output_shape(input_shape))
        for part in (self.before, self.result):
            if part is not None and not part.built:
                part.build(None)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        result = self._plain(inputs) if self.norm is None else self._normalized(inputs, training)
        if self.before is not None:
            result = self.before(result, training=training)
        if getattr(self.inner, "activation", None) is not None:
            result = self.inner.activation(result)
        return result if self.result is None else self.result(result, training=training)

    def _round(self, kernel: Any) -> Any:
        return rounded_weights(kernel, other_axes(self.inner), self.weights_dtype)

    def _plain(self, inputs: Any) -> Any:
        result = product(self.inner, inputs, self._round(ops.convert_to_tensor(self.inner.kernel)))
        return result + over_result(self.inner, self.inner.bias, len(result.shape)) if self.inner.use_bias else result

    def _normalized(self, inputs: Any, training: bool | None) -> Any:
        """BatchNormalization of the layer's result as one product with rounded weights."""
        layer, norm = self.inner, self.norm
        gamma = norm.gamma if norm.scale else ops.ones_like(norm.moving_variance)
        deviation = ops.sqrt(norm.moving_variance + norm.epsilon)
        factor = gamma / deviation
        result = product(layer, inputs, self._round(layer.kernel * along_channels(layer, factor)))
        shape = len(result.shape)
        if training and self.batch_norm == "batch" and norm.trainable:
            return self._by_batch(result, gamma, deviation)
        bias = layer.bias if layer.use_bias else 0.0
        shift = (bias - norm.moving_mean) * factor + (norm.beta if norm.center else 0.0)
        return result + over_result(layer, shift, shape)

    def _by_batch(self, result: Any, gamma: Any, deviation: Any) -> Any:
        """``result`` = γ / σ · y, with σ of the moving statistics, normalized by the batch's; the moving ones follow."""
        layer, norm, rank = self.inner, self.norm, len(result.shape)
        mean, variance = ops.moments(result, axes=result_axes(layer, rank))
        away = ops.where(ops.abs(gamma) < LEAST_GAMMA, LEAST_GAMMA, gamma)
        back = deviation / away
        bias = layer.bias if layer.use_bias else 0.0
        self._follow(norm.moving_mean, mean * back + bias)
        self._follow(norm.moving_variance, variance * ops.square(back))
        scale = deviation / ops.sqrt(variance * ops.square(back) + norm.epsilon)
        shift = (norm.beta if norm.center else 0.0) - mean * scale
        return result * over_result(layer, scale, rank) + over_result(layer, shift, rank)

    def _follow(self, moving: Any, found: Any) -> None:
        momentum = self.norm.momentum
        moving.assign(momentum * moving + (1 - momentum) * ops.stop_gradient(found))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weights": self.weights_dtype, "batch_norm": self.batch_norm}
