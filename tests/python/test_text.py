"""Printing a graph and parsing it back is exact; what the parser refuses, and where it says the fault lies."""

from __future__ import annotations

import dataclasses

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from arenite.elements import numpy_dtype
from arenite.errors import GraphError
from arenite.graph import DTYPES, Graph, Op, Origin, Quantization, Value
from arenite.text import INLINE_ELEMENTS, constants, data_hash, parse, to_text

EXAMPLE = """\
graph "stem"
metadata "plan" b'\\x01\\xff'
%x: int8[1,8,8,3] q(0.5, -3) = input "image"
%w: int8[4,3,3,3] q([0.1, 0.2, 0.3, 0.4], axis=0) = const -1
%"y:0": int8[1,8,8,4] q(0.25, 0) = conv_2d(%x, %w, none) {stride_w=1, padding="SAME", f=1e-07} @"stem/conv" {cls="Conv2D"}
%a: int8[1,4,8,4], %b: int8[1,4,8,4] = split(%"y:0")
return %a, %x "same"
"""


def test_example_prints_as_it_was_written() -> None:
    assert to_text(parse(EXAMPLE)) == EXAMPLE


def test_comments_and_blank_lines_do_not_matter() -> None:
    spaced = EXAMPLE.replace("\n", "   # note\n\n  ")
    assert to_text(parse(spaced)) == EXAMPLE


# --- any graph --------------------------------------------------------------------------
NAMES = st.text(min_size=1, max_size=6)
SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)
FLOATS = st.floats(width=32)
LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=4)
    | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
ORIGINS = st.builds(Origin, st.text(max_size=4), st.text(max_size=4), st.text(max_size=4), st.text(max_size=4))


@st.composite
def quantizations(draw: st.DrawFn) -> Quantization:
    scale = draw(st.lists(st.floats(2**-20, 2**20, width=32), min_size=1, max_size=4))
    zero_point = draw(st.lists(st.integers(-128, 127), min_size=len(scale), max_size=len(scale)))
    return Quantization(np.array(scale, np.float32), np.array(zero_point, np.int64), draw(st.integers(0, 3)))


