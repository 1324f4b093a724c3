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
- ``@"layer" {cls="Conv2D", where="model.py:41", op="Conv2D"}``: the origin; the braces only when known.
- Attribute values are Python literals, ``nan`` and ``inf``.

Printing and parsing is exact: ``parse(to_text(g), constants(g))`` equals ``g``, and equal graphs print equal text.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from .elements import limits, numpy_dtype
from .errors import GraphError
from .graph import DTYPES, Graph, Op, Origin, Quantization, Value

#: Constants of at most this many elements are printed in full; larger ones by hash unless all elements are equal.
INLINE_ELEMENTS = 16

_BARE_NAME = re.compile(r"[A-Za-z0-9_./-]+")
_ORIGIN_DETAILS = ("cls", "where", "op")


# --- printing -------------------------------------------------------------------------------------------------------
def to_text(graph: Graph) -> str:
    """The graph as text: inputs first, each constant and variable just before its first reader."""
    return "\n".join(_lines(graph)) + "\n"


def constants(graph: Graph) -> dict[str, np.ndarray]:
    """Hash → data of every constant that ``to_text`` elides; what ``parse`` needs to read them back."""
    arrays = (value.data for value in graph.values() if value.data is not None)
    return {data_hash(data): data for data in arrays if _inline(data) is None}


