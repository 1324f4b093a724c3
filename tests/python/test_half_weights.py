"""float16 weights: what the converter writes, and that kernels read them where they lie with the bits of float32."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import seeded
from oracle import engines
from test_weights import CNN, model, run, samples
from typer.testing import CliRunner

from arenite.board.firmware import needed_bodies
from arenite.cli import app
from arenite.conversion import convert
from arenite.errors import AreniteError, ModelError, UnsupportedError
from arenite.graph import Graph, Op, Value
from arenite.inspection import inspect
from arenite.opdef import declaration, rows
from arenite.optimization import optimize
from arenite.passes.half_weights import LEAST, read_in_place
from arenite.reader import read
from arenite.runtime import Interpreter
from arenite.text import parse
from arenite.writer import write

HALVES = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
READING = [name for name in rows() if declaration(name).half]


def expanded(half: np.ndarray) -> bytes:
    """A file whose output is a float16 constant made float32."""
    wide = Value("y", "float32", half.shape)
    ops = [Op("dequantize", [Value("w", "float16", half.shape, half)], [wide])]
    return write(Graph("main", [], [wide], ops, [], ["y"]))


def test_every_float16_becomes_the_float32_that_it_is() -> None:
    """Subnormal numbers, infinities and zeros too; of a NaN, that it is one, and its sign and upper bits."""
    [wide] = engines.ours(expanded(HALVES), [])
    expected = HALVES.astype(np.float32)
    numbers = ~np.isnan(HALVES)
    np.testing.assert_array_equal(wide.view(np.uint32)[numbers], expected.view(np.uint32)[numbers])
    payload = (HALVES.view(np.uint16)[~numbers].astype(np.uint32) & 0x3FF) << 13
    assert np.isnan(wide[~numbers]).all()
    np.testing.assert_array_equal(wide.view(np.uint32)[~numbers] & 0x7FFFFF, payload)
    np.testing.assert_array_equal(np.signbit(wide), np.signbit(HALVES))


def halved(op: Op, wide: bool) -> tuple[bytes, int]:
    """The operator with constants, rounded to float16, behind dequantize; ``wide``: as float32. And how many there are."""
    ops, inputs = [], []
    for index, value in enumerate(op.inputs):
        if value is None or index not in declaration(op.name).half or value.dtype != "float32":
            inputs.append(value)
            continue
        given = value.data if value.data is not None else np.random.default_rng(index).normal(0, 1, value.shape)
        half = given.astype(np.float16)
        if wide:
            inputs.append(dataclasses.replace(value, name=f"w{index}", data=half.astype(np.float32)))
            continue
        inputs.append(Value(f"w{index}/wide", "float32", value.shape))
        ops.append(Op("dequantize", [Value(f"w{index}", "float16", value.shape, half)], [inputs[-1]]))
    outputs = [dataclasses.replace(value, name=f"y{i}") for i, value in enumerate(op.outputs)]
    last = Op(op.name, inputs, outputs, op.attrs)
    made = {value for each in ops for value in each.outputs}
    fed = [value for value in inputs if value is not None and not value.is_constant and value not in made]
    fed = [dataclasses.replace(value, name=f"x{i}") for i, value in enumerate(fed)]
    given = iter(fed)
    last.inputs = [v if v is None or v.is_constant or v in made else next(given) for v in inputs]
    names = [value.name for value in fed], [value.name for value in outputs]
    return write(Graph("main", fed, outputs, [*ops, last], *names)), len(ops)


def computes_in_float(op: Op) -> bool:
    operands = {value.dtype for value in op.inputs if value is not None}
    return op.output.dtype == "float32" and operands <= {"float32", "int32", "int64"}


@pytest.mark.parametrize("name", READING)
def test_kernel_reads_float16_with_the_bits_of_float32(name: str) -> None:
    ops = [op for found in seeded.instances(name, 12).values() for op in found if computes_in_float(op)]
    assert len(ops) >= 8
    for number, op in enumerate(ops):
        (half, count), (wide, _) = halved(op, False), halved(op, True)
        interpreter = Interpreter(model_content=half)
        interpreter.allocate_tensors()
        rng = np.random.default_rng(number)
        feed = [
            rng.integers(0, 1, d["shape"]).astype(d["dtype"])
            if np.dtype(d["dtype"]).kind == "i"
            else rng.normal(0, 1, d["shape"]).astype(np.float32)
            for d in interpreter.get_input_details()
        ]
        assert count, op
        np.testing.assert_array_equal(engines.ours(half, feed)[0], engines.ours(wide, feed)[0], err_msg=str(op))
        planned = {part.name for part in interpreter.memory_plan()}
        assert not any(part.endswith("/wide") for part in planned), "the weights take room in the arena"


def test_converter_halves_the_file_and_takes_no_arena() -> None:
    plain, half = convert(model()), convert(model(), "float16")
    weights = sum(value.size for value in half.graph.values() if value.dtype == "float16")
    assert weights > 0.95 * sum(v.size for v in plain.graph.values() if v.is_constant)
    assert plain.report.file_bytes - half.report.file_bytes > 2 * weights - 256 * half.report.operators["dequantize"]
    assert plain.report.arena is not None and half.report.arena is not None
    assert half.report.arena.tensors == plain.report.arena.tensors
    rounded = parse(CNN)
    for value in rounded.values():
        if value.is_constant and value.size >= LEAST and value.dtype == "float32":
            value.data = value.data.astype(np.float16).astype(np.float32)
    for x in samples(4)[0]:
        np.testing.assert_array_equal(run(half.content, x[None]), run(convert(rounded).content, x[None]))
    inspected = inspect(half.content)
    assert (
        inspected.constant_types["float16"] == 2 * weights
        and sum(inspected.constant_types.values()) == inspected.constant_bytes
    )
    assert needed_bodies(half.content).half and not needed_bodies(plain.content).half


def test_litert_runs_the_file_with_the_same_bits_and_tflite_micro_does_not() -> None:
    pytest.importorskip("ai_edge_litert")
    half = convert(model(), "float16")
    for x in samples(3)[0]:
        np.testing.assert_array_equal(run(half.content, x[None]), engines.litert(half.content, [x[None]])[0])
    assert any("TFLite Micro does not" in text for text in half.report.warnings)


def test_weights_beyond_float16_are_refused_and_may_stay_float32() -> None:
    graph = model()
    head = next(op for op in graph.ops if op.origin.layer == "head").operand(1)
    head.data = head.data.copy()
    head.data[0, 0] = -65519.9
    assert np.isfinite(read(convert(graph, "float16").content).ops[-2].operand(0).data).all()
    head.data[0, 0] = -65520
    with pytest.raises(UnsupportedError, match=r"layer 'head'.* reaches 65520\n.*--layer 'name=float'"):
        convert(graph, "float16")
    kept = convert(graph, "float16", layers={"head": "float"})
    assert {op.origin.layer for op in kept.graph.ops if op.name == "dequantize"} == {"stem", "depthwise"}
    with pytest.raises(AreniteError, match="its weights stay float32"):
        convert(graph, "float16", layers={"head": "int16"})


def test_options_of_other_schemes_are_refused() -> None:
    with pytest.raises(AreniteError, match="needs none"):
        convert(model(), "float16", samples())
    with pytest.raises(AreniteError, match="io is 'float32'"):
        convert(model(), "float16", io="int8")
    with pytest.raises(AreniteError, match="int4 weights go with"):
        convert(model(), "float16", weights="int4")


SHARED = """
%x: float32[1,200] = input
%w: float32[200] = const random(1)
%s: float32[1,200] = mul(%x, %w)
%a: float32[1,200] = tanh(%s)
%m: float32[200,200] = const random(2)
%b: float32[1,200] = fully_connected(%a, %m, %w) @"one"
%c: float32[1,200] = fully_connected(%b, %m, none) @"two"
return %c
"""


def test_shared_weights_are_stored_once_and_other_readers_get_float32() -> None:
    half = convert(parse(SHARED), "float16")
    assert half.report.operators["dequantize"] == 2
    expand = next(op for op in half.graph.ops if op.name == "dequantize" and op.operand(0).size == 200)
    next(op for op in half.graph.ops if op.name == "mul").inputs[1] = expand.output
    half.graph.ops.remove(expand)
    half.graph.ops.insert(0, expand)
    content = write(half.graph)
    planned = {part.name: part.size for part in inspect(content).plan}
    assert planned[expand.output.name] == 800, "the product's kernel reads float32"
    x = np.random.default_rng(0).normal(0, 1, (1, 200)).astype(np.float32)
    np.testing.assert_allclose(run(content, x), run(convert(parse(SHARED)).content, x), rtol=1e-2, atol=0.05)
    pytest.importorskip("ai_edge_litert")
    np.testing.assert_allclose(run(content, x), engines.litert(content, [x])[0], rtol=1e-6, atol=1e-6)  # tanh


def test_intermediate_results_can_be_looked_at() -> None:
    half = convert(model(), "float16")
    interpreter = Interpreter(model_content=half.content, preserve_all_tensors=True)
    interpreter.allocate_tensors()
    (detail,) = interpreter.get_input_details()
    x = samples(1)[0]
    interpreter.set_tensor(detail["index"], x)
    interpreter.invoke()
    made = next(op for op in half.graph.ops if op.name == "dequantize")
    index = next(d["index"] for d in interpreter.get_tensor_details() if d["name"] == made.output.name)
    np.testing.assert_array_equal(interpreter.get_tensor(index), made.operand(0).data.astype(np.float32))
    np.testing.assert_array_equal(
        interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), run(half.content, x)
    )
    sparing = Interpreter(model_content=half.content)
    sparing.allocate_tensors()
    with pytest.raises(AreniteError, match="no memory"):
        sparing.get_tensor(index)


def test_parts_of_an_arena_and_steps_give_the_same() -> None:
    half, x = convert(model(), "float16").content, samples(1)[0]
    parts = Interpreter(model_content=half, arena_regions=[4096, 16384])
    parts.allocate_tensors()
    parts.set_tensor(parts.get_input_details()[0]["index"], x)
    while parts.invoke_step() is None:
        pass
    np.testing.assert_array_equal(parts.get_tensor(parts.get_output_details()[0]["index"]), run(half, x))


def test_optimize_keeps_the_weights_in_float16() -> None:
    half = convert(model(), "float16").content
    lean = optimize(half)
    assert inspect(lean.content).constant_types == inspect(half).constant_types and lean.checks == 16


def test_activations_of_float16_are_refused() -> None:
    whole = parse("%x: float16[1,4] = input\n%y: float32[1,4] = dequantize(%x)\nreturn %y")
    with pytest.raises(ModelError, match="type"):
        Interpreter(model_content=write(whole))


def test_command_line_says_what_is_float16(tmp_path: Path) -> None:
    source, file = tmp_path / "m.tflite", tmp_path / "half.tflite"
    source.write_bytes(write(model()))
    runner = CliRunner()
    done = runner.invoke(app, ["convert", str(source), "-o", str(file), "--quantize", "float16"])
    assert done.exit_code == 0, done.output
    shown = runner.invoke(app, ["inspect", str(file)])
    assert "B float16" in shown.output


def test_what_is_small_or_an_output_stays_as_it_is() -> None:
    """A bias of few elements is float32 in the file; a float32 copy that the user reads has room."""
    graph = convert(
        parse("""
%x: float32[1,16] = input
%w: float32[16,16] = const random(1)
%b: float32[16] = const 0.5
%y: float32[1,16] = fully_connected(%x, %w, %b)
return %y
"""),
        "float16",
    ).graph
    dense = graph.ops[-1]
    assert dense.operand(2).is_constant and dense.operand(2).dtype == "float32"
    assert read_in_place(graph) == {dense.operand(1)}
    graph.outputs = [*graph.outputs, dense.operand(1)]
    assert not read_in_place(graph)