@st.composite
def arrays(draw: st.DrawFn, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    size = int(np.prod(shape)) * numpy_dtype(dtype).itemsize
    raw = draw(st.binary(min_size=size, max_size=size) | st.just(bytes(size)))
    if dtype == "bool":
        raw = bytes(byte & 1 for byte in raw)
    data = np.frombuffer(raw, numpy_dtype(dtype)).reshape(shape)
    if dtype == "int4":
        data = data >> 4
    return np.nan_to_num(data) if dtype.startswith("float") else data  # the bits of a NaN are not kept


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    names = iter(draw(st.lists(NAMES, min_size=14, max_size=14, unique=True)))

    def value(constant: bool = False) -> Value:
        dtype, shape = draw(st.sampled_from([d for d in DTYPES if constant or d != "int4"])), draw(SHAPES)
        data = draw(arrays(dtype, shape)) if constant else None
        return Value(next(names), dtype, shape, data, draw(st.none() | quantizations()))

    inputs = [value() for _ in range(draw(st.integers(0, 2)))]
    known: list[Value | None] = [None, *inputs, *(value(constant=True) for _ in range(draw(st.integers(1, 3))))]
    ops = []
    for _ in range(draw(st.integers(0, 3))):
        outputs = [value() for _ in range(draw(st.integers(1, 2)))]
        operands = draw(st.lists(st.sampled_from(known), max_size=4))
        attrs = draw(st.dictionaries(st.from_regex(r"[a-z_]\w{0,5}", fullmatch=True), LITERALS, max_size=3))
        name = draw(st.sampled_from(["conv_2d", "q", "random", "custom"]))
        ops.append(Op(name, operands, outputs, attrs, draw(ORIGINS)))
        known += outputs
    results = draw(st.lists(st.sampled_from([v for v in known if v is not None]), max_size=3))
    input_names = [draw(NAMES | st.just(v.name)) for v in inputs]
    output_names = [draw(NAMES | st.just(v.name)) for v in results]
    metadata = draw(st.dictionaries(NAMES, st.binary(max_size=8), max_size=2))
    return Graph(draw(NAMES), inputs, results, ops, input_names, output_names, metadata)


def assert_same(first: Graph, second: Graph) -> None:
    """Structural equality, independent of the textual form; values are compared where they stand."""

    def shape_of(graph: Graph) -> object:
        index = {v: i for i, v in enumerate(graph.values())}
        ops = [
            (op.name, [v and index[v] for v in op.inputs], [index[v] for v in op.outputs], op.attrs, op.origin)
            for op in graph.ops
        ]
        ends = ([index[v] for v in graph.inputs], [index[v] for v in graph.outputs])
        return graph.name, ops, ends, graph.input_names, graph.output_names, graph.metadata

    assert shape_of(first) == shape_of(second)
    for a, b in zip(first.values(), second.values(), strict=True):
        assert dataclasses.replace(a, data=None).__dict__ == dataclasses.replace(b, data=None).__dict__
        assert (a.data is None) == (b.data is None)
        if a.data is not None and b.data is not None:
            assert a.data.dtype == b.data.dtype and a.data.tobytes() == b.data.tobytes()


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_any_graph_survives(graph: Graph) -> None:
    text = to_text(graph)
    parsed = parse(text, constants(graph))
    assert to_text(parsed) == text
    assert_same(parsed, graph)


# --- constants ----------------------------------------------------------------------------
def constant(text: str) -> np.ndarray:
    data = parse(f"%c: {text}\nreturn %c").outputs[0].data
    assert data is not None
    return data


def test_random_constants_depend_on_seed_and_type_only() -> None:
    floats = constant("float32[100] = const random(7)")
    assert floats.dtype == np.float32 and 0.5 < floats.std() < 1.5
    np.testing.assert_array_equal(floats, constant("float32[100] = const random(7)"))
    assert not np.array_equal(floats, constant("float32[100] = const random(8)"))
    integers = constant("int8[4000] = const random(7)")
    assert integers.dtype == np.int8 and integers.min() == -128 and integers.max() == 127


def test_large_constants_are_elided_and_found_again() -> None:
    text = f"%c: int32[{INLINE_ELEMENTS + 1}] = const random(1)\nreturn %c\n"
    graph = parse(text)
    key = data_hash(constant(text.split("\n")[0][4:]))
    assert f"const hash({key})" in to_text(graph)
    assert_same(parse(to_text(graph), constants(graph)), graph)
    with pytest.raises(GraphError, match=f"no data was given for the elided constant {key}"):
        parse(to_text(graph))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no 'return' line"),
        ("return %z", "line 1: %z is not defined above"),
        ("%x: float8[1] = input\nreturn", "line 1: unknown dtype float8"),
        ("%x: int8[1 = input\nreturn", "line 1: expected ','"),
        ("%x: int8[-1] = input\nreturn", "line 1: a dimension is a non-negative integer"),
        ("\n%x: int8[1] = const [1, 2]\nreturn %x", "line 2: the constant does not fit int8[1]"),
        ("%x: int8[1] = const 300\nreturn %x", "does not fit int8[1]"),
        ("%x: int8[2] q([1.0, 2.0], [1, 2, 3]) = input\nreturn %x", "2 scales but 3 zero points"),
        ("%x: int8[2] = input\n%x: int8[2] = input\nreturn", "%x is defined twice"),
        ("%x: int8[2] = input\nreturn\nreturn", "line 3: nothing may follow"),
        ("%x: int8[2] = input junk\nreturn", "line 1: unexpected 'junk'"),
        ("%x: int8[2] = relu(%x)\nreturn", "%x is not defined above"),
        ("%x: int8[2] = relu() {a=}\nreturn", "expected a value before '}'"),
        ("what", "expected '%name"),
        ("%x: int8[2] = variable 1\nreturn", "line 1: unexpected '1'"),
        ("%x: int8[2], %y: int8[2] = variable\nreturn", "variable defines one value"),
        ("%x: int8[2] = input ;\nreturn", "cannot read ';'"),
    ],
)
def test_mistakes_are_told_with_their_line(text: str, words: str) -> None:
    with pytest.raises(GraphError) as caught:
        parse(text)
    assert words in str(caught.value)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=8), st.integers(0, len(EXAMPLE)), st.integers(0, 8))
def test_any_text_parses_or_raises_grapherror(insert: str, at: int, cut: int) -> None:
    try:
        parse(EXAMPLE[:at] + insert + EXAMPLE[at + cut :])
    except GraphError:
        return
