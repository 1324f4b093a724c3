"""FlatBuffers by schema: read any table lazily with every access checked, and serialize plain dictionaries.

``schema/arenite.fbs`` is the only description of the format: no generated code. A table in memory is a ``Record`` when
read and a ``dict`` from field names to values when written. The value of a field, both ways:

- scalars: int, float, bool; enums: the value's name, ``"SAME"``; strings: str
- vectors of numbers: numpy array (read: a view of the file's bytes, read-only); of enums: list of names; of tables: list
- unions: (member's name, table)
- absent strings, vectors, tables and unions: None
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from .errors import GraphError, ModelError
from .opdef import schema_path

#: type in the schema → numpy type in the file.
SCALARS = {
    "bool": "?", "byte": "i1", "ubyte": "u1", "short": "<i2", "ushort": "<u2", "int": "<i4", "uint": "<u4",
    "int32": "<i4", "uint32": "<u4", "long": "<i8", "ulong": "<u8", "float": "<f4",
}  # fmt: skip
_WIDTH = {name: np.dtype(code).itemsize for name, code in SCALARS.items()}
_UNPACK = {name: struct.Struct("<" + np.dtype(code).char).unpack_from for name, code in SCALARS.items()}


# --- the schema -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Enum:
    """Names by value and values by name; ``type`` is a key of SCALARS."""

    type: str
    values: dict[str, int]
    names: dict[int, str]


@dataclass(frozen=True)
class Field:
    """One field of a table.

    slot     index in the vtable; the type of a union lies one slot before its value.
    type     name of a scalar, "string", or of a table, enum or union of the schema; of the elements when ``vector``.
    default  value when the field is absent from the file; an enum's as its number.
    align    alignment of a vector's data in bytes, or 0: that of its elements.
    """

    name: str
    slot: int
    type: str
    vector: bool
    default: int | float | bool
    deprecated: bool
    align: int


@dataclass(frozen=True)
class Schema:
    """Everything that the schema file says."""

    root: str
    identifier: bytes
    tables: dict[str, dict[str, Field]]
    enums: dict[str, Enum]
    unions: dict[str, tuple[str, ...]]  # member names by number; 0 is "NONE"

    def scalar_type(self, name: str) -> str | None:
        """The key of SCALARS that stores a type, or None for what is stored by offset."""
        return self.enums[name].type if name in self.enums else name if name in SCALARS else None

    def holds_table(self, field: Field) -> bool:
        """Whether the field's value is a table, or tables."""
        return field.type in self.tables or field.type in self.unions


_COMMENT = re.compile(r"//[^\n]*")
_DECLARATION = re.compile(r"(table|enum|union)\s+(\w+)(?:\s*:\s*(\w+))?\s*\{([^}]*)\}")
_DIRECTIVE = re.compile(r'(file_identifier|file_extension|root_type)\s+"?(\w+)"?\s*;')
_FIELD = re.compile(r"(\w+)\s*:\s*(\[?)\s*(\w+)\s*\]?\s*(?:=\s*([\w.+-]+))?\s*(?:\(([^)]*)\))?\s*;")
_ALIGN = re.compile(r"force_align:\s*(\d+)")


@cache
def schema() -> Schema:
    """The parsed ``schema/arenite.fbs``."""
    return parse_schema(schema_path("arenite.fbs").read_text(encoding="utf-8"))


def parse_schema(text: str) -> Schema:
    """Parse the part of the FlatBuffers schema language that arenite.fbs uses. ValueError on anything else."""
    text = _COMMENT.sub("", text)
    rest = _DIRECTIVE.sub("", _DECLARATION.sub("", text)).strip()
    if rest:
        raise ValueError(f"cannot parse the schema at: {rest[:60]}")
    directives = dict(_DIRECTIVE.findall(text))
    declarations = _DECLARATION.findall(text)
    enums = {name: _enum(base, body) for kind, name, base, body in declarations if kind == "enum"}
    unions = {
        name: ("NONE", *body.replace(",", " ").split()) for kind, name, _, body in declarations if kind == "union"
    }
    tables = {name: _table(body, enums, unions) for kind, name, _, body in declarations if kind == "table"}
    return Schema(directives["root_type"], directives["file_identifier"].encode(), tables, enums, unions)


