"""Options of custom operators: FlexBuffers maps from names to numbers, truth values, strings and lists of these.

Layout of what is written, ``w`` bytes a value (4, or 8 when a number needs it): the keys, each ending in a zero byte; their
number and distances; a reference to the first of these, ``w``, the number of entries, their values, a type byte each; last
a reference to the first value, its type byte, ``w``. References are distances backwards.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import GraphError, ModelError

_NULL, _INT, _UINT, _FLOAT, _KEY, _STRING, _MAP, _VECTOR, _BOOL = 0, 1, 2, 3, 4, 5, 9, 10, 26
#: type of a vector whose elements have one type and no type bytes → that type.
_TYPED = {11: _INT, 12: _UINT, 13: _FLOAT, 14: _KEY, 36: _BOOL}
_FORMATS = {(_INT, w): f for w, f in zip((1, 2, 4, 8), "bhiq", strict=True)}
_FORMATS |= {(_UINT, w): f for w, f in zip((1, 2, 4, 8), "BHIQ", strict=True)}
_FORMATS |= {(_FLOAT, 4): "f", (_FLOAT, 8): "d"}


# --- reading --------------------------------------------------------------------------------------------------------
def read_map(content: bytes) -> dict[str, Any]:
    """The map that ``content`` holds: int, float, bool, str and lists of them. ModelError when it is none."""
    if len(content) < 3:
        raise ModelError(f"{len(content)} bytes are no FlexBuffers map")
    width, kind = content[-1], content[-2]
    if kind >> 2 != _MAP or width not in (1, 2, 4, 8):
        raise ModelError("they are no FlexBuffers map")
    return _Reader(content).map(len(content) - 2 - width, width, 1 << (kind & 3))


class _Reader:
    """Checked access. A position is in bytes from the start; ``left`` bounds the elements, which may overlap."""

    def __init__(self, content: bytes) -> None:
        self.content, self.left = content, len(content)

    def number(self, kind: int, position: int, width: int) -> Any:
        code = _FORMATS.get((kind, width))
        if code is None or position < 0 or position + width > len(self.content):
            raise ModelError(f"FlexBuffers: a value at byte {position} lies outside or has {width} bytes")
        return struct.unpack_from("<" + code, self.content, position)[0]

    def follow(self, position: int, width: int) -> int:
        return position - int(self.number(_UINT, position, width))

    def length(self, first: int, width: int) -> int:
        """Elements of the vector whose first one stands at ``first``."""
        count = int(self.number(_UINT, first - width, width))
        self.left -= count
        if self.left < 0:
            raise ModelError("FlexBuffers: its vectors have more elements than bytes")
        return count

    def map(self, position: int, root_width: int, width: int) -> dict[str, Any]:
        first = self.follow(position, root_width)
        count = self.length(first, width)
        keys = self.follow(first - 3 * width, width)
        key_width = int(self.number(_UINT, first - 2 * width, width))
        if self.length(keys, key_width) != count:
            raise ModelError("FlexBuffers: a map has not as many keys as values")
        names = [self.key(self.follow(keys + i * key_width, key_width)) for i in range(count)]
        return dict(zip(names, self.elements(first, count, width), strict=True))

    def elements(self, first: int, count: int, width: int) -> list[Any]:
        """``count`` values at ``first``, their type bytes behind them."""
        types = [int(self.number(_UINT, first + count * width + i, 1)) for i in range(count)]
        return [self.value(kind, first + i * width, width) for i, kind in enumerate(types)]

    def value(self, packed: int, position: int, width: int) -> Any:
        kind, own = packed >> 2, 1 << (packed & 3)
        if kind in (_INT, _UINT, _FLOAT):
            return self.number(kind, position, width)
        if kind == _BOOL:
            return bool(self.number(_UINT, position, width))
        if kind == _NULL:
            return None
        at = self.follow(position, width)
        if kind == _KEY:
            return self.key(at)
        if kind == _STRING:
            return self.text(at, self.length(at, own))
        if kind == _VECTOR:
            return self.scalars([self.number(_UINT, at + i, 1) for i in self.types(at, own)], at, own)
        if kind in _TYPED:
            return self.scalars([_TYPED[kind] << 2] * self.length(at, own), at, own)
        raise ModelError(
            f"FlexBuffers: a value of type {kind} is neither number, truth value, string nor a list of these"
        )

    def types(self, first: int, width: int) -> range:
        """Offsets from ``first`` of a vector's type bytes."""
        count = self.length(first, width)
        return range(count * width, count * width + count)

    def scalars(self, types: Sequence[int], first: int, width: int) -> list[Any]:
        if any(kind >> 2 == _VECTOR or kind >> 2 in _TYPED for kind in types):
            raise ModelError("FlexBuffers: a list of lists is no option")
        return [self.value(kind, first + i * width, width) for i, kind in enumerate(types)]

    def key(self, position: int) -> str:
        end = self.content.find(b"\0", max(position, 0))
        self.left -= end - position
        if not 0 <= position <= end or self.left < 0:
            raise ModelError(f"FlexBuffers: the name at byte {position} does not end")
        return self.text(position, end - position)

    def text(self, position: int, length: int) -> str:
        if position < 0 or position + length > len(self.content):
            raise ModelError(f"FlexBuffers: a string at byte {position} lies outside")
        return self.content[position : position + length].decode("utf-8", "backslashreplace")


