"""What a model takes and gives: nested structures of inputs and outputs, flat, with the user's names and order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ModelError

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Call:
    """How to call a model.

    structure   nested containers with a Port at each leaf.
    by_keyword  the structure is a dict of arguments, to be passed by name.
    outputs     the model's own names for its outputs, if it has any.
    """

    structure: Any
    by_keyword: bool = False
    outputs: tuple[str, ...] = ()

    @property
    def ports(self) -> list[Port]:
        """The inputs in the user's order."""
        return [port for _, port in leaves(self.structure)]

    def __call__(self, model: Any, tensors: Sequence[Any]) -> Any:
        """The model's result, in inference mode."""
        arguments = rebuild(self.structure, iter(tensors))
        return model(**arguments, training=False) if self.by_keyword else model(arguments, training=False)


@dataclass(frozen=True)
class Port:
    """One input of the model as declared: ``shape`` with None for open dimensions, None when even the rank is open."""

    name: str
    shape: Shape | None
    dtype: str = "float32"


def leaves(structure: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(name, leaf) in the user's order: dicts by insertion, their keys joined with "/"; positions give ""."""
    if isinstance(structure, Mapping):
        for key, item in structure.items():
            yield from leaves(item, f"{prefix}/{key}" if prefix else str(key))
    elif isinstance(structure, list | tuple):
        for item in structure:
            yield from leaves(item, prefix)
    elif structure is not None:
        yield prefix, structure


def rebuild(structure: Any, values: Iterator[Any]) -> Any:
    """``structure`` with its leaves replaced by ``values``, in the order of :func:`leaves`."""
    if isinstance(structure, Mapping):
        return {key: rebuild(item, values) for key, item in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(rebuild(item, values) for item in structure))
    if isinstance(structure, list | tuple):
        return type(structure)(rebuild(item, values) for item in structure)
    return None if structure is None else next(values)


def map_leaves(structure: Any, change: Callable[[str, Any], Any]) -> Any:
    """``structure`` with every leaf replaced by ``change(name, leaf)``."""
    return rebuild(structure, iter([change(name, leaf) for name, leaf in leaves(structure)]))


def distinct(names: Sequence[str]) -> list[str]:
    """``names`` with ``_1``, ``_2`` … behind repeated ones."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, n = name, 0
        while candidate in taken:
            n += 1
            candidate = f"{name}_{n}"
        taken.add(candidate)
        result.append(candidate)
    return result


def distinct_ports(structure: Any) -> Any:
    """``structure`` with its Ports renamed where several have one name, as the parts of a list in a dict do."""
    ports = [port for _, port in leaves(structure)]
    names = distinct([port.name for port in ports])
    return rebuild(structure, iter([replace(port, name=name) for port, name in zip(ports, names, strict=True)]))


def fix_shapes(ports: Sequence[Port], shapes: Mapping[str, Sequence[int]] | None, batch: int) -> list[tuple[int, ...]]:
    """A closed shape for every port.

    shapes  by input name, with or without the batch dimension.
    Raises ModelError when a name is unknown, a shape contradicts the model, or a dimension stays open.
    """
    wanted = {name: tuple(int(d) for d in shape) for name, shape in (shapes or {}).items()}
    names = [port.name for port in ports]
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        raise ModelError(f"the model has no input named {_quoted(unknown)}; its inputs are {_quoted(names)}")
    return [_fix_shape(port, wanted.get(port.name), batch) for port in ports]


def _fix_shape(port: Port, wanted: tuple[int, ...] | None, batch: int) -> tuple[int, ...]:
    declared = port.shape
    if declared is None:
        if wanted is None:
            raise ModelError(_open_question(port))
        return wanted
    if wanted is not None:
        return _agree(port, declared, wanted, batch)
    closed = tuple(batch if d is None and axis == 0 else d for axis, d in enumerate(declared))
    fixed = tuple(d for d in closed if d is not None)
    if len(fixed) < len(closed):
        raise ModelError(_open_question(port))
    return fixed


def _agree(port: Port, declared: Shape, wanted: tuple[int, ...], batch: int) -> tuple[int, ...]:
    if len(wanted) == len(declared) - 1:
        wanted = (declared[0] or batch, *wanted)
    fits = len(wanted) == len(declared) and all(d is None or d == w for d, w in zip(declared, wanted, strict=True))
    if not fits or any(d < 1 for d in wanted):
        raise ModelError(f"shape {list(wanted)} does not fit input '{port.name}', which is {_text(declared)}")
    return wanted


def _open_question(port: Port) -> str:
    shape = "of unknown rank" if port.shape is None else _text(port.shape)
    example: list[int] = [4 if d is None else d for d in (port.shape or (None, 8))[1:]]
    numbers = ",".join(map(str, example))
    return (
        f"input '{port.name}' is {shape}: which size should its open dimensions have? A microcontroller needs fixed"
        f" shapes; pass for example shapes={{'{port.name}': {example}}} (--shape {port.name}={numbers})"
    )


def _text(shape: Shape) -> str:
    return "[" + ", ".join("?" if d is None else str(d) for d in shape) + "]"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
