"""``TimeDistributed``: Keras traces the wrapped layer once for each step; here once, with the steps in the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def steps_in_the_batch(model: Any) -> Iterator[None]:
    """Let every ``TimeDistributed`` of ``model`` call its layer on [batch · time, ...]; all are as before afterwards.

    A layer treats the entries of a batch alike and apart, so the results are the same. A stateful one knows its batch.
    """
    import keras

    wrappers = [w for w in model._flatten_layers() if isinstance(w, keras.layers.TimeDistributed)]
    wrappers = [w for w in wrappers if not getattr(w.layer, "stateful", False)]
    try:
        for wrapper in wrappers:
            object.__setattr__(wrapper, "call", _call(wrapper.layer))
        yield
    finally:
        for wrapper in wrappers:
            vars(wrapper).pop("call", None)


def _call(layer: Any) -> Callable[..., Any]:
    def call(inputs: Any, training: Any = None, mask: Any = None) -> Any:
        del training
        import tensorflow as tf

        batch, steps = inputs.shape[:2]
        options = {"mask": _merged(mask)} if mask is not None and layer._call_has_mask_arg else {}
        return tf.nest.map_structure(
            lambda y: tf.reshape(y, (batch, steps, *y.shape[1:])), layer.call(_merged(inputs), **options)
        )

    return call


def _merged(x: Any) -> Any:
    import tensorflow as tf

    return tf.reshape(x, (x.shape[0] * x.shape[1], *x.shape[2:]))