def data_hash(data: np.ndarray) -> str:
    """16 hexadecimal digits of the SHA-256 over the elements, row-major and little-endian."""
    little = np.ascontiguousarray(data).astype(data.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(little.tobytes()).hexdigest()[:16]


def _lines(graph: Graph) -> Iterator[str]:
    if graph.name != Graph().name:
        yield f"graph {_string(graph.name)}"
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
    return f"{results} = {op.name}({operands}){attrs}{_origin(op.origin)}"


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


_TOKEN = re.compile(
    r"""\s*(?: (?P<value>%(?:[A-Za-z0-9_./-]+|"(?:[^"\\]|\\.)*"))
             | (?P<bytes>b(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))
             | (?P<string>"(?:[^"\\]|\\.)*")
             | (?P<number>-?(?:\d[\w.]*(?:(?<=e)[+-]\d+)?|inf\b|nan\b))
             | (?P<word>[A-Za-z_]\w*)
             | (?P<mark>[:=,@(){}\[\]])
             | (?P<end>(?:\#.*)?$))""",
    re.X,
)
_WORDS = {"True": True, "False": False, "None": None}


def _parse_number(token: str) -> int | float:
    return float(token) if set(token) & set(".en") else int(token)  # n: nan, inf


class _Line:
    """The tokens of one line, read from left to right."""

    def __init__(self, text: str, number: int) -> None:
        self.text, self.number, self.position = text, number, 0
        self.kind, self.token = "", ""
        self.advance()

    def advance(self) -> str:
        """Return the current token and step to the next."""
        current = self.token
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            raise self.error(f"cannot read {self.text[self.position :].strip()[:20]!r}")
        self.position, self.kind = match.end(), str(match.lastgroup)
        self.token = match.group(self.kind)
        return current

    def error(self, message: str) -> GraphError:
        return GraphError(f"line {self.number}: {message}, in: {self.text.strip()}")

    def take(self, kind: str, what: str) -> str:
        """The current token, which must be of this kind."""
        if self.kind != kind:
            raise self.error(f"expected {what} before {self.token or 'the end of the line'!r}")
        return self.advance()

    def skip(self, mark: str) -> bool:
        """Step over ``mark`` if it stands here."""
        if self.token != mark or self.kind not in ("mark", "word"):
            return False
        self.advance()
        return True

    def expect(self, mark: str) -> None:
        if not self.skip(mark):
            raise self.error(f"expected {mark!r} before {self.token or 'the end of the line'!r}")

    def name(self) -> str:
        """A value's name, without % and quotes."""
        token = self.take("value", "a value such as %x")[1:]
        return str(self.decoded(json.loads, token)) if token.startswith('"') else token

    def string(self) -> str:
        return str(self.decoded(json.loads, self.take("string", "a quoted name")))

    def raw(self) -> bytes:
        return bytes(self.decoded(ast.literal_eval, self.take("bytes", 'bytes such as b"\\x01"')))

    def integer(self, what: str) -> int:
        value = self.literal()
        if type(value) is not int or value < 0:
            raise self.error(f"{what} is a non-negative integer")
        return value

    def decoded(self, decode: Callable[[str], Any], token: str) -> Any:
        try:
            return decode(token)
        except (ValueError, SyntaxError):
            raise self.error(f"cannot read {token}") from None

    def literal(self) -> Any:
        """A number, string, bytes, True, False, None, or a list of literals."""
        if self.skip("["):
            return list(self.items("]", self.literal))
        if self.kind == "word" and self.token in _WORDS:
            return _WORDS[self.advance()]
        if self.kind == "string":
            return self.string()
        if self.kind == "bytes":
            return self.raw()
        return self.decoded(_parse_number, self.take("number", "a value"))

    def items(self, close: str, item: Callable[[], Any]) -> Iterator[Any]:
        """Comma-separated items up to ``close``, whose opening mark has been read."""
        while not self.skip(close):
            yield item()
            if self.token != close:
                self.expect(",")

    def attrs(self) -> dict[str, Any]:
        """``{key=literal, …}`` or nothing."""
        return dict(self.items("}", self.attr)) if self.skip("{") else {}

    def attr(self) -> tuple[str, Any]:
        key = self.take("word", "an attribute's name")
        self.expect("=")
        return key, self.literal()


class _Parser:
    """Builds one graph, line by line."""

    def __init__(self, text: str, data: Mapping[str, np.ndarray]) -> None:
        self.text, self.data = text, data
        self.graph, self.values = Graph(), dict[str, Value]()
        self.returned = False

    def parse(self) -> Graph:
        for number, text in enumerate(self.text.split("\n"), 1):
            line = _Line(text, number)
            if line.kind == "end":
                continue
            if self.returned:
                raise line.error("nothing may follow 'return'")
            self.statement(line)
            if line.kind != "end":
                raise line.error(f"unexpected {line.token!r}")
        if not self.returned:
            raise GraphError("the graph's text has no 'return' line")
        return self.graph

    def statement(self, line: _Line) -> None:
        if line.kind == "value":
            self.definition(line)
        elif line.skip("graph"):
            self.graph.name = line.string()
        elif line.skip("metadata"):
            name = line.string()
            self.graph.metadata[name] = line.raw()
        elif line.skip("return"):
            self.results(line)
        else:
            raise line.error("expected '%name: …', 'return', 'graph' or 'metadata'")

    def definition(self, line: _Line) -> None:
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

    def declared(self, line: _Line) -> Value:
        """``%name: dtype[shape] q(…)``."""
        name = line.name()
        if name in self.values:
            raise line.error(f"%{name} is defined twice")
        line.expect(":")
        dtype = line.take("word", "a dtype")
        if dtype not in DTYPES:
            raise line.error(f"unknown dtype {dtype}; one of {', '.join(DTYPES)}")
        line.expect("[")
        shape = tuple(line.items("]", lambda: line.integer("a dimension")))
        return Value(name, dtype, shape, quant=self.quantization(line) if line.skip("q") else None)

    def quantization(self, line: _Line) -> Quantization:
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

    def constant(self, line: _Line, value: Value) -> np.ndarray:
        for word, source in (("random", self.random), ("hash", self.elided)):
            if line.skip(word):
                line.expect("(")
                data = source(line, value)
                line.expect(")")
                return data
        return self.inline(line, value)

    def inline(self, line: _Line, value: Value) -> np.ndarray:
        literal = line.literal()
        try:
            data = np.array(literal, numpy_dtype(value.dtype))
            return np.full(value.shape, data) if data.ndim == 0 else data.reshape(value.shape)
        except (ValueError, TypeError, OverflowError) as error:
            raise line.error(f"the constant does not fit {value.dtype}{list(value.shape)}: {error}") from None

    @staticmethod
    def random(line: _Line, value: Value) -> np.ndarray:
        generator, dtype = np.random.default_rng(line.integer("a seed")), numpy_dtype(value.dtype)
        if dtype.kind == "f":
            return generator.standard_normal(value.shape).astype(dtype)
        if dtype.kind == "b":
            return generator.integers(0, 2, value.shape).astype(dtype)
        return generator.integers(*limits(value.dtype), value.shape, dtype, endpoint=True)

    def elided(self, line: _Line, value: Value) -> np.ndarray:
        key = line.advance()
        if key not in self.data:
            raise line.error(f"no data was given for the elided constant {key}")
        data = self.data[key]
        if data.shape != value.shape or data.dtype != numpy_dtype(value.dtype):
            raise line.error(f"the data given for {key} is {data.dtype.name}{list(data.shape)}")
        return data

    def operator(self, line: _Line, name: str, outputs: list[Value]) -> None:
        line.expect("(")
        operands = list(line.items(")", lambda: None if line.skip("none") else self.known(line)))
        attrs = line.attrs()
        origin = self.origin(line) if line.skip("@") else Origin()
        self.graph.ops.append(Op(name, operands, outputs, attrs, origin))

    @staticmethod
    def origin(line: _Line) -> Origin:
        layer, details = line.string(), line.attrs()
        if unknown := set(details) - set(_ORIGIN_DETAILS):
            raise line.error(f"an origin has {', '.join(_ORIGIN_DETAILS)}, not {', '.join(sorted(unknown))}")
        return Origin(layer, **details)

    def known(self, line: _Line) -> Value:
        name = line.name()
        if name not in self.values:
            raise line.error(f"%{name} is not defined above")
        return self.values[name]

    def results(self, line: _Line) -> None:
        """``return %y, %z "user's name"``."""
        self.returned = True
        while line.kind != "end":
            value = self.known(line)
            self.graph.outputs.append(value)
            self.graph.output_names.append(line.string() if line.kind == "string" else value.name)
            if line.kind != "end":
                line.expect(",")
