"""Damage to .tflite files: of bytes, of lengths, and of what the format knows, so that most of it passes the first checks.

Same content, same ``random.Random``, same result.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from arenite import flat
from arenite.errors import ModelError

#: counts, ends of ranges, and floats: infinity, the smallest, the largest, 1 and −1
VALUES = (
    0, 1, 2, 3, 4, 7, 16, 127, 128, 255, 256, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
    0x7F800000, 0x7F7FFFFF, 0x3F800000, 0xBF800000, 0x7FC00000, 1 << 63,
)  # fmt: skip
#: elements of one vector that are changed
MOST_ELEMENTS = 32


@dataclass(frozen=True)
class Place:
    """``width`` bytes at ``at``.

    refers  what a reference leads to, ``"Tensor"``, ``"[int]"``: those of one kind can stand for each other; "" for numbers.
    """

    at: int
    width: int
    refers: str = ""


def places(content: bytes) -> list[Place]:
    """Every field, element, length and reference of a sound file, and the entries of its tables' vtables."""
    return list(_Walk().table(flat.read(content)))


class _Walk:
    """Each table and each vector once, however often it is referred to."""

    def __init__(self) -> None:
        self.seen: set[tuple[int, str]] = set()

    def table(self, record: flat.Record) -> Iterator[Place]:
        if (record.position, record.table) in self.seen:
            return
        self.seen.add((record.position, record.table))
        yield Place(record.position, 4)  # where its vtable lies
        yield from (Place(record._vtable + 2 * i, 2) for i in range(record._vtable_size // 2))
        for name, field in flat.schema().tables[record.table].items():
            at = record._place(field.slot)
            if at is not None:
                yield from self.field(record, name, field, at)

    def field(self, record: flat.Record, name: str, field: flat.Field, at: int) -> Iterator[Place]:
        scalar = flat.schema().scalar_type(field.type)
        if scalar is not None and not field.vector:
            yield Place(at, np.dtype(flat.SCALARS[scalar]).itemsize)
            return
        yield Place(at, 4, f"[{field.type}]" if field.vector else field.type)
        if field.type in flat.schema().unions:
            yield Place(record._place(field.slot - 1) or at, 1)
            yield from self.table(record[name][1]) if record[name] else ()
        elif field.vector or field.type == "string":
            yield from self.vector(record, name, field, at + int(record._file.scalar("uint", at)))
        else:
            yield from self.table(record[name])

    def vector(self, record: flat.Record, name: str, field: flat.Field, at: int) -> Iterator[Place]:
        if (at, name) in self.seen:
            return
        self.seen.add((at, name))
        scalar = "ubyte" if field.type == "string" else flat.schema().scalar_type(field.type)
        width = 4 if scalar is None else np.dtype(flat.SCALARS[scalar]).itemsize
        count = min(int(record._file.scalar("uint", at)), MOST_ELEMENTS)
        yield Place(at, 4)
        yield from (Place(at + 4 + width * i, width, "" if scalar else field.type) for i in range(count))
        if scalar is None:
            yield from itertools.chain.from_iterable(map(self.table, record[name]))


def damage(content: bytes, rng: random.Random, known: list[Place] | None = None) -> bytes:
    """A damaged copy: one to four changes of ``known`` places or of bytes; sometimes a shorter or longer file.

    known  ``places`` of the content when it is sound; None: bytes only.
    """
    data = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        if known and rng.random() < 0.7:
            _change_place(data, rng, known)
        elif len(data) >= 8:
            _change_bytes(data, rng)
    if rng.random() < 0.03:
        del data[rng.randrange(len(data) + 1) :]
    elif rng.random() < 0.01:
        data += rng.randbytes(rng.randint(1, 64))
    return bytes(data)


def _change_place(data: bytearray, rng: random.Random, known: list[Place]) -> None:
    place, other = rng.choice(known), rng.choice(known)
    if place.refers and rng.random() < 0.8:
        other = rng.choice([p for p in known if p.refers == place.refers])
        target = other.at + int.from_bytes(data[other.at : other.at + 4], "little")
        _store(data, place, target - place.at)  # backwards too: a length of some 4 GB
    elif rng.random() < 0.25:
        _store(data, place, int.from_bytes(data[other.at : other.at + other.width], "little"))
    else:
        _store(data, place, _changed(int.from_bytes(data[place.at : place.at + place.width], "little"), rng))


def _changed(old: int, rng: random.Random) -> int:
    return rng.choice(
        (old + 1, old - 1, old * 2, old // 2, old ^ 1 << rng.randrange(64), rng.getrandbits(64), rng.choice(VALUES))
    )


def _store(data: bytearray, place: Place, value: int) -> None:
    if place.at + place.width <= len(data):
        data[place.at : place.at + place.width] = (value % (1 << 8 * place.width)).to_bytes(place.width, "little")


def _change_bytes(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) - 4)
    word = at - at % 4
    match rng.randrange(4):
        case 0:
            data[at] = rng.randrange(256)
        case 1:
            data[at] ^= 1 << rng.randrange(8)
        case 2:
            data[word : word + 4] = (rng.choice((*VALUES, len(data), rng.randrange(len(data)))) % 2**32).to_bytes(
                4, "little"
            )
        case _:
            other = rng.randrange(len(data) - 4) // 4 * 4
            data[word : word + 4] = data[other : other + 4]


def is_sound(content: bytes) -> bool:
    """Whether ``places`` can walk the file."""
    try:
        places(content)
    except ModelError:
        return False
    return True


# --- one change at a time -------------------------------------------------------------------------------------------
#: Longer constants are weights; shorter ones are often shapes, axes and indices.
SHORT_CONSTANT = 64
WORDS = (0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000)


def structure(content: bytes) -> list[int]:
    """Positions of the bytes that are no weights, of a sound file."""
    weights: set[int] = set()
    for record in flat.read(content).records("buffers"):
        place = record._place(flat.schema().tables["Buffer"]["data"].slot)
        if place is not None and record["data"].size > SHORT_CONSTANT:
            first = record._file.follow(place) + 4
            weights.update(range(first, first + record["data"].size))
    return [at for at in range(len(content)) if at not in weights]


def one_change(content: bytes, positions: list[int], rng: random.Random) -> bytes:
    """One case of what ``tests/cpp/sweep.cc`` does to a file: a bit, a word, or a shorter length, as often as there."""
    kind, at = rng.random() * (8 + len(WORDS) / 4 + 1), rng.choice(positions)
    data = bytearray(content)
    if kind < 8:
        data[at] ^= 1 << rng.randrange(8)
    elif kind < 8 + len(WORDS) / 4:
        data[at - at % 4 : at - at % 4 + 4] = rng.choice(WORDS).to_bytes(4, "little")
    else:
        del data[rng.randrange(len(data)) :]
    return bytes(data)