def _enum(base: str, body: str) -> Enum:
    pairs = (item.split("=") for item in body.split(","))
    values = {name.strip(): int(value) for name, value in pairs}
    return Enum(base, values, {value: name for name, value in values.items()})


def _table(body: str, enums: Mapping[str, Enum], unions: Mapping[str, object]) -> dict[str, Field]:
    if rest := _FIELD.sub("", body).strip():
        raise ValueError(f"cannot parse the schema at: {rest[:60]}")
    fields, slot = {}, 0
    for name, bracket, kind, default, attributes in _FIELD.findall(body):
        slot += kind in unions  # the union's type goes first
        align = _ALIGN.search(attributes)
        value = _default(default, kind, enums)
        fields[name] = Field(
            name, slot, kind, bool(bracket), value, "deprecated" in attributes, int(align[1]) if align else 0
        )
        slot += 1
    return fields


def _default(text: str, kind: str, enums: Mapping[str, Enum]) -> int | float | bool:
    if kind in enums:
        return enums[kind].values[text] if text else 0
    if kind == "bool":
        return text == "true"
    return float(text or 0) if kind == "float" else int(text or 0)


# --- reading --------------------------------------------------------------------------------------------------------
class _File:
    """The bytes of a file with checked access. Positions are in bytes from its start.

    A hostile file can let many vectors overlap, so that what it describes is far larger than itself; ``spend`` bounds
    the bytes of distinct vectors and strings read to the file's length (each is read once and kept).
    """

    def __init__(self, content: bytes) -> None:
        self.content, self.size = content, len(content)
        self.budget = len(content)
        self.vectors: dict[tuple[int, str], Any] = {}

    def scalar(self, kind: str, position: int) -> Any:
        if not 0 <= position <= self.size - _WIDTH[kind]:
            raise self.outside(position)
        return _UNPACK[kind](self.content, position)[0]

    def follow(self, position: int) -> int:
        """The position that the offset stored at ``position`` points to."""
        return position + int(self.scalar("uint", position))

    def spend(self, position: int, width: int) -> int:
        """Length of the vector at ``position``, whose elements of ``width`` bytes must lie in the file."""
        length = int(self.scalar("uint", position))
        if length * width > self.size - position - 4:
            raise self.outside(position)
        self.budget -= length * width
        if self.budget < 0:
            raise ModelError("the model's vectors overlap each other: the file is damaged")
        return length

    def array(self, position: int, kind: str) -> np.ndarray:
        key = (position, kind)
        if key not in self.vectors:
            length = self.spend(position, _WIDTH[kind])
            self.vectors[key] = np.frombuffer(self.content, SCALARS[kind], length, position + 4)
        array: np.ndarray = self.vectors[key]
        return array

    def string(self, position: int) -> str:
        key = (position, "string")
        if key not in self.vectors:
            length = self.spend(position, 1)
            raw = self.content[position + 4 : position + 4 + length]
            self.vectors[key] = raw.decode("utf-8", "backslashreplace")
        return str(self.vectors[key])

    def positions(self, position: int) -> list[int]:
        """Where the tables of the vector at ``position`` lie."""
        key = (position, "table")
        if key not in self.vectors:
            first = position + 4
            self.vectors[key] = [self.follow(first + 4 * i) for i in range(self.spend(position, 4))]
        positions: list[int] = self.vectors[key]
        return positions

    def outside(self, position: int) -> ModelError:
        return ModelError(
            f"the model is damaged or truncated: at byte {position} it refers to something outside its {self.size} bytes"
        )


