"""The tokens of the graph's textual form, line by line; what they mean is up to :mod:`.text`."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .errors import GraphError

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


@dataclass(frozen=True)
class Reference:
    """``@"name"``: a subgraph that an attribute names."""

    name: str


class Line:
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
        """A number, string, bytes, True, False, None, a subgraph, or a list of literals."""
        if self.skip("@"):
            return Reference(self.string())
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
