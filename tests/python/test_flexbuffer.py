"""Options of custom operators: ours and the flatbuffers package read each other's; damaged bytes end in one error."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from flatbuffers import flexbuffers
from hypothesis import given, settings

from arenite.errors import GraphError, ModelError
from arenite.flexbuffer import read_map, write_map

names = st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=9)
numbers = st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(width=32, allow_nan=False)
texts = st.text(st.characters(codec="utf-8"), max_size=9)
short = settings(max_examples=40)
maps = st.dictionaries(names, numbers | texts | st.lists(st.integers(-100, 100), max_size=4), max_size=6)


@short
@given(maps)
def test_both_read_what_we_write(entries: dict[str, Any]) -> None:
    content = write_map(entries)
    assert read_map(content) == flexbuffers.Loads(content) == entries
    assert content == write_map(dict(reversed(entries.items())))


@short
@given(maps)
def test_we_read_what_the_package_writes(entries: dict[str, Any]) -> None:
    assert read_map(bytes(flexbuffers.Dumps(entries))) == entries


@short
@given(maps, st.data())
def test_damage_ends_in_an_error_or_in_other_values(entries: dict[str, Any], data: st.DataObject) -> None:
    content = bytearray(write_map(entries))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_map(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except ModelError:
        return


@pytest.mark.parametrize("content", [b"", b"\1\2", b"\0" * 8, bytes(flexbuffers.Dumps([1, 2])), b"\xff" * 40])
def test_what_is_no_map(content: bytes) -> None:
    with pytest.raises(ModelError):
        read_map(content)


@pytest.mark.parametrize("value", [None, b"bytes", np.zeros(2), 2**64, 1e300, {"a": 1}, [[1]]])
def test_what_is_no_option(value: object) -> None:
    with pytest.raises(GraphError, match="an option cannot be"):
        write_map({"key": value})
