"""Trace a Keras model or a TensorFlow function at fixed shapes into a :class:`Program`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import ModelError
from .program import Program, Tensor
from .signature import Port, distinct, fix_shapes, leaves, map_leaves, rebuild
from .spans import LayerSpans
from .walk import Walker, constant, dtype_name, finish

Shapes = Mapping[str, Sequence[int]] | None


def trace_keras(model: Any, shapes: Shapes, batch: int) -> Program:
    """A Keras model or layer, in inference mode."""
    structure, default_names = _keras_inputs(model, shapes)
    ports = [port for _, port in leaves(structure)]
    fixed = fix_shapes(ports, shapes, batch)
    spans = LayerSpans()

    def call(*tensors: Any) -> Any:
        return model(rebuild(structure, iter(tensors)), training=False)

    _build(model, ports, fixed, call)
    with spans.recording(model):
        return _trace(call, ports, fixed, spans, _keras_variable_names(model), default_names)


def trace_function(function: Any, shapes: Shapes, batch: int) -> Program:
    """A ``tf.function`` (with an input signature, or with one argument shape per name in ``shapes``) or a concrete one."""
    concrete = _concrete(function, shapes)
    ports = _concrete_ports(concrete)
    fixed = fix_shapes(ports, shapes, batch)
    feeds = [Tensor(port.name, port.dtype, shape) for port, shape in zip(ports, fixed, strict=True)]
    names = {id(v.handle): v.name.split(":")[0] for v in concrete.graph.variables}
    walker = Walker(LayerSpans(), names)
    return _walk(walker, concrete, ports, feeds, concrete.structured_outputs, [])


def _trace(
    call: Callable[..., Any],
    ports: Sequence[Port],
    fixed: Sequence[tuple[int, ...]],
    spans: LayerSpans,
    variable_names: dict[int, str],
    default_names: Sequence[str],
) -> Program:
    import tensorflow as tf

    specs = [tf.TensorSpec(shape, port.dtype) for port, shape in zip(ports, fixed, strict=True)]
    concrete = tf.function(call, autograph=False, reduce_retracing=False).get_concrete_function(*specs)
    feeds = [Tensor(port.name, _dtype(port.dtype), shape) for port, shape in zip(ports, fixed, strict=True)]
    walker = Walker(spans, variable_names)
    return _walk(walker, concrete, ports, feeds, concrete.structured_outputs, default_names)


def _walk(
    walker: Walker,
    concrete: Any,
    ports: Sequence[Port],
    feeds: Sequence[Tensor],
    structured_outputs: Any,
    default_names: Sequence[str],
) -> Program:
    graph = concrete.graph
    captured = {inner.name: captured_tensor(outer) for outer, inner in graph.captures}
    arguments = [tensor for tensor in graph.inputs if tensor.name not in captured]
    given = {tensor.name: feed for tensor, feed in zip(arguments, feeds, strict=True)}
    env = walker.walk(graph, {**captured, **given})
    outputs = [(name, env[leaf.name]) for name, leaf in leaves(structured_outputs)]
    names = _output_names([name for name, _ in outputs], default_names)
    inputs = [(port.name, feed) for port, feed in zip(ports, feeds, strict=True)]
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


# --- Keras models ---------------------------------------------------------------------------------------------------
def _keras_inputs(model: Any, shapes: Shapes) -> tuple[Any, list[str]]:
    """The structure that ``model`` is called with, a Port at each leaf; and the names of its outputs, if it has any."""
    functional = getattr(model, "_functional", None) or model
    if getattr(functional, "_inputs_struct", None) is not None:
        structure = map_leaves(functional._inputs_struct, _port_of_keras_tensor)
        return structure, list(functional.output_names)
    return _subclassed_inputs(model, shapes), []


def _port_of_keras_tensor(path: str, tensor: Any) -> Port:
    return Port(path or tensor.name, tuple(tensor.shape), tensor.dtype)


def _subclassed_inputs(model: Any, shapes: Shapes) -> Any:
    """From the shapes that the model was built with; for a model never built, from ``shapes`` alone."""
    built = getattr(model, "_build_shapes_dict", None)
    if not built:
        if shapes is None:
            raise ModelError(
                f"model '{model.name}' ({type(model).__name__}) was never built, so its input is not known: call it once"
                " on data, or pass shapes={'input': [1, …]} with the batch dimension"
            )
        ports = {name: Port(name, tuple(shape)) for name, shape in shapes.items()}
        return ports if len(ports) > 1 else next(iter(ports.values()))
    structure = next(iter(built.values())) if len(built) == 1 else dict(built)
    argument = _first_argument(model)
    return _ports_of_shapes(structure, argument)


def _ports_of_shapes(structure: Any, name: str) -> Any:
    if isinstance(structure, Mapping):
        return {key: _ports_of_shapes(item, str(key)) for key, item in structure.items()}
    if isinstance(structure, list | tuple) and any(isinstance(item, list | tuple) for item in structure):
        return [_ports_of_shapes(item, f"{name}_{i}") for i, item in enumerate(structure)]
    return Port(name, tuple(structure))


def _first_argument(model: Any) -> str:
    code = model.call.__code__ if hasattr(model.call, "__code__") else model.call.__func__.__code__
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount]
    return next((name for name in names if name != "self"), "input")


def _build(model: Any, ports: Sequence[Port], fixed: Sequence[tuple[int, ...]], call: Callable[..., Any]) -> None:
    """Create the weights of a model that has never been called; tracing must not create variables."""
    if model.built:
        return
    import tensorflow as tf

    call(*(tf.zeros(shape, port.dtype) for port, shape in zip(ports, fixed, strict=True)))


def _keras_variable_names(model: Any) -> dict[int, str]:
    return {id(v.value.handle): v.path for v in model.variables if hasattr(v.value, "handle")}


def _dtype(name: str) -> str:
    import tensorflow as tf

    return dtype_name(tf.as_dtype(name))


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


def _concrete_ports(concrete: Any) -> list[Port]:
    captured = {inner.name for _, inner in concrete.graph.captures}
    arguments = [tensor for tensor in concrete.graph.inputs if tensor.name not in captured]
    args, kwargs = concrete.structured_input_signature
    specs = list(leaves([*args, kwargs]))
    names = [spec.name or path or tensor.op.name for (path, spec), tensor in zip(specs, arguments, strict=True)]
    return [
        Port(name, tuple(t.shape.as_list()) if t.shape.rank is not None else None, dtype_name(t.dtype))
        for name, t in zip(distinct(names), arguments, strict=True)
    ]
