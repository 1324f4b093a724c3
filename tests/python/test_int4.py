"""int4 constants through text, writer, reader and runtime: two to a byte, odd counts, rows that begin inside a byte."""

from __future__ import annotations

import numpy as np
import pytest

from arenite import reader, writer
from arenite.elements import pack, unpack
from arenite.errors import GraphError, ModelError
from arenite.graph import Graph
from arenite.runtime import Interpreter
from arenite.text import constants, parse, to_text

LAYER = """
%x: int8[2,3] q(0.5, -3) = input
%w: int4[5,3] q([0.1, 0.2, 0.3, 0.4, 0.5], axis=0) = const [-8, 7, 0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6]
%y: int8[2,5] q(0.25, 0) = fully_connected(%x, %w, none)
return %y
"""


def layer(weights: list[int] | None = None) -> Graph:
    graph = parse(LAYER)
    if weights is not None:
        graph.ops[0].operand(1).data = np.array(weights, np.int8).reshape(5, 3)
    return graph


@pytest.mark.parametrize("count", [0, 1, 2, 15, 16])
def test_packing(count: int) -> None:
    data = np.random.default_rng(count).integers(-8, 8, count).astype(np.int8)
    packed = pack(data)
    assert packed.dtype == np.uint8 and packed.size == (count + 1) // 2
    np.testing.assert_array_equal(unpack(packed, count), data)


def test_low_four_bits_first_and_zeros_behind() -> None:
    assert pack(np.array([-8, 7, -1], np.int8)).tolist() == [0x78, 0x0F]


def test_file_holds_half_the_bytes_and_reads_back() -> None:
    graph = layer()
    content = writer.write(graph)
    weights = reader.read(content).ops[0].operand(1)
    assert (weights.dtype, weights.nbytes) == ("int4", 8)
    np.testing.assert_array_equal(weights.data, graph.ops[0].operand(1).data)
    assert graph.ops[0].operand(1).data is not None
    assert pack(graph.ops[0].operand(1).data).tobytes() in content


def test_text_is_exact() -> None:
    graph = layer()
    text = to_text(graph)
    assert to_text(parse(text, constants(graph))) == text


def test_runtime_shows_them_unpacked() -> None:
    interpreter = Interpreter(model_content=writer.write(layer()))
    interpreter.allocate_tensors()
    detail = interpreter.get_tensor_details()[1]
    assert detail["dtype"] is np.int8
    np.testing.assert_array_equal(interpreter.get_tensor(1), layer().ops[0].operand(1).data)


def test_values_beyond_four_bits_are_refused() -> None:
    with pytest.raises(GraphError, match="no int4"):
        layer([8] * 15).verify()


def test_activations_are_refused() -> None:
    with pytest.raises(GraphError, match="only weights are int4"):
        parse("%x: int4[4] q(0.5, 0) = input\nreturn %x")


@pytest.mark.parametrize("size", [7, 9, 15])
def test_buffer_of_another_length_is_refused(size: int) -> None:
    packed = pack(np.array(layer().ops[0].operand(1).data)).tobytes()
    content = bytearray(writer.write(layer()))
    at = content.index(len(packed).to_bytes(4, "little") + packed)
    content[at] = size
    with pytest.raises(ModelError):
        reader.read(bytes(content))
    with pytest.raises(ModelError):
        Interpreter(model_content=bytes(content))
