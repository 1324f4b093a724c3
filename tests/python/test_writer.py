"""What a written file holds byte for byte, what it leaves out, and that LiteRT and TFLite Micro run it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import arenite
from arenite import flat
from arenite.errors import GraphError, UnsupportedError
from arenite.graph import Graph
from arenite.reader import read
from arenite.text import constants, parse, to_text
from arenite.writer import write

INT8 = """
%x: int8[1,4,4,2] q(0.05, -3) = input "image"
%w: int8[3,3,3,2] q([0.01, 0.02, 0.03], axis=0) = const random(1)
%b: int32[3] = const [10, -20, 30]
%c: int8[1,4,4,3] q(0.25, 5) = conv_2d(%x, %w, %b) {padding="SAME", stride_w=1, stride_h=1} @"stem"
%d: int8[1,4,4,3] q(0.3, 5) = add(%c, %c) @"residual"
%r: int8[1,4,4,3] q(0.3, 5) = relu(%d)
%s: int32[2] = const [1, 48]
%f: int8[1,48] q(0.3, 5) = reshape(%r, %s)
%w2: int8[5,48] q(0.01, 0) = const random(2)
%y: int8[1,5] q(0.2, 0) = fully_connected(%f, %w2)
return %y "scores"
"""
FLOAT32 = """
%x: float32[1,5,5,2] = input
%w: float32[4,3,3,2] = const random(3)
%b: float32[4] = const [0.5, -0.5, 1.5, 0]
%c: float32[1,3,3,4] = conv_2d(%x, %w, %b) {padding="VALID", stride_w=1, stride_h=1, fused_activation_function="RELU6"}
%axes: int32[2] = const [1, 2]
%m: float32[1,4] = mean(%c, %axes) {keep_dims=False}
%y: float32[1,4] = softmax(%m) {beta=1.0}
return %y, %c "features"
"""


def int8_input() -> np.ndarray:
    return np.random.default_rng(0).integers(-128, 128, (1, 4, 4, 2), np.int8)


def float_input() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((1, 5, 5, 2)).astype(np.float32)


# --- other runtimes -----------------------------------------------------------------------
def run_litert(content: bytes, data: np.ndarray) -> list[np.ndarray]:
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    kernels = litert.OpResolverType.BUILTIN_REF
    interpreter = litert.Interpreter(model_content=content, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], data)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def run_tflm(content: bytes, data: np.ndarray, outputs: int) -> list[np.ndarray]:
    runtime = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")
    interpreter = runtime.Interpreter.from_bytes(content)
    interpreter.set_input(data, 0)
    interpreter.invoke()
    return [interpreter.get_output(index) for index in range(outputs)]


@pytest.mark.parametrize("strip", [False, True])
def test_int8_file_runs_in_litert_and_tflm(strip: bool) -> None:
    content = write(parse(INT8), strip=strip)
    [tflm] = run_tflm(content, int8_input(), 1)
    [litert] = run_litert(content, int8_input())
    np.testing.assert_array_equal(tflm, reference_int8(int8_input()))
    assert np.abs(litert.astype(int) - tflm).max() <= 1  # LiteRT rounds fully connected once, TFLM twice


def reference_int8(data: np.ndarray) -> np.ndarray:
    """INT8 in real numbers, rounded to each tensor's grid: no kernel, so a permuted or shifted constant shows."""
    graph = parse(INT8)
    constant = {v.name: v for v in graph.values() if v.data is not None}
    w, b = constant["w"].data.astype(float), constant["b"].data  # type: ignore[union-attr]
    padded = np.pad(data[0].astype(float) + 3, ((1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))
    accumulator = np.einsum("hwckl,oklc->hwo", windows, w) + b
    scales = 0.05 * constant["w"].quant.scale.astype(float)  # type: ignore[union-attr]
    conv = np.clip(np.round(accumulator * scales / 0.25) + 5, -128, 127)
    total = np.clip(np.round(2 * (conv - 5) * 0.25 / 0.3) + 5, -128, 127)
    flat_input = (np.maximum(total, 5) - 5).reshape(48)
    weights = constant["w2"].data.astype(float)  # type: ignore[union-attr]
    return np.clip(np.round(weights @ flat_input * 0.3 * 0.01 / 0.2), -128, 127).astype(np.int8)[None]


def test_float_file_runs_in_litert_and_tflm() -> None:
    content = write(parse(FLOAT32))
    litert, tflm = run_litert(content, float_input()), run_tflm(content, float_input(), 2)
    graph = parse(FLOAT32)
    weights, bias = (v.data for v in list(graph.values())[1:3])
    windows = np.lib.stride_tricks.sliding_window_view(float_input()[0], (3, 3), axis=(0, 1))
    conv = np.clip(np.einsum("hwckl,oklc->hwo", windows, weights) + bias, 0, 6)
    exponents = np.exp(conv.mean(axis=(0, 1)))
    for outputs in (litert, tflm):
        np.testing.assert_allclose(outputs[0][0], exponents / exponents.sum(), rtol=1e-5)
        np.testing.assert_allclose(outputs[1][0], conv, rtol=1e-5, atol=1e-5)


# --- what the file holds --------------------------------------------------------------------
def model(text: str, *, strip: bool = False) -> flat.Record:
    return flat.read(write(parse(text), strip=strip))


def test_header() -> None:
    root = model(INT8)
    assert root["version"] == 3
    assert root["description"] == f"arenite {arenite.__version__}"
    [subgraph] = root["subgraphs"]
    assert subgraph["name"] == "main"
    [signature] = root["signature_defs"]
    assert signature["signature_key"] == "serving_default"
    assert [(m["name"], m["tensor_index"]) for m in signature["inputs"]] == [("image", subgraph["inputs"][0])]
    assert [(m["name"], m["tensor_index"]) for m in signature["outputs"]] == [("scores", subgraph["outputs"][0])]


def test_operator_codes_carry_the_version_of_the_signature_once() -> None:
    codes = [(c["builtin_code"], c["deprecated_builtin_code"], c["version"]) for c in model(INT8)["operator_codes"]]
    assert codes == [("CONV_2D", 3, 3), ("ADD", 0, 2), ("RELU", 19, 2), ("RESHAPE", 22, 1), ("FULLY_CONNECTED", 9, 4)]
    codes = [(c["builtin_code"], c["version"]) for c in model(FLOAT32)["operator_codes"]]
    assert codes == [("CONV_2D", 1), ("MEAN", 1), ("SOFTMAX", 1)]


def test_tensors_stand_in_the_order_of_values() -> None:
    tensors = model(INT8)["subgraphs"][0]["tensors"]
    assert [t["name"] for t in tensors] == [v.name for v in parse(INT8).values()]
    assert not any(t["name"] for t in model(INT8, strip=True)["subgraphs"][0]["tensors"])


def test_quantization_has_scales_and_zero_points_only() -> None:
    tensors = {t["name"]: t for t in model(INT8)["subgraphs"][0]["tensors"]}
    for tensor in tensors.values():
        quant = tensor["quantization"]
        assert quant is None or not (quant.has("min") or quant.has("max") or quant.has("details"))
    weights = tensors["w"]["quantization"]
    np.testing.assert_array_equal(weights["scale"], np.float32([0.01, 0.02, 0.03]))
    assert weights["zero_point"].tolist() == [0, 0, 0]  # LiteRT wants one per scale
    assert tensors["x"]["quantization"]["zero_point"].tolist() == [-3]
    assert tensors["b"]["quantization"] is None and tensors["s"]["quantization"] is None


def test_quantization_of_integer_biases_is_left_out() -> None:
    with_quant = INT8.replace("%b: int32[3]", "%b: int32[3] q([0.0005, 0.001, 0.0015], axis=0)")
    assert write(parse(with_quant)) == write(parse(INT8))


def test_absent_operands_at_the_end_are_left_out() -> None:
    """LiteRT's and TFLite Micro's convolutions count operands: −1 for the last is an error, or a crash."""
    assert write(parse(INT8.replace("(%f, %w2)", "(%f, %w2, none)"))) == write(parse(INT8))
    middle = INT8.replace("(%f, %w2)", "(%f, none, %w2)").replace("%w2: int8[5,48]", "%w2: int32[5,48]")
    with pytest.raises(UnsupportedError, match="int8, none, int32"):
        write(parse(middle))


def test_declared_defaults_are_written_where_an_attribute_is_missing() -> None:
    full = INT8.replace("add(%c, %c)", 'add(%c, %c) {fused_activation_function="NONE", pot_scale_int16=True}')
    assert write(parse(full)) == write(parse(INT8))


def test_buffer_0_is_empty_and_equal_constants_share_one() -> None:
    text = """
%x: float32[1,100] = input
%a: float32[1,100] = const random(1)
%b: float32[100] = const random(1)
%p: float32[1,100] = add(%x, %a)
%y: float32[1,100] = mul(%p, %b)
return %y
"""
    root = model(text)
    assert [b["data"] is None for b in root["buffers"]] == [True, False]
    assert sorted(t["buffer"] for t in root["subgraphs"][0]["tensors"]) == [0, 0, 0, 1, 1]


def test_constants_lie_on_16_byte_boundaries() -> None:
    content = write(parse(INT8))
    for buffer in flat.read(content)["buffers"][1:]:
        assert (buffer["data"].ctypes.data - np.frombuffer(content, np.uint8).ctypes.data) % 16 == 0


def test_equal_scales_and_zero_points_are_stored_once() -> None:
    """200 per-channel weights of 64 channels with their own scales: one vector of zeros (512 bytes) for all."""
    layers = 200
    lines = ["%v0: int8[1,64] q(0.1, 0) = input"]
    for i in range(layers):
        scales = ", ".join(str(0.001 * (i + 1) + 0.0001 * c) for c in range(64))
        lines.append(f"%w{i}: int8[64,64] q([{scales}], axis=0) = const 1")
        lines.append(f"%v{i + 1}: int8[1,64] q(0.1, 0) = fully_connected(%v{i}, %w{i}, none)")
    lines.append(f"return %v{layers}")
    size = len(write(parse("\n".join(lines)), strip=True))
    assert size < 64 * 64 + layers * (4 * 64 + 140) + 2000  # of it 256 bytes of scales per layer


def test_metadata_is_kept_and_padded_by_nothing() -> None:
    graph = parse('metadata "OfflineMemoryAllocation" b"\\x01\\x00"\nmetadata "note" b"abc"\n' + FLOAT32)
    root = flat.read(write(graph))
    entries = {m["name"]: root["buffers"][m["buffer"]]["data"].tobytes() for m in root["metadata"]}
    assert entries == {"OfflineMemoryAllocation": b"\x01\x00", "note": b"abc"}


def test_overhead_is_small() -> None:
    """Structure of ten operators and names, without data: what remains must stay below 2 kB."""
    data = sum(v.nbytes for v in parse(INT8).values() if v.is_constant)
    assert len(write(parse(INT8))) - data < 1700
    assert len(write(parse(INT8), strip=True)) - data < 1600


def test_same_graph_same_bytes() -> None:
    assert write(parse(INT8)) == write(parse(INT8)) == write(parse(INT8).copy())


# --- round trip -------------------------------------------------------------------------------
def comparable(graph: Graph) -> str:
    """The graph's text without origins, which a file does not hold."""
    graph = graph.copy()
    for op in graph.ops:
        op.origin = type(op.origin)()
    return to_text(graph)


@pytest.mark.parametrize("text", [INT8, FLOAT32], ids=["int8", "float32"])
def test_reading_and_writing_again_gives_the_same_bytes_and_graph(text: str) -> None:
    content = write(parse(text))
    graph = read(content)
    assert write(graph) == content
    assert comparable(read(write(graph))) == comparable(graph)
    assert [(v.name, v.dtype, v.shape, v.quant) for v in graph.values()] == [
        (v.name, v.dtype, v.shape, v.quant) for v in parse(text).values()
    ]
    assert constants(graph).keys() == constants(parse(text)).keys()


OPERATORS = st.sampled_from(
    [
        ("relu", 1, ""),
        ("add", 2, '{fused_activation_function="RELU6", pot_scale_int16=False}'),
        ("mul", 2, '{fused_activation_function="RELU_N1_TO_1"}'),
        ("softmax", 1, "{beta=0.25}"),
        ("average_pool_2d", 1, '{padding="VALID", stride_w=3, stride_h=1, filter_width=1, filter_height=1,'
                               ' fused_activation_function="TANH"}'),
        ("concatenation", 3, '{axis=-1, fused_activation_function="NONE"}'),
    ]
)  # fmt: skip


@st.composite
def graph_texts(draw: st.DrawFn) -> str:
    """Graphs of any wiring: operands may repeat, be constants or inputs; outputs may repeat. Shapes need not agree."""
    names = iter(draw(st.lists(st.text(min_size=1, max_size=5), min_size=20, max_size=20, unique=True)))

    def new() -> str:
        return "%" + json.dumps(next(names))

    def typed() -> str:
        shape = draw(st.lists(st.integers(0, 3), max_size=4))
        quant = f"q({draw(st.floats(2**-10, 2**10, width=32))}, {draw(st.integers(-128, 127))})"
        return f"{dtype}[{','.join(map(str, shape))}] {quant if dtype == 'int8' else ''}"

    dtype = draw(st.sampled_from(["int8", "float32"]))
    known = [new() for _ in range(draw(st.integers(1, 3)))]
    lines = [f'{name}: {typed()} = input "user {i}"' for i, name in enumerate(known)]
    for _ in range(draw(st.integers(0, 2))):
        known.append(new())
        lines.append(f"{known[-1]}: {typed()} = const random({draw(st.integers(0, 2))})")
    for _ in range(draw(st.integers(0, 5))):
        name, arity, attrs = draw(OPERATORS)
        operands = ", ".join(draw(st.sampled_from(known)) for _ in range(arity))
        known.append(new())
        lines.append(f"{known[-1]}: {typed()} = {name}({operands}) {attrs}")
    outputs = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))
    return "\n".join(lines) + "\nreturn " + ", ".join(f'{v} "out {i}"' for i, v in enumerate(outputs))


