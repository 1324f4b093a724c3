"""The entry: find out what the user gave, trace it, lower it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..graph import Graph
from .files import open_model
from .lower import lower
from .program import Program
from .start import advice_held, start_tensorflow
from .trace import trace_function, trace_keras


def load_graph(
    model: Any,
    *,
    shapes: Mapping[str, Sequence[int]] | None = None,
    batch: int = 1,
    custom_objects: Mapping[str, Any] | None = None,
    trust: bool = False,
    signature: str | None = None,
) -> Graph:
    """The float graph of ``model``, with TFLite operators and fixed shapes.

    model           a Keras model; a ``tf.function`` or concrete function; a function without arguments that returns a
                    model; a path to a ``.keras`` or ``.h5`` file or a SavedModel directory; ``"module:function"`` or
                    ``"file.py:function"``, a factory.
    shapes          closed shapes by input name, with or without batch; needed where the model leaves dimensions open.
    batch           size of an open first dimension, ≥ 1.
    custom_objects  classes by name, for files with layers that Keras does not know.
    trust           run Python code found in a model file (Lambda layers).
    signature       which function of a SavedModel; "serving_default" or the only one when None.

    Inputs and outputs keep the model's order and names. Inputs that the model itself turns from whole numbers into
    floats become float inputs. Raises UnsupportedError listing every operation that has no equivalent, ModelError for
    what cannot be loaded or called.
    """
    if batch < 1:
        raise ModelError(f"batch must be at least 1, not {batch}")
    if signature is not None and not isinstance(model, str | Path):
        raise ModelError(f"signature={signature!r} is for SavedModels in files; give the function itself")
    with advice_held():
        is_place = isinstance(model, str | Path)
        source = open_model(str(model), custom_objects, trust, signature) if is_place else model
        program = _trace(source, shapes, batch)
        graph = lower(program)
        graph.trained_weights = program.trained_weights
    graph.verify()
    return graph


def _trace(model: Any, shapes: Mapping[str, Sequence[int]] | None, batch: int) -> Program:
    start_tensorflow()
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            f"models are traced with TensorFlow, but Keras runs on {keras.backend.backend()} in this process: save the model"
            " (model.save('model.keras')) and convert the file with the command arenite, or in a process where"
            " KERAS_BACKEND=tensorflow"
        )
    if isinstance(model, keras.layers.Layer):
        return trace_keras(model, shapes, batch)
    if hasattr(model, "get_concrete_function") or hasattr(model, "structured_input_signature"):
        return trace_function(model, shapes, batch)
    if type(model).__module__.startswith("tf_keras"):
        raise ModelError("this is a Keras 2 model (tf_keras): save it as .h5 or as a SavedModel and give the path")
    if callable(model):
        made = model()
        if not callable(made) or made is model:
            raise ModelError(f"the factory returned a {type(made).__name__}, not a model")
        return _trace(made, shapes, batch)
    raise ModelError(f"cannot convert a {type(model).__name__}: give a Keras model, a tf.function, a factory or a path")