# --- writing --------------------------------------------------------------------------------------------------------
def write_map(entries: Mapping[str, Any]) -> bytes:
    """The bytes of a map of numbers, truth values, strings and lists of numbers or truth values. Same map, same bytes.

    GraphError when a value is none of these. Floats are stored as float32.
    """
    wide = any(type(v) is int and not -(2**31) <= v < 2**31 for value in entries.values() for v in _flat(value))
    return _Writer(8 if wide else 4).root(dict(sorted(entries.items(), key=lambda item: item[0].encode())))


def _flat(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


class _Writer:
    """Everything is ``width`` bytes wide, so that nothing depends on how far apart things lie."""

    def __init__(self, width: int) -> None:
        self.width, self.out = width, bytearray()
        self.log2 = width.bit_length() - 1

    def root(self, entries: dict[str, Any]) -> bytes:
        places = [(self.append(key.encode() + b"\0"), self.payload(value)) for key, value in entries.items()]
        self.word(_UINT, len(places))
        keys = len(self.out)
        for place, _ in places:
            self.reference(place)
        self.reference(keys)
        self.word(_UINT, self.width)
        self.word(_UINT, len(places))
        first = len(self.out)
        types = bytes(self.entry(value, place) for value, (_, place) in zip(entries.values(), places, strict=True))
        self.append(types)
        self.reference(first)
        return bytes(self.out) + bytes([_MAP << 2 | self.log2, self.width])

    def append(self, content: bytes) -> int:
        """Append and pad; where it stands."""
        place = len(self.out)
        self.out += content + b"\0" * (-len(content) % self.width)
        return place

    def word(self, kind: int, value: Any) -> None:
        self.out += struct.pack("<" + _FORMATS[kind, self.width], value)

    def reference(self, place: int) -> None:
        self.word(_UINT, len(self.out) - place)

    def payload(self, value: Any) -> int | None:
        """Append what is referred to instead of standing in the map itself; where it stands."""
        if isinstance(value, str):
            self.word(_UINT, len(value.encode()))
            return self.append(value.encode() + b"\0")
        if not isinstance(value, list | tuple):
            return None
        self.word(_UINT, len(value))
        place = len(self.out)
        types = bytes(self.entry(item, None) for item in value)
        self.append(types)
        return place

    def entry(self, value: Any, place: int | None) -> int:
        """Append one value of a vector; its type byte."""
        if place is not None:
            self.reference(place)
            kind = _STRING if isinstance(value, str) else _VECTOR
        elif isinstance(value, bool):
            self.word(_UINT, value)
            kind = _BOOL
        elif isinstance(value, int | float):
            kind = _INT if isinstance(value, int) else _FLOAT
            self.number(kind, value)
        else:
            raise GraphError(
                f"an option cannot be {value!r}: neither number, truth value, string nor a list of numbers"
            )
        return kind << 2 | self.log2

    def number(self, kind: int, value: int | float) -> None:
        try:
            self.word(kind, value)
        except (struct.error, OverflowError):
            raise GraphError(f"an option cannot be {value!r}: it exceeds 64 bits, or float32") from None
