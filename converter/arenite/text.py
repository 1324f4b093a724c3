"""The graph as text, and text as a graph, so that a test of a pass is ten lines.

::

    %x: int8[1,8,8,3] q(0.5, -3) = input
    %w: int8[4,3,3,3] q([0.1, 0.2, 0.3, 0.4], axis=0) = const random(1)
    %y: int8[1,8,8,4] q(0.25, 0) = conv_2d(%x, %w, none) {stride_w=1, stride_h=1, padding="SAME"} @"stem/conv"
    return %y

One statement a line; ``#`` starts a comment. A name that is not ``[A-Za-z0-9_./-]+`` is quoted: ``%"conv/kernel:0"``.

- ``graph "name"`` and ``metadata "name" b"bytes"``: optional, first.
- ``= input "image"`` and ``return %y "probabilities"``: the user's name, when it differs from the value's.
- ``= variable``: state that is kept from one run to the next.
- ``q(scale, zero_point)``; per channel ``q([scales], axis=n)``, or ``q([scales], [zero points], axis=n)``.
- Constants: ``const [1, 2]`` (row-major, any rank), ``const 0.5`` (every element), ``const random(seed)``
  (float: standard normal, integer: uniform over the dtype), ``const hash(1f0c…)`` (elided; see ``parse``).
- ``assign_variable(%r, %v)``: an operator without results.
- ``subgraph "name"`` behind the ``return``: a graph that an attribute names, ``{then_subgraph_index=@"name"}``.
- ``@"layer" {cls="Conv2D", where="model.py:41", op="Conv2D"}``: the origin; the braces only when known.
- Attribute values are Python literals, ``nan`` and ``inf``.

Printing and parsing is exact: ``parse(to_text(g), constants(g))`` equals ``g``, and equal graphs print equal text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .elements import limits, numpy_dtype
from .errors import GraphError
from .graph import TYPES, Graph, Op, Origin, Quantization, Value
from .tokens import Line, Reference

#: Constants of at most this many elements are printed in full; larger ones by hash unless all elements are equal.
INLINE_ELEMENTS = 16

_BARE_NAME = re.compile(r"[A-Za-z0-9_./-]+")
_ORIGIN_DETAILS = ("cls", "where", "op")


# --- printing -------------------------------------------------------------------------------------------------------
def to_text(graph: Graph) -> str:
    """The graph as text: inputs first, each constant and variable just before its first reader."""
    parts = ["\n".join(_lines(part, called=part is not graph)) + "\n" for part in graph.subgraphs()]
    return "\n".join(parts)


def constants(graph: Graph) -> dict[str, np.ndarray]:
    """Hash → data of every constant that ``to_text`` elides; what ``parse`` needs to read them back."""
    values = (value for part in graph.subgraphs() for value in part.values())
    arrays = (value.data for value in values if value.data is not None)
    return {data_hash(data): data for data in arrays if _inline(data) is None}


def data_hash(data: np.ndarray) -> str:
    """16 hexadecimal digits of the SHA-256 over the elements, row-major and little-endian."""
    little = np.ascontiguousarray(data).astype(data.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(little.tobytes()).hexdigest()[:16]


def _lines(graph: Graph, called: bool) -> Iterator[str]:
    if called or graph.name != Graph().name:
        yield f"{'subgraph' if called else 'graph'} {_string(graph.name)}"
    for name, content in graph.metadata.items():
        yield f"metadata {_string(name)} {content!r}"
    for value, name in zip(graph.inputs, graph.input_names, strict=True):
        yield f"{_typed(value)} = input{_user_name(value, name)}"
    shown: set[int] = {id(value) for value in graph.inputs}
    for op in graph.ops:
        yield from _source_lines(op.inputs, shown)
        yield _op_line(op)
    yield from _source_lines(graph.outputs, shown)
    results = (
        f"{_name(value)}{_user_name(value, name)}"
        for value, name in zip(graph.outputs, graph.output_names, strict=True)
    )
    yield f"return {', '.join(results)}".rstrip()


def _source_lines(values: list[Value | None] | list[Value], shown: set[int]) -> Iterator[str]:
    """Constants and variables that have not been shown yet."""
    for value in values:
        if value is None or not (value.is_constant or value.is_variable) or id(value) in shown:
            continue
        shown.add(id(value))
        yield f"{_typed(value)} = {'variable' if value.data is None else f'const {_constant(value.data)}'}"


def _constant(data: np.ndarray) -> str:
    return _inline(data) or f"hash({data_hash(data)})"


def _op_line(op: Op) -> str:
    results = ", ".join(_typed(value) for value in op.outputs)
    operands = ", ".join("none" if value is None else _name(value) for value in op.inputs)
    attrs = f" {_braces(op.attrs)}" if op.attrs else ""
    return f"{results}{' = ' * bool(results)}{op.name}({operands}){attrs}{_origin(op.origin)}"


def _origin(origin: Origin) -> str:
    if origin == Origin():
        return ""
    details = {name: getattr(origin, name) for name in _ORIGIN_DETAILS if getattr(origin, name)}
    return f" @{_string(origin.layer)}" + (f" {_braces(details)}" if details else "")


def _typed(value: Value) -> str:
    quant = f" {_quantization(value.quant)}" if value.quant else ""
    return f"{_name(value)}: {value.dtype}[{','.join(map(str, value.shape))}]{quant}"


def _quantization(quant: Quantization) -> str:
    if quant.scale.size == 1 and quant.axis == 0:
        return f"q({_literal(quant.scale[0])}, {int(quant.zero_point[0])})"
    zero_points = f" {_literal(quant.zero_point)}," if quant.zero_point.any() else ""
    return f"q({_literal(quant.scale)},{zero_points} axis={quant.axis})"


def _inline(data: np.ndarray) -> str | None:
    """The data in full, or None when it is too large for that."""
    flat = np.ascontiguousarray(data).reshape(-1)
    raw = flat.view(np.uint8).reshape(-1, flat.itemsize)
    if flat.size and (raw == raw[0]).all():
        return _literal(flat[0])
    return _literal(flat) if flat.size <= INLINE_ELEMENTS else None


def _braces(attrs: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{key}={_literal(value)}" for key, value in attrs.items()) + "}"


def _literal(value: Any) -> str:
    """A Python literal with the fewest digits that read back the same; strings in double quotes."""
    if isinstance(value, np.ndarray | list | tuple):
        return f"[{', '.join(_literal(item) for item in value)}]"
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, float | np.floating):
        return str(value)
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Graph):
        return f"@{_string(value.name)}"
    if value is None or isinstance(value, bytes):
        return repr(value)
    raise GraphError(f"an attribute of type {type(value).__name__} has no textual form")


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _name(value: Value) -> str:
    return "%" + (value.name if _BARE_NAME.fullmatch(value.name) else _string(value.name))


def _user_name(value: Value, name: str) -> str:
    return "" if name == value.name else f" {_string(name)}"


# --- parsing --------------------------------------------------------------------------------------------------------
def parse(text: str, data: Mapping[str, np.ndarray] | None = None, *, verify: bool = True) -> Graph:
    """The graph that ``text`` describes.

    data    hash → array for constants written ``const hash(…)``; see ``constants``.
    verify  check the invariants of the IR too.
    Raises GraphError with the line's number when the text is malformed, names an unknown value or an unknown hash.
    """
    graph = _Parser(text, data or {}).parse()
    if verify:
        graph.verify()
    return graph


class _Parser:
    """Builds the graphs, line by line."""

    def __init__(self, text: str, data: Mapping[str, np.ndarray]) -> None:
        self.text, self.data = text, data
        self.graph, self.values = Graph(), dict[str, Value]()
        self.graphs = [self.graph]
        self.returned = False

    def parse(self) -> Graph:
        for number, text in enumerate(self.text.split("\n"), 1):
            line = Line(text, number)
            if line.kind == "end":
                continue
            if self.returned and not (line.token == "subgraph" and line.kind == "word"):
                raise line.error("nothing may follow 'return' but another subgraph")
            self.statement(line)
            if line.kind != "end":
                raise line.error(f"unexpected {line.token!r}")
        if not self.returned:
            raise GraphError("the graph's text has no 'return' line")
        self.resolve()
        return self.graphs[0]

    def resolve(self) -> None:
        """Put the graphs in the place of their names."""
        named = {graph.name: graph for graph in self.graphs[1:]}
        for op in (op for graph in self.graphs for op in graph.ops):
            for key, value in op.attrs.items():
                if isinstance(value, Reference) and value.name not in named:
                    raise GraphError(f"{op.name} calls subgraph {_string(value.name)}, which the text does not have")
                op.attrs[key] = named[value.name] if isinstance(value, Reference) else value

    def subgraph(self, line: Line) -> None:
        if not self.returned:
            raise line.error("a subgraph begins behind the 'return' of the one before")
        name = line.string()
        if any(name == graph.name for graph in self.graphs[1:]):
            raise line.error("there is a subgraph of this name already")
        self.graph, self.values, self.returned = Graph(name), {}, False
        self.graphs.append(self.graph)

    def statement(self, line: Line) -> None:
        if line.kind == "value":
            self.definition(line)
        elif line.skip("graph"):
            self.graph.name = line.string()
        elif line.skip("metadata"):
            name = line.string()
            self.graph.metadata[name] = line.raw()
        elif line.skip("return"):
            self.results(line)
        elif line.skip("subgraph"):
            self.subgraph(line)
        elif line.kind == "word" and line.text[line.position :].lstrip().startswith("("):
            self.operator(line, line.advance(), [])
        else:
            raise line.error("expected '%name: …', an operator, 'return', 'graph', 'subgraph' or 'metadata'")

    def definition(self, line: Line) -> None:
        """``%a: type, %b: type = input | variable | const … | operator(…)``."""
        values = [self.declared(line)]
        while line.skip(","):
            values.append(self.declared(line))
        line.expect("=")
        word = line.take("word", "'input', 'variable', 'const' or an operator")
        if word in ("input", "variable", "const") and len(values) > 1:
            raise line.error(f"{word} defines one value")
        if word == "input":
            self.graph.inputs.append(values[0])
            self.graph.input_names.append(line.string() if line.kind == "string" else values[0].name)
        elif word == "variable":
            values[0].is_variable = True
        elif word == "const":
            values[0].data = self.constant(line, values[0])
        else:
            self.operator(line, word, values)
        self.values.update({value.name: value for value in values})

    def declared(self, line: Line) -> Value:
        """``%name: dtype[shape] q(…)``."""
        name = line.name()
        if name in self.values:
            raise line.error(f"%{name} is defined twice")
        line.expect(":")
        dtype = line.take("word", "a dtype")
        if dtype not in TYPES:
            raise line.error(f"unknown dtype {dtype}; one of {', '.join(TYPES)}")
        line.expect("[")
        shape = tuple(line.items("]", lambda: line.integer("a dimension")))
        return Value(name, dtype, shape, quant=self.quantization(line) if line.skip("q") else None)

    def quantization(self, line: Line) -> Quantization:
        line.expect("(")
        scale, zero_point, axis = line.literal(), 0, 0
        while not line.skip(")"):
            line.expect(",")
            if line.skip("axis"):
                line.expect("=")
                axis = line.integer("an axis")
            else:
                zero_point = line.literal()
        try:
            scales = np.atleast_1d(np.array(scale, np.float32))
            zero_points = np.atleast_1d(np.array(zero_point, np.int64))
        except (ValueError, TypeError, OverflowError) as error:
            raise line.error(f"a scale or a zero point is no number: {error}") from None
        if zero_points.size not in (1, scales.size):
            raise line.error(f"{scales.size} scales but {zero_points.size} zero points")
        return Quantization(scales, np.broadcast_to(zero_points, scales.shape).copy(), axis)

    def constant(self, line: Line, value: Value) -> np.ndarray:
        for word, source in (("random", self.random), ("hash", self.elided)):
            if line.skip(word):
                line.expect("(")
                data = source(line, value)
                line.expect(")")
                return data
        return self.inline(line, value)

    def inline(self, line: Line, value: Value) -> np.ndarray:
        literal = line.literal()
        try:
            data = np.array(literal, numpy_dtype(value.dtype))
            return np.full(value.shape, data) if data.ndim == 0 else data.reshape(value.shape)
        except (ValueError, TypeError, OverflowError) as error:
            raise line.error(f"the constant does not fit {value.dtype}{list(value.shape)}: {error}") from None

    @staticmethod
    def random(line: Line, value: Value) -> np.ndarray:
        generator, dtype = np.random.default_rng(line.integer("a seed")), numpy_dtype(value.dtype)
        if dtype.kind == "f":
            return generator.standard_normal(value.shape).astype(dtype)
        if dtype.kind == "b":
            return generator.integers(0, 2, value.shape).astype(dtype)
        return generator.integers(*limits(value.dtype), value.shape, dtype, endpoint=True)

    def elided(self, line: Line, value: Value) -> np.ndarray:
        key = line.advance()
        if key not in self.data:
            raise line.error(f"no data was given for the elided constant {key}")
        data = self.data[key]
        if data.shape != value.shape or data.dtype != numpy_dtype(value.dtype):
            raise line.error(f"the data given for {key} is {data.dtype.name}{list(data.shape)}")
        return data

    def operator(self, line: Line, name: str, outputs: list[Value]) -> None:
        line.expect("(")
        operands = list(line.items(")", lambda: None if line.skip("none") else self.known(line)))
        attrs = line.attrs()
        origin = self.origin(line) if line.skip("@") else Origin()
        self.graph.ops.append(Op(name, operands, outputs, attrs, origin))

    @staticmethod
    def origin(line: Line) -> Origin:
        layer, details = line.string(), line.attrs()
        if unknown := set(details) - set(_ORIGIN_DETAILS):
            raise line.error(f"an origin has {', '.join(_ORIGIN_DETAILS)}, not {', '.join(sorted(unknown))}")
        return Origin(layer, **details)

    def known(self, line: Line) -> Value:
        name = line.name()
        if name not in self.values:
            raise line.error(f"%{name} is not defined above")
        return self.values[name]

    def results(self, line: Line) -> None:
        """``return %y, %z "user's name"``."""
        self.returned = True
        while line.kind != "end":
            value = self.known(line)
            self.graph.outputs.append(value)
            self.graph.output_names.append(line.string() if line.kind == "string" else value.name)
            if line.kind != "end":
                line.expect(",")