class Record:
    """One table of a file: ``record["field"]``. Every access is checked; ModelError when the file is malformed."""

    def __init__(self, file: _File, table: str, position: int) -> None:
        self.table, self.position, self._file = table, position, file
        self._fields = schema().tables[table]
        self._vtable = position - file.scalar("int", position)
        self._vtable_size = file.scalar("ushort", self._vtable)
        self._size = file.scalar("ushort", self._vtable + 2)
        if self._vtable_size < 4 or self._size < 4 or position + self._size > file.size:
            raise ModelError(f"the model is damaged: the {table} table at byte {position} is malformed")

    def __getitem__(self, name: str) -> Any:
        """The field's value, as the module's docstring says; the schema's default when the file leaves it out."""
        field = self._fields[name]
        place = self._place(field.slot)
        scalar = schema().scalar_type(field.type)
        if scalar is not None and not field.vector:
            raw = field.default if place is None else self._checked_scalar(scalar, place, field)
            return self._named(field, raw) if field.type in schema().enums else raw
        return None if place is None else self._reference(field, place, scalar)

    def has(self, name: str) -> bool:
        """Whether the file states the field."""
        return self._place(self._fields[name].slot) is not None

    def fields(self) -> Iterator[tuple[str, Any]]:
        """Name and value of every field that is not deprecated."""
        return ((name, self[name]) for name, field in self._fields.items() if not field.deprecated)

    def records(self, name: str) -> list[Record]:
        """A vector of tables; empty when it is absent."""
        return self[name] or []

    def _place(self, slot: int) -> int | None:
        """Position of the field in ``slot``, or None when it is absent."""
        entry = 4 + 2 * slot
        if entry + 2 > self._vtable_size:
            return None
        offset = self._file.scalar("ushort", self._vtable + entry)
        if offset >= self._size:
            raise ModelError(
                f"the model is damaged: a field of the {self.table} table at byte {self.position} lies outside it"
            )
        return self.position + offset if offset else None

    def _checked_scalar(self, kind: str, place: int, field: Field) -> Any:
        if place + _WIDTH[kind] > self.position + self._size:
            raise ModelError(f"the model is damaged: {self.table}.{field.name} at byte {place} lies outside its table")
        return self._file.scalar(kind, place)

    def _named(self, field: Field, value: int | float) -> str:
        name = schema().enums[field.type].names.get(int(value))
        if name is None:
            raise ModelError(
                f"{self.table}.{field.name} is {value}, which is no {field.type} of this version of the format"
            )
        return name

    def _reference(self, field: Field, place: int, scalar: str | None) -> Any:
        if field.type in schema().unions:
            return self._union(field, place)
        target = self._file.follow(place)
        if field.vector:
            return self._vector(field, target, scalar)
        return self._file.string(target) if field.type == "string" else Record(self._file, field.type, target)

    def _union(self, field: Field, place: int) -> tuple[str, Record] | None:
        members, type_place = schema().unions[field.type], self._place(field.slot - 1)
        number = 0 if type_place is None else self._file.scalar("ubyte", type_place)
        if number >= len(members):
            raise ModelError(f"{self.table}.{field.name} has type {number}, which is no {field.type} of this format")
        return (members[number], Record(self._file, members[number], self._file.follow(place))) if number else None

    def _vector(self, field: Field, target: int, scalar: str | None) -> Any:
        if scalar is None:
            return [Record(self._file, field.type, position) for position in self._file.positions(target)]
        array = self._file.array(target, scalar)
        return [self._named(field, int(value)) for value in array] if field.type in schema().enums else array


def read(content: bytes) -> Record:
    """The root table of a file. ModelError when it is no file of this format."""
    identifier = schema().identifier
    if len(content) < 8 or content[4:8] != identifier:
        raise ModelError(f"not a .tflite model: the identifier {identifier.decode()} is missing at byte 4")
    file = _File(content)
    return Record(file, schema().root, file.follow(0))


# --- writing --------------------------------------------------------------------------------------------------------
def serialize(root: Mapping[str, Any], *, capacity: int = 1024) -> bytes:
    """The file whose root table is ``root``; equal vectors, strings and flat tables are stored once.

    capacity  bytes to set aside at first; the nearer to the file's size, the faster.
    Same input, same bytes. Raises GraphError when a value does not fit its field.
    """
    return _Serializer(capacity).finish(root)


