"""Trace a Keras model or a TensorFlow function at fixed shapes into a :class:`Program`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import AreniteError, ModelError
from .keras_inputs import Shapes, call_of
from .program import Program, Tensor
from .signature import Call, Port, distinct, fix_shapes, leaves
from .spans import LayerSpans
from .walk import Walker, constant, dtype_name, finish


def trace_keras(model: Any, shapes: Shapes, batch: int) -> Program:
    """A Keras model or layer, in inference mode. Raises ModelError when Keras cannot call it at these shapes."""
    import tensorflow as tf

    call = call_of(model, shapes)
    fixed = fix_shapes(call.ports, shapes, batch)
    _build(model, call, fixed)
    specs = [tf.TensorSpec(shape, port.dtype) for port, shape in zip(call.ports, fixed, strict=True)]
    spans = LayerSpans()
    function = tf.function(lambda *tensors: call(model, tensors), autograph=False)
    with spans.recording(model), _explained(model, fixed):
        concrete = function.get_concrete_function(*specs)
    walker = Walker(spans, {id(v.value.handle): v.path for v in model.variables if hasattr(v.value, "handle")})
    arguments = [(port, tensor) for port, tensor in zip(call.ports, _arguments(concrete), strict=True)]
    return _walk(walker, concrete, arguments, fixed, call.outputs)


def trace_function(function: Any, shapes: Shapes, batch: int) -> Program:
    """A ``tf.function`` (with an input signature, or with ``shapes`` naming every argument) or a concrete one."""
    concrete = _concrete(function, shapes)
    arguments = _named_arguments(concrete)
    fixed = fix_shapes([port for port, _ in arguments], shapes, batch)
    walker = Walker(LayerSpans(), {id(v.handle): v.name.split(":")[0] for v in concrete.graph.variables})
    return _walk(walker, concrete, arguments, fixed, ())


def _walk(
    walker: Walker,
    concrete: Any,
    arguments: Sequence[tuple[Port, Any]],
    fixed: Sequence[tuple[int, ...]],
    output_names: Sequence[str],
) -> Program:
    """The program of a traced function.

    arguments  each input of the user's with the placeholder that stands for it, in the user's order.
    fixed      shapes of the same.
    """
    feeds = [Tensor(port.name, dtype_name(t.dtype), shape) for (port, t), shape in zip(arguments, fixed, strict=True)]
    captured = {inner.name: captured_tensor(outer) for outer, inner in concrete.graph.captures}
    given = {tensor.name: feed for (_, tensor), feed in zip(arguments, feeds, strict=True)}
    env = walker.walk(concrete.graph, {**captured, **given})
    outputs = [(name, env[leaf.name]) for name, leaf in leaves(concrete.structured_outputs)]
    names = _output_names([name for name, _ in outputs], output_names)
    inputs = [(port.name, feed) for (port, _), feed in zip(arguments, feeds, strict=True)]
    return finish(walker, inputs, [(name, tensor) for name, (_, tensor) in zip(names, outputs, strict=True)])


def captured_tensor(outer: Any) -> Tensor:
    """What a function closes over: a variable by its handle, or an eager value."""
    if outer.dtype.name == "resource":
        return Tensor("variable", "resource", (), handle=outer)
    if not hasattr(outer, "numpy"):
        raise ModelError(
            f"the function closes over '{outer.name}', a tensor of another function; pass it as an argument"
        )
    return constant("constant", outer.numpy())


def _output_names(paths: Sequence[str], default_names: Sequence[str]) -> list[str]:
    """Dict keys where the user gave some, else the model's own output names, else ``output_0`` …"""
    defaults = default_names if len(default_names) == len(paths) else [f"output_{i}" for i in range(len(paths))]
    return distinct([path or default for path, default in zip(paths, defaults, strict=True)])


def _build(model: Any, call: Call, fixed: Sequence[tuple[int, ...]]) -> None:
    """Create the weights of a model that has never been called; tracing must not create variables."""
    if model.built:
        return
    import tensorflow as tf

    with _explained(model, fixed):
        call(model, [tf.zeros(shape, port.dtype) for port, shape in zip(call.ports, fixed, strict=True)])


@contextmanager
def _explained(model: Any, fixed: Sequence[tuple[int, ...]]) -> Iterator[None]:
    """An exception from the user's model becomes a ModelError that says what was asked of it."""
    try:
        yield
    except AreniteError:
        raise
    except Exception as error:
        shapes = ", ".join(str(list(shape)) for shape in fixed)
        raise ModelError(f"model '{model.name}' fails when it is called with {shapes}: {_gist(error)}") from error


def _gist(error: Exception) -> str:
    """Keras wraps what went wrong, in bold type, into a report of the arguments."""
    text = str(error)
    bold = re.search(r"\x1b\[1m(.*?)\x1b\[0m", text, re.DOTALL)
    return f"{text.splitlines()[0]} {bold[1]}" if bold else text


# --- functions ------------------------------------------------------------------------------------------------------
def _concrete(function: Any, shapes: Shapes) -> Any:
    if not hasattr(function, "get_concrete_function"):
        return function
    import tensorflow as tf

    if function.input_signature is not None:
        return function.get_concrete_function()
    if not shapes:
        raise ModelError("a tf.function without input_signature has open shapes: pass shapes={'<argument>': [1, …]}")
    return function.get_concrete_function(**{name: tf.TensorSpec(shape, name=name) for name, shape in shapes.items()})


def _arguments(concrete: Any) -> list[Any]:
    """Placeholders of the arguments, without those of captured variables."""
    captured = {inner.name for _, inner in concrete.graph.captures}
    return [tensor for tensor in concrete.graph.inputs if tensor.name not in captured]


def _named_arguments(concrete: Any) -> list[tuple[Port, Any]]:
    """TensorFlow flattens dicts by sorted keys; here they come in the user's order, with the user's names."""
    import tensorflow as tf

    placeholders = _arguments(concrete)
    args, kwargs = concrete.structured_input_signature
    structure = tf.nest.pack_sequence_as((args, kwargs), placeholders)
    named = [(path or tensor.op.name, tensor) for path, tensor in leaves([*structure[0], structure[1]])]
    names = distinct([name for name, _ in named])
    return [(_port(name, tensor), tensor) for name, (_, tensor) in zip(names, named, strict=True)]


def _port(name: str, tensor: Any) -> Port:
    shape = None if tensor.shape.rank is None else tuple(tensor.shape.as_list())
    return Port(name, shape, dtype_name(tensor.dtype))
