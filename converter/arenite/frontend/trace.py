"""Trace a Keras model or a TensorFlow function at fixed shapes into a :class:`Program`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import AreniteError, ModelError, UnsupportedError
from .composites import Composites
from .fold import constant
from .keras_inputs import Shapes, call_of
from .program import Program, Tensor
from .signature import Call, Port, distinct, fix_shapes, leaves
from .spans import LayerSpans
from .time_distributed import steps_in_the_batch
from .walk import ANONYMOUS, Walker, dtype_name, finish


def trace_keras(model: Any, shapes: Shapes, batch: int) -> Program:
    """A Keras model or layer, in inference mode. Raises ModelError when Keras cannot call it at these shapes."""
    import tensorflow as tf

    from ..qat.rewriting import weights_of
    from ..qat.rounding import exporting

    _refuse_quantized(model)
    call = call_of(model, shapes)
    fixed = fix_shapes(call.ports, shapes, batch)
    _build(model, call, fixed)
    specs = [tf.TensorSpec(shape, port.dtype) for port, shape in zip(call.ports, fixed, strict=True)]
    spans = LayerSpans()
    function = tf.function(lambda *tensors: call(model, tensors), autograph=False)
    composites = Composites()
    with (
        steps_in_the_batch(model),
        spans.recording(model),
        composites.recording(model),
        exporting(),
        _explained(model, fixed),
    ):
        concrete = function.get_concrete_function(*specs)
    walker = Walker(spans, _variable_names(model), composites)
    arguments = [(port, tensor) for port, tensor in zip(call.ports, _arguments(concrete), strict=True)]
    program = _walk(walker, concrete, arguments, fixed, call.outputs)
    program.trained_weights = weights_of(model)
    return program


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
    if walker.assigned:  # only now is it known which variables are no constants
        walker = walker.anew()
        env = walker.walk(concrete.graph, {**captured, **given})
    outputs = [(name, env[tensor.name]) for name, tensor in _results(concrete)]
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
    return constant(ANONYMOUS, outer.numpy())


def _output_names(paths: Sequence[str], default_names: Sequence[str]) -> list[str]:
    """Dict keys where the user gave some, else the model's own output names, else ``output_0`` …"""
    defaults = default_names if len(default_names) == len(paths) else [f"output_{i}" for i in range(len(paths))]
    return distinct([path or default for path, default in zip(paths, defaults, strict=True)])


def _variable_names(model: Any) -> dict[int, str]:
    """id of the handle → path below the model, ``"conv1/kernel"``."""
    prefix = f"{model.name}/"
    return {id(v.value.handle): v.path.removeprefix(prefix) for v in model.variables if hasattr(v.value, "handle")}


def _refuse_quantized(model: Any) -> None:
    modes = {layer.name: getattr(layer, "quantization_mode", None) for layer in model._flatten_layers()}
    quantized = [f"'{name}' ({mode})" for name, mode in modes.items() if mode]
    if quantized:
        raise UnsupportedError(
            f"layers {', '.join(quantized)} were quantized by Keras, whose scheme a microcontroller's kernels do not share;"
            " give the float model and let the converter quantize it"
        )


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


def _results(concrete: Any) -> list[tuple[str, Any]]:
    """(name or "", tensor) for everything the function returns; a loaded function's structure states only types."""
    import tensorflow as tf

    structure, tensors = concrete.structured_outputs, iter(concrete.graph.outputs)
    flat = [None if leaf is None else next(tensors) for leaf in tf.nest.flatten(structure)]
    named = list(leaves(tf.nest.pack_sequence_as(structure, flat)))
    if _is_signature(concrete):
        places = {op.name: place for place, op in enumerate(concrete.graph.get_operations())}
        named.sort(key=lambda pair: _source(pair[1], places))
    return named


def _source(tensor: Any, places: dict[str, int]) -> tuple[int, int]:
    """(operation, result) that computes ``tensor``, behind any Identity."""
    while tensor.op.type == "Identity":
        tensor = tensor.op.inputs[0]
    return places[tensor.op.name], tensor.value_index


def _arguments(concrete: Any) -> list[Any]:
    """Placeholders of the arguments, without those of captured variables."""
    captured = {inner.name for _, inner in concrete.graph.captures}
    return [tensor for tensor in concrete.graph.inputs if tensor.name not in captured]


def _named_arguments(concrete: Any) -> list[tuple[Port, Any]]:
    """TensorFlow flattens dicts by sorted keys; here they come in the user's order, with the user's names."""
    import tensorflow as tf

    placeholders = _arguments(concrete)
    if concrete.structured_input_signature is None:  # frozen by the v1 loader
        named = [(tensor.op.name.removeprefix("serving_default_"), tensor) for tensor in placeholders]
    else:
        args, kwargs = tf.nest.pack_sequence_as(concrete.structured_input_signature, placeholders)
        named = [(path or tensor.op.name, tensor) for path, tensor in leaves([*args, kwargs])]
    if _is_signature(concrete):
        named.sort(key=lambda pair: _first_use(concrete.graph, pair[1]))
    names = distinct([name for name, _ in named])
    return [(_port(name, tensor), tensor) for name, (_, tensor) in zip(names, named, strict=True)]


def _is_signature(concrete: Any) -> bool:
    """Of a SavedModel: it knows its tensors by name only; the call inside it has them in the order of the model."""
    return concrete.structured_input_signature is None or not concrete.structured_input_signature[0]


def _first_use(graph: Any, placeholder: Any) -> tuple[int, int]:
    """(operation, operand) where ``graph`` reads ``placeholder`` first."""
    uses = (
        (place, index)
        for place, op in enumerate(graph.get_operations())
        for index, operand in enumerate(op.inputs)
        if operand is placeholder
    )
    return next(uses, (graph.num_operations(), 0))


def _port(name: str, tensor: Any) -> Port:
    shape = None if tensor.shape.rank is None else tuple(tensor.shape.as_list())
    return Port(name, shape, dtype_name(tensor.dtype))