class _Serializer:
    """Builds a file from its end to its start, as FlatBuffers does: what a table refers to is written before it."""

    def __init__(self, capacity: int) -> None:
        import flatbuffers

        self.builder = flatbuffers.Builder(capacity)
        self.written: dict[object, int] = {}  # content → offset from the file's end

    def finish(self, root: Mapping[str, Any]) -> bytes:
        offset = self.table(schema().root, root)
        self.builder.Finish(offset, file_identifier=schema().identifier)
        return bytes(self.builder.Output())

    def table(self, name: str, values: Mapping[str, Any]) -> int:
        fields = schema().tables[name]
        if unknown := set(values) - set(fields):
            raise GraphError(f"{name} has no field {', '.join(sorted(unknown))}; it has {', '.join(fields) or 'none'}")
        slots: list[tuple[int, str, Any, Any]] = []  # (slot, scalar type or "offset", value, default)
        for field in fields.values():
            if values.get(field.name) is not None:
                slots += self.slots(name, field, values[field.name])
        key = (name, *((slot, kind, value) for slot, kind, value, _ in slots))
        if key in self.written:
            return self.written[key]
        offset = self.object(slots)
        # A table that holds tables stays single: the device bounds its check by one visit per reference in the file.
        if not any(schema().holds_table(fields[field]) for field, value in values.items() if value is not None):
            self.written[key] = offset
        return offset

    def slots(self, table: str, field: Field, value: Any) -> list[tuple[int, str, Any, Any]]:
        """What the vtable gets for one field: one slot, two for a union, none for a default."""
        if field.type in schema().unions:
            member, content = value
            tag = schema().unions[field.type].index(member)
            return [(field.slot - 1, "ubyte", tag, 0), (field.slot, "offset", self.table(member, content), 0)]
        scalar = schema().scalar_type(field.type)
        if scalar is not None and not field.vector:
            number = _number(table, field, scalar, value)
            return [] if number == field.default else [(field.slot, scalar, number, field.default)]
        return [(field.slot, "offset", self.reference(table, field, scalar, value), 0)]

    def object(self, slots: list[tuple[int, str, Any, Any]]) -> int:
        """A table; wide fields first, so that no padding lies between."""
        self.builder.StartObject(1 + max((slot for slot, *_ in slots), default=-1))
        for slot, kind, value, default in sorted(slots, key=lambda entry: -_WIDTH.get(entry[1], 4)):
            if kind == "offset":
                self.builder.PrependUOffsetTRelativeSlot(slot, value, 0)
            else:
                self.builder.PrependSlot(_flags(kind), slot, value, default)
        return int(self.builder.EndObject())

    def reference(self, table: str, field: Field, scalar: str | None, value: Any) -> int:
        if field.type == "string":
            return int(self.builder.CreateSharedString(value))
        if not field.vector:
            return self.table(field.type, value)
        if scalar is None:
            return self.offsets([self.table(field.type, item) for item in value])
        if field.type in schema().enums:
            value = [_number(table, field, scalar, item) for item in value]
        return self.array(np.ascontiguousarray(value, SCALARS[scalar]), field.align)

    def array(self, data: np.ndarray, align: int) -> int:
        raw = data.tobytes()
        key = (data.dtype.str, align, raw)
        if key not in self.written:
            self.builder.StartVector(data.dtype.itemsize, data.size, max(align, data.dtype.itemsize))
            self.builder.head -= len(raw)
            self.builder.Bytes[self.builder.head : self.builder.head + len(raw)] = raw
            self.written[key] = int(self.builder.EndVector())
        return self.written[key]

    def offsets(self, tables: list[int]) -> int:
        key = ("tables", *tables)
        if key not in self.written:
            self.builder.StartVector(4, len(tables), 4)
            for offset in reversed(tables):
                self.builder.PrependUOffsetTRelative(offset)
            self.written[key] = int(self.builder.EndVector())
        return self.written[key]


def _number(table: str, field: Field, scalar: str, value: Any) -> int | float | bool:
    """The number that stores ``value``; GraphError when it does not fit."""
    if field.type in schema().enums:
        values = schema().enums[field.type].values
        if value not in values:
            raise GraphError(f"{table}.{field.name} cannot be {value!r}; one of {', '.join(values)}")
        return values[value]
    dtype = np.dtype(SCALARS[scalar])
    if dtype.kind == "f" and isinstance(value, int | float | np.number):
        return float(np.float32(value))
    if dtype.kind == "b" and isinstance(value, bool | np.bool_):
        return bool(value)
    if dtype.kind in "iu" and isinstance(value, int | np.integer) and not isinstance(value, bool):
        limits = np.iinfo(dtype)
        if limits.min <= value <= limits.max:
            return int(value)
    raise GraphError(f"{table}.{field.name} cannot be {value!r}: it is {dtype.name}")


@cache
def _flags(kind: str) -> Any:
    """The builder's description of a scalar type."""
    from flatbuffers import number_types

    dtype = np.dtype(SCALARS[kind])
    name = {"b": "Bool", "i": "Int", "u": "Uint", "f": "Float"}[dtype.kind]
    return getattr(number_types, name + ("" if dtype.kind == "b" else str(8 * dtype.itemsize)) + "Flags")