@settings(max_examples=80, deadline=None)
@given(graph_texts())
def test_any_graph_survives(text: str) -> None:
    graph = parse(text)
    content = write(graph)
    again = read(content)
    assert comparable(again) == comparable(graph)
    assert write(again) == content
    for value, same in zip(graph.values(), again.values(), strict=True):
        assert (value.data is None) == (same.data is None)
        assert value.data is None or value.data.tobytes() == same.data.tobytes()  # type: ignore[union-attr]


# --- refusals ---------------------------------------------------------------------------------
def refusal(text: str, error: type[Exception]) -> str:
    with pytest.raises(error) as caught:
        write(parse(text))
    return str(caught.value)


def test_an_operator_without_a_kernel_is_refused_by_layer() -> None:
    text = '%x: float32[2] = input\n%y: float32[2] = rfft2d(%x) @"wave"\nreturn %y'
    message = refusal(text, UnsupportedError)
    assert "layer 'wave'" in message and "'rfft2d'" in message


def test_operand_types_without_a_kernel_are_refused_by_layer() -> None:
    text = '%x: int8[2] = input\n%f: float32[2] = input\n%y: int8[2] = add(%x, %f) @"sum"\nreturn %y'
    message = refusal(text, UnsupportedError)
    assert "layer 'sum'" in message and "int8, float32 → int8" in message and "float32, float32 → float32" in message


