"""``quantize="16x8"``: int16 activations, int8 weights, int64 biases; the file gives the same bytes everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from arenite.conversion import Conversion, convert
from arenite.errors import AreniteError
from arenite.graph import Graph, Op, Value
from arenite.opdef import declaration
from arenite.runtime import Interpreter
from arenite.text import parse
from arenite.writer import write

CNN = """
%x: float32[1,8,8,2] = input "image"
%w: float32[4,3,3,2] = const random(1)
%b: float32[4] = const [0.5, -1, 2, 0]
%c: float32[1,8,8,4] = conv_2d(%x, %w, %b) {stride_w=1, stride_h=1, padding="SAME", fused_activation_function="RELU"}
%dw: float32[1,3,3,4] = const random(2)
%d: float32[1,8,8,4] = depthwise_conv_2d(%c, %dw, none) {stride_w=1, stride_h=1, padding="SAME"}
%a: float32[1,8,8,4] = add(%c, %d)
%p: float32[1,4,4,4] = average_pool_2d(%a) {stride_w=2, stride_h=2, filter_width=2, filter_height=2, padding="VALID"}
%s: int32[2] = const [1, 64]
%f: float32[1,64] = reshape(%p, %s)
%v: float32[3,64] = const random(3)
%h: float32[1,3] = fully_connected(%f, %v, none)
return %h "logits"
"""


def model() -> Graph:
    return parse(CNN)


def samples(seed: int, count: int = 64) -> list[np.ndarray]:
    return [np.random.default_rng(seed).standard_normal((count, 8, 8, 2)).astype(np.float32)]


def test_types_of_the_file() -> None:
    graph = convert(model(), "16x8", samples(0)).graph
    assert {v.dtype for v in graph.values() if not v.is_constant} == {"int16"}
    assert {op.operand(1).dtype for op in graph.ops if declaration(op.name).weight} == {"int8"}
    biases = [op.inputs[2] for op in graph.ops if len(op.inputs) > 2]
    assert biases and all(bias is None or bias.dtype == "int64" for bias in biases)
    assert all(v.quant is not None and not v.quant.zero_point.any() for v in graph.values() if v.dtype == "int16")


FUNCTIONS = ("exp", "gelu", "leaky_relu", "logistic", "relu6", "softmax", "tanh")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_integer(name: str) -> None:
    text = f'%x: float32[1,8] = input "x"\n%y: float32[1,8] = {name}(%x)\nreturn %y "y"'
    graph = convert(parse(text), "16x8", [np.random.default_rng(0).standard_normal((64, 8)).astype(np.float32)]).graph
    assert [op.name for op in graph.ops] == [name]
    assert {value.dtype for value in graph.values()} == {"int16"}


MOVED = {
    "cumsum": "%y: float32[1,8] = cumsum(%x, %one)",
    "topk_v2": "%y: float32[1,1], %p: int32[1,1] = topk_v2(%x, %one)",
    "one_hot": "%p: int32[1] = arg_max(%x, %one)\n%y: float32[1,1] = one_hot(%p, %one, %on, %off) {axis=-1}",
}


def converted(line: str) -> Conversion:
    text = (
        '%x: float32[1,8] = input "x"\n%one: int32[] = const 1\n%on: float32[] = const 2\n'
        f'%off: float32[] = const -1\n{line}\nreturn %y "y"'
    )
    return convert(parse(text), "16x8", [3 * np.random.default_rng(0).standard_normal((64, 8)).astype(np.float32)])


@pytest.mark.parametrize("name", MOVED)
def test_sums_and_choices_are_integer(name: str) -> None:
    graph = converted(MOVED[name]).graph
    assert graph.ops[-1].name == name and graph.outputs[0].dtype == "int16"


def test_log_softmax_is_said_in_operators_that_have_int16() -> None:
    conversion = converted("%y: float32[1,8] = log_softmax(%x)")
    assert {value.dtype for value in conversion.graph.values() if not value.is_constant} == {"int16"}
    assert (conversion.report.predicted_sqnr_db or {})["y"] > 60


def test_results_are_far_closer_than_int8s() -> None:
    exact, coarse = (convert(model(), scheme, samples(0)).report.predicted_sqnr_db for scheme in ("16x8", "int8"))
    assert exact["logits"] > coarse["logits"] + 3  # the weights have 8 bits in both
    assert exact["logits"] > 40


def test_every_runtime_gives_the_same_bytes() -> None:
    pytest.importorskip("tflite_micro")
    pytest.importorskip("ai_edge_litert")
    from oracle import engines

    content = convert(model(), "16x8", samples(0)).content
    for seed in range(5):
        feed = [np.random.default_rng(seed).integers(-32768, 32768, (1, 8, 8, 2)).astype(np.int16)]
        (result,) = engines.ours(content, feed)
        np.testing.assert_array_equal(result, engines.tflm(content, feed)[0].reshape(result.shape))
        np.testing.assert_allclose(result, engines.litert(content, feed)[0], atol=1)  # fully connected rounds otherwise


def test_slopes_of_prelu_are_what_both_peers_read() -> None:
    pytest.importorskip("tflite_micro")
    pytest.importorskip("ai_edge_litert")
    from oracle import engines

    graph = parse('%x: float32[1,6,4] = input "x"\n%w: float32[4] = const [0.1, 0.25, -0.5, 1.5]\n'
                  '%y: float32[1,6,4] = prelu(%x, %w)\nreturn %y "y"')  # fmt: skip
    conversion = convert(graph, "16x8", [np.random.default_rng(0).standard_normal((64, 6, 4)).astype(np.float32)])
    assert conversion.graph.ops[0].operand(1).dtype == "int8"
    assert (conversion.report.predicted_sqnr_db or {})["y"] > 45
    feed = [np.random.default_rng(1).integers(-32768, 32768, (1, 6, 4)).astype(np.int16)]
    (result,) = engines.ours(conversion.content, feed)
    np.testing.assert_array_equal(result, engines.tflm(conversion.content, feed)[0].reshape(result.shape))
    np.testing.assert_array_equal(result, engines.litert(conversion.content, feed)[0])


def with_data_at_a_word(content: bytes, data: bytes) -> bytes:
    """The same file, with the constant ``data`` behind its end, at 8·n + 4 bytes."""
    words = np.frombuffer(content[: len(content) // 4 * 4], "<u4")
    vector = content.index(data) - 4
    (place,) = np.flatnonzero(words.astype(np.int64) + 4 * np.arange(words.size) == vector)
    start = len(content) + -len(content) % 8  # of the vector's length
    moved = bytearray(content.ljust(start, b"\0") + content[vector : vector + 4] + data)
    moved[4 * place : 4 * place + 4] = np.uint32(start - 4 * place).tobytes()
    return bytes(moved)


def test_biases_need_the_alignment_of_words_only() -> None:
    """As some writers leave them."""
    pytest.importorskip("tflite_micro")
    from oracle import engines

    conversion = convert(model(), "16x8", samples(0))
    bias = next(op.inputs[2] for op in conversion.graph.ops if op.name == "conv_2d")
    assert bias is not None and bias.data is not None and bias.dtype == "int64"
    moved = with_data_at_a_word(conversion.content, bias.data.tobytes())
    feed = [np.random.default_rng(0).integers(-32768, 32768, (1, 8, 8, 2)).astype(np.int16)]
    for engine in (engines.ours, engines.tflm):
        (result,), (expected,) = engine(moved, feed), engine(conversion.content, feed)
        np.testing.assert_array_equal(result, expected)


def test_other_constants_of_int64_need_their_own_alignment() -> None:
    data = np.array([[1 << 40, 2, 3, 4]], np.int64)
    x, c, y = (Value(name, "int64", (1, 4), d) for name, d in (("x", None), ("c", data), ("y", None)))
    content = write(Graph("main", [x], [y], [Op("add", [x, c], [y], {})], ["x"], ["y"]))
    with pytest.raises(AreniteError, match="constant is not aligned"):
        Interpreter(model_content=with_data_at_a_word(content, data.tobytes())).allocate_tensors()


def test_inputs_and_outputs_can_stay_float() -> None:
    interpreter = Interpreter(model_content=convert(model(), "16x8", samples(0), io="float32").content)
    interpreter.allocate_tensors()
    details = [*interpreter.get_input_details(), *interpreter.get_output_details()]
    assert {detail["dtype"] for detail in details} == {np.float32}


def test_inputs_of_the_other_scheme_are_refused() -> None:
    with pytest.raises(AreniteError, match="io is 'int16' or 'float32'"):
        convert(model(), "16x8", samples(0), io="int8")


def ranges(text: str, size: int = 8) -> dict[str, float]:
    """Name → the largest magnitude that the grid holds, by calibration on normal numbers."""
    graph = convert(
        parse(text), "16x8", [np.random.default_rng(0).standard_normal((64, size)).astype(np.float32)]
    ).graph
    return {
        v.name: 32767 * float(v.quant.scale[0]) for v in graph.values() if v.quant is not None and not v.is_constant
    }


def test_room_ends_where_no_input_can_reach() -> None:
    """Times and plus constants, the input's ends are carried through; a clamp ends where it clamps."""
    found = ranges("""
%x: float32[1,8] = input "x"
%k: float32[] = const 0.25
%y: float32[1,8] = mul(%x, %k)
%n: int32[2] = const [8, 1]
%v: float32[8,1] = reshape(%y, %n)
%o: float32[8,1] = const [5, 5, 5, 5, 5, 5, 5, -5]
%z: float32[8,1] = add(%v, %o)
%s: float32[8,1] = mul(%v, %z) {fused_activation_function="RELU6"}
%t: float32[8,1] = mul(%z, %z)
return %s "s", %t "t"
""")
    assert found["y"] == pytest.approx(0.25 * found["x"], rel=1e-5)
    assert found["z"] == pytest.approx(5 + 0.25 * found["x"], rel=1e-5)
    assert found["s"] == pytest.approx(6, rel=1e-5)
    assert 25 < found["t"] < found["z"] ** 2 * 1.2 and found["t"] != pytest.approx(found["z"] ** 2, rel=1e-3)


