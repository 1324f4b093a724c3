"""Starting TensorFlow: late, once, and without its greetings on the user's terminal."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec

from ..errors import ModelError
from ..quiet import native_output_held


def start_tensorflow() -> None:
    """Make TensorFlow and Keras ready for use. Raises ModelError when they are not installed."""
    missing = [name for name in ("tensorflow", "keras") if find_spec(name) is None]
    if missing:
        raise ModelError(f"converting needs {' and '.join(missing)}: pip install 'arenite[keras]'")
    _start_once()


@cache
def _start_once() -> None:
    """The first tensor makes TensorFlow look for devices, which it comments on as it does on being imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with native_output_held(), _backend("tensorflow"):
        import keras  # noqa: F401
        import tensorflow as tf

        tf.zeros(())


@contextmanager
def _backend(name: str) -> Iterator[None]:
    """Keras takes this backend if it is imported in the block, whatever the user's settings say; children still see those.

    Models in files are the same for every backend, so that one who trains with JAX or PyTorch has nothing to set here.
    """
    before = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["KERAS_BACKEND"]
        else:
            os.environ["KERAS_BACKEND"] = before


@contextmanager
def advice_held() -> Iterator[None]:
    """TensorFlow's advice on retracing and on old loaders is about how it is called here, not about the user's model."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