@pytest.mark.parametrize(
    ("attrs", "words"),
    [('{padding="FULL"}', "cannot be 'FULL'"), ("{stride=1}", "no field stride"), ("{stride_w=1.5}", "cannot be 1.5")],
)
def test_attributes_that_the_options_table_lacks_are_refused(attrs: str, words: str) -> None:
    text = (
        f"%x: float32[1,1,1,1] = input\n%w: float32[1,1,1,1] = const 1\n%y: float32[1,1,1,1] = conv_2d(%x, %w) {attrs}"
    )
    assert words in refusal(text + "\nreturn %y", GraphError)


def test_attributes_of_an_operator_without_options_are_refused() -> None:
    assert "no options table" in refusal(
        "%x: float32[1] = input\n%y: float32[1] = relu(%x) {a=1}\nreturn %y", GraphError
    )


# --- schema/README.md -----------------------------------------------------------------------------------
def documented() -> dict[str, set[str]]:
    """Table → fields in the first column of its section."""
    text = (Path(__file__).parents[2] / "schema" / "README.md").read_text()
    sections = re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    rows = {name: re.findall(r"^\| (`[^|]*) \|", body, re.MULTILINE) for name, body in sections}
    return {
        name: {field for row in rows[name] for field in re.findall(r"`(\w+)`", row)}
        for name in rows
        if name in flat.schema().tables and name != "Metadata"
    }


def written(record: flat.Record, found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Table → fields that the file states, from ``record`` down."""
    for name, value in record.fields():
        if record.has(name):
            found.setdefault(record.table, set()).add(name)
        for part in value if isinstance(value, list | tuple) else [value]:
            if isinstance(part, flat.Record):
                written(part, found)
    return found


def test_every_written_field_is_documented_and_every_documented_field_exists() -> None:
    tables = documented()
    assert {"Model", "OperatorCode", "SubGraph", "Tensor", "QuantizationParameters", "Buffer", "Operator"} <= set(
        tables
    )
    for name, fields in tables.items():
        assert fields <= set(flat.schema().tables[name]), name
    for name, fields in written(model(INT8), {}).items():
        if name in tables:
            assert fields <= tables[name], name
