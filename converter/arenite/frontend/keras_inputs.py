"""How a Keras model is to be called: declared by functional models, remembered or asked for with subclassed ones."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ModelError
from .signature import Call, Port, Shape, distinct_ports, map_leaves

Shapes = Mapping[str, Sequence[int]] | None


def call_of(model: Any, shapes: Shapes) -> Call:
    """The way to call ``model``, with the names and the order that its author gave. Raises ModelError when unknown."""
    functional = getattr(model, "_functional", None) or model
    if getattr(functional, "_inputs_struct", None) is not None:
        structure = distinct_ports(map_leaves(functional._inputs_struct, _declared_port))
        return Call(structure, outputs=tuple(functional.output_names))
    arguments = _required_arguments(model)
    if len(arguments) > 1:
        return _call_by_keyword(model, arguments, shapes)
    built = getattr(model, "_build_shapes_dict", None)
    if built:
        structure = next(iter(built.values())) if len(built) == 1 else dict(built)
        return Call(distinct_ports(_ports_of(structure, arguments[0] if arguments else "input")))
    if not shapes:
        raise ModelError(
            f"model '{model.name}' ({type(model).__name__}) was never built, so its input is not known: call it once on"
            " data, or pass shapes={'input': [1, …]} with the batch dimension"
        )
    ports = {name: Port(name, _open_batch(shape)) for name, shape in shapes.items()}
    return Call(ports if len(ports) > 1 else next(iter(ports.values())))


def _declared_port(path: str, tensor: Any) -> Port:
    return Port(path or tensor._keras_history.operation.name, tuple(tensor.shape), tensor.dtype)


def _required_arguments(model: Any) -> list[str]:
    """Names of the tensors that ``call`` cannot do without."""
    function = getattr(model.call, "python_function", model.call)
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        name
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind in positional
        and parameter.default is parameter.empty
        and name not in ("self", "training", "mask")
    ]


def _call_by_keyword(model: Any, arguments: Sequence[str], shapes: Shapes) -> Call:
    missing = [name for name in arguments if name not in (shapes or {})]
    if missing:
        raise ModelError(
            f"model '{model.name}' ({type(model).__name__}) takes {len(arguments)} tensors and Keras remembers the shape"
            f" of one: which shapes have {', '.join(missing)}? Pass shapes={{'{missing[0]}': [1, …], …}}"
        )
    assert shapes is not None
    return Call({name: Port(name, _open_batch(shapes[name])) for name in arguments}, by_keyword=True)


def _ports_of(structure: Any, name: str) -> Any:
    """Ports in place of the shapes in ``structure``; a list or tuple of numbers is a shape."""
    if isinstance(structure, Mapping):
        return {key: _ports_of(item, str(key)) for key, item in structure.items()}
    if any(isinstance(item, list | tuple | Mapping) for item in structure):
        return [_ports_of(item, f"{name}_{i}") for i, item in enumerate(structure)]
    return Port(name, _open_batch(structure))


def _open_batch(shape: Sequence[int | None]) -> Shape:
    """The batch of the call that built the model says nothing about the batch to convert for."""
    return (None, *shape[1:])