def test_what_shares_a_grid_with_its_own_operand_keeps_its_room() -> None:
    """%z lies on one grid with %y: %y's ends say nothing, for they are %z's."""
    found = ranges("""
%x: float32[1,8] = input "x"
%s: float32[] = const 2
%y: float32[1,8] = mul(%x, %s)
%k: float32[] = const 1.5
%z: float32[1,8] = add(%y, %k)
%c: float32[1,16] = concatenation(%y, %z) {axis=1}
return %c "c"
""")
    assert found["y"] == found["z"] == found["c"] > 1.03 * (2 * found["x"] + 1.5)


def test_products_of_computed_matrices_are_not_taken_for_weights() -> None:
    text = """
%x: float32[1,4,8] = input "x"
%y: float32[1,8,4] = input "y"
%z: float32[1,4,4] = batch_matmul(%x, %y)
return %z "z"
"""
    rng = np.random.default_rng(0)
    even, uneven = (rng.uniform(-1, 1, (64, *shape)).astype(np.float32) for shape in ((4, 8), (8, 4)))
    uneven *= rng.uniform(0.1, 1, (64, 1, 1)).astype(np.float32)
    graph = convert(parse(text), "16x8", [even, uneven]).graph
    reaches = [32767 * float(v.quant.scale[0]) for v in graph.inputs if v.quant is not None]
    seen = [float(np.abs(array).max()) for array in (even, uneven)]
    assert seen[0] < reaches[0] < 1.05 * seen[0]  # samples that go equally far: hardly any room, and not twice
    assert 1.2 * seen[1] < reaches[1] < 1.6 * seen[1]
