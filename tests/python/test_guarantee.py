"""What ``Model::open`` and ``allocate`` refuse beside the C++ tests, with its place: limits of lists, tables that lie badly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracle import engines
from test_reader import changed, dictionary, operator, subgraph, tensor

from arenite import flat
from arenite.errors import ModelError
from arenite.graph import Graph, Op, Quantization, Value
from arenite.ops.fully_connected import OP as FULLY_CONNECTED
from arenite.runtime import Interpreter
from arenite.text import parse
from arenite.writer import write

LIMIT = "exceeds a fixed limit"


def refusal(content: bytes) -> str:
    """What the interpreter says of a file that it does not take."""
    with pytest.raises(ModelError) as caught:
        Interpreter(model_content=content).allocate_tensors()
    return str(caught.value)


# --- what the tables say ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r.update(subgraphs=[]), "a table, vector or string of the model is malformed"),
        (lambda r: r.update(subgraphs=[subgraph(r)] * 256), LIMIT),
        (lambda r: operator(r).update(opcode_index=2), "operator 0: an index"),
        (lambda r: operator(r).update(opcode_index=0xFFFFFFFF), "operator 0: an index"),
        (lambda r: r["metadata"][0].update(buffer=len(r["buffers"])), "an index of a buffer"),
        (lambda r: tensor(r, "c").update(buffer=len(r["buffers"])), "an index of a buffer"),
        (lambda r: r["buffers"][0].update(offset=1 << 32, size=8), "tensor 0: a constant is not aligned"),
        (lambda r: tensor(r, "c").update(type="INT4"), "the operator does not take operands of these types"),
        (lambda r: tensor(r, "c").update(type="STRING"), "the operator does not take operands of these types"),
    ],
)
def test_what_tables_say_is_refused_with_its_place(change: Callable[[dict[str, Any]], object], words: str) -> None:
    assert words in refusal(changed(change))


def test_tables_that_are_visited_more_often_than_the_file_has_words() -> None:
    """Subgraphs that share one long list of tensors: 200 · 1,000 visits in a file of 60 kB."""
    root = dictionary(flat.read(write(parse("%x: float32[1] = input\n%y: float32[1] = relu(%x)\nreturn %y"))))
    main = subgraph(root)
    named = [{**main["tensors"][0], "name": f"t{number}"} for number in range(1000)]
    root["subgraphs"] = [{**main, "tensors": [*main["tensors"], *named]}] + [
        {**main, "name": f"s{i}"} for i in range(199)
    ]
    content = flat.serialize(root)
    Interpreter(model_content=content)
    data, records = bytearray(content), flat.read(content).records("subgraphs")
    shared = _reference(records[0], "tensors")
    for record in records[1:]:
        place = _field(record, "tensors")
        data[place : place + 4] = ((shared - place) % 2**32).to_bytes(4, "little")
    assert len(data) < 100_000 and LIMIT in refusal(bytes(data))


def test_more_operators_in_time_than_can_be_counted() -> None:
    """Each call of a subgraph takes a tick for each of its operators."""
    calls, length = 260, 255
    both = '{then_subgraph_index=@"s", else_subgraph_index=@"s"}'
    main = ["%c: bool[] = input", "%x0: float32[4] = input"]
    main += [f"%x{i + 1}: float32[4] = if(%c, %x{i}) {both}" for i in range(calls)]
    part = ["%y0: float32[4] = input", *(f"%y{i + 1}: float32[4] = relu(%y{i})" for i in range(length))]
    text = "\n".join([*main, f"return %x{calls}", "", 'subgraph "s"', *part, f"return %y{length}"])
    said = refusal(write(parse(text)))
    assert "subgraph 1" in said and LIMIT in said


def _field(record: flat.Record, name: str) -> int:
    place = record._place(flat.schema().tables[record.table][name].slot)
    assert place is not None
    return place


def _reference(record: flat.Record, name: str) -> int:
    return record._file.follow(_field(record, name))


# --- how tables lie in the file ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("place", "number", "words"),
    [
        (lambda r: r._vtable, 2, "malformed"),  # shorter than its own two lengths
        (lambda r: r._vtable, 5, "malformed"),
        (lambda r: r._vtable, 0xFFFE, "past the end"),
        (lambda r: r._vtable + 2, 3, "malformed"),
        (lambda r: r._vtable + 2, 0xFFFF, "past the end"),
        (lambda r: r._vtable + 4, 2, "malformed"),  # a field in the offset of the vtable
        (lambda r: r._vtable + 4, 0xFFFC, "malformed"),  # beyond the table
        (lambda r: r._vtable + 4, None, "malformed"),  # where the table ends
        (lambda r: r._vtable + 4, 5, "not aligned"),
    ],
)
def test_tables_that_lie_badly_are_refused_with_their_byte(
    place: Callable[[flat.Record], int], number: int | None, words: str
) -> None:
    content = bytearray(changed(lambda root: None))
    record = flat.read(bytes(content))
    at = place(record)
    size = content[record._vtable + 2 : record._vtable + 4]
    content[at : at + 2] = size if number is None else number.to_bytes(2, "little")
    said = refusal(bytes(content))
    assert words in said and f"at byte {record.position}" in said


def test_tables_at_odd_places_are_refused() -> None:
    content = bytearray(changed(lambda root: None))
    first = int.from_bytes(content[:4], "little")
    for odd in (1, 2, 3):
        content[:4] = (first + odd).to_bytes(4, "little")
        assert f"at byte {first + odd}: a value or the caller's memory is not aligned" in refusal(bytes(content))


def add(content: bytes, at: int, number: int) -> bytes:
    """``content`` whose 32-bit number at ``at`` is larger."""
    value = int.from_bytes(content[at : at + 4], "little") + number
    return content[:at] + (value % 2**32).to_bytes(4, "little") + content[at + 4 :]


def test_what_a_table_refers_to_lies_at_even_places() -> None:
    content = changed(lambda root: None)
    root = flat.read(content)
    main = root.records("subgraphs")[0]
    assert "not aligned" in refusal(add(content, root.position, 1))  # its vtable, one byte before
    for odd in (1, 2, 3):
        assert "not aligned" in refusal(add(content, _field(main, "inputs"), odd))


def test_a_vector_may_end_where_the_file_does() -> None:
    content = changed(lambda root: None)
    name = _reference(flat.read(content).records("subgraphs")[0].records("tensors")[0], "name")
    length = int.from_bytes(content[name : name + 4], "little")
    room = len(content) - name - 4
    Interpreter(model_content=add(content, name, room - length))
    for more in (1, 4, 2**32 - 1 - room):
        assert "past the end" in refusal(add(content, name, room - length + more))


# --- what cannot overflow ---------------------------------------------------------------------------------------------
def test_sums_that_leave_32_bits_wrap_as_tflms_do() -> None:
    """No C++ of ours overflows a signed integer for it: sums are unsigned."""
    count = 70_000
    x = Value("x", "int8", (1, count), quant=Quantization.per_tensor(0.1, -128))
    w = Value("w", "int8", (2, count), np.full((2, count), 127, np.int8), Quantization.per_tensor(0.1, 0))
    y = Value("y", "int8", (1, 2), quant=Quantization.per_tensor(1e5, 0))
    content = write(
        Graph("m", [x], [y], [Op("fully_connected", [x, w, None], [y], FULLY_CONNECTED.attrs)], ["x"], ["y"])
    )
    feed = [np.full((1, count), 127, np.int8)]
    [ours] = engines.ours(content, feed)
    [theirs] = engines.tflm(content, feed)
    np.testing.assert_array_equal(ours, theirs)
    assert 255 * 127 * count > 2**31 and (ours < 0).all()
