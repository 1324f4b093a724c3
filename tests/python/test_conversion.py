"""From a graph or a Keras model to a file: it opens here, in LiteRT and in TFLite Micro, and all give the same bytes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arenite.conversion import Conversion, convert
from arenite.errors import AreniteError, CalibrationError, ModelError, UnsupportedError
from arenite.evaluate import evaluate
from arenite.runtime import Interpreter
from arenite.text import parse

litert = pytest.importorskip("ai_edge_litert.interpreter")
tflm = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")

#: One graph per situation in which a runtime might refuse what the converter writes.
GRAPHS = {
    "one channel": """
%x: float32[1,1] = input
%w: float32[1,1] = const 1
%b: float32[1] = const 0.5
%y: float32[1,1] = fully_connected(%x, %w, %b)
return %y""",
    "ratio near one": """
%x: float32[1,1] = input
%w: float32[1,1] = const 1
%b: float32[1] = const -1.4
%y: float32[1,1] = fully_connected(%x, %w, %b) {fused_activation_function="RELU"}
return %y""",
    "dead and tiny channels": """
%x: float32[1,4] = input
%w: float32[4,4] = const [0, 0, 0, 0, 1, 2, 3, 4, 1e-12, 0, 0, 0, 0, 0, 0, 0]
%b: float32[4] = const [0, 1, 3, 30000]
%y: float32[1,4] = fully_connected(%x, %w, %b)
return %y""",
    "separable block": """
%x: float32[1,6,6,2] = input
%w: float32[1,3,3,4] = const random(2)
%d: float32[1,3,3,4] = depthwise_conv_2d(%x, %w, none) {stride_h=2, stride_w=2, depth_multiplier=2}
%r: float32[1,3,3,4] = relu6(%d)
%v: float32[3,1,1,4] = const random(3)
%y: float32[1,3,3,3] = conv_2d(%r, %v, none) {stride_h=1, stride_w=1}
return %y""",
    "grouped, dilated": """
%x: float32[1,6,6,4] = input
%w: float32[4,3,3,2] = const random(2)
%y: float32[1,2,2,4] = conv_2d(%x, %w, none) {stride_h=1, stride_w=1, dilation_h_factor=2, dilation_w_factor=2, padding="VALID"}
return %y""",
    "constants beside activations": """
%x: float32[1,3,3,2] = input
%c: float32[2] = const [2, -3]
%a: float32[1,3,3,2] = mul(%x, %c)
%d: float32[2] = const [1, 7]
%b: float32[1,3,3,2] = add(%a, %d)
%e: float32[1,3,3,2] = add(%b, %x)
%y: float32[1,3,3,2] = relu6(%e)
return %y, %b""",
    "BatchNorm before relu": """
%x: float32[1,4,4,3] = input
%s: float32[3] = const [1, -20, 0.1]
%m: float32[1,4,4,3] = mul(%x, %s)
%t: float32[3] = const [0.5, 7, -0.01]
%b: float32[1,4,4,3] = add(%m, %t)
%r: float32[1,4,4,3] = relu(%b)
%w: float32[3,3,3,3] = const random(1)
%a: float32[1,4,4,3] = conv_2d(%r, %w) {stride_w=1, stride_h=1}
%y: float32[1,4,4,3] = add(%a, %x)
return %y""",
    "lone clamps": """
%x: float32[1,8] = input
%p: float32[1,8] = logistic(%x)
%y: float32[1,8] = relu6(%x)
%z: float32[1,8] = relu(%x)
return %y, %z, %p""",
    "pools, pad, mean": """
%x: float32[1,5,5,2] = input
%n: int32[4,2] = const [0, 0, 1, 2, 0, 1, 0, 0]
%p: float32[1,8,6,2] = pad(%x, %n)
%a: float32[1,4,3,2] = average_pool_2d(%p) {stride_h=2, stride_w=2, filter_height=2, filter_width=2}
%m: float32[1,4,3,2] = max_pool_2d(%a) {stride_h=1, stride_w=1, filter_height=3, filter_width=3}
%i: int32[2] = const [1, 2]
%y: float32[1,2] = mean(%m, %i)
return %y""",
    "concatenation of fixed and free": """
%x: float32[1,4] = input
%z: float32[1,2] = input
%l: float32[1,2] = logistic(%z)
%y: float32[1,10] = concatenation(%x, %l, %x) {axis=-1}
%s: float32[1,10] = softmax(%y) {beta=1.0}
return %s""",
    "upscaling": """
%x: float32[1,4,4,3] = input
%s: int32[4] = const [1, 8, 7, 5]
%w: float32[5,3,3,3] = const random(1)
%a: float32[1,8,7,5] = transpose_conv(%s, %w, %x, none) {stride_h=2, stride_w=2}
%m: float32[5] = const [0.5, 1, 2, 1, 0.25]
%b: float32[1,8,7,5] = mul(%a, %m)
%y: float32[1,8,7,5] = relu(%b)
return %y""",
    "scores": """
%x: float32[1,6,8] = input
%w: float32[8,8] = const random(1)
%a: float32[1,6,8] = fully_connected(%x, %w, none) {keep_num_dims=True}
%b: float32[1,6,6] = batch_matmul(%a, %x) {adj_y=True}
%p: float32[1,6,6] = softmax(%b)
%c: float32[1,6,8] = batch_matmul(%p, %x)
%axes: int32[1] = const [1]
%y: float32[1,8] = reduce_max(%c, %axes)
return %y""",
    "residual": """
%x: float32[1,4,4,3] = input
%w: float32[3,3,3,3] = const random(1)
%a: float32[1,4,4,3] = conv_2d(%x, %w, none) {stride_h=1, stride_w=1}
%b: float32[1,4,4,3] = add(%a, %x)
%y: float32[1,4,4,3] = relu(%b)
return %y""",
}


def samples(text: str, count: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((count, *v.shape[1:]), np.float32) for v in parse(text).inputs]


def ours(content: bytes) -> Any:
    return Interpreter(model_content=content)


def reference(content: bytes) -> Any:
    kernels = litert.OpResolverType.BUILTIN_REF
    return litert.Interpreter(model_content=content, experimental_op_resolver_type=kernels)


def run(make: Any, content: bytes, inputs: list[np.ndarray]) -> list[np.ndarray]:
    interpreter = make(content)
    interpreter.allocate_tensors()
    for detail, value in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def run_tflm(content: bytes, inputs: list[np.ndarray]) -> list[np.ndarray]:
    interpreter = tflm.Interpreter.from_bytes(content)
    for index, value in enumerate(inputs):
        interpreter.set_input(value, index)
    interpreter.invoke()
    return [interpreter.get_output(i) for i in range(len(run(ours, content, inputs)))]


def random_inputs(converted: Conversion, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    values = converted.graph.inputs
    return [
        rng.integers(-128, 128, v.shape, np.int8) if v.dtype == "int8" else rng.standard_normal(v.shape, np.float32)
        for v in values
    ]


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("io", ["int8", "float32"])
def test_three_runtimes_give_the_same_bytes(name: str, io: str) -> None:
    converted = convert(parse(GRAPHS[name]), "int8", samples(GRAPHS[name], 40, 0), io=io)
    for seed in range(10):
        inputs = random_inputs(converted, seed)
        here = run(ours, converted.content, inputs)
        for there in (run(reference, converted.content, inputs), run_tflm(converted.content, inputs)):
            for a, b in zip(here, there, strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", GRAPHS)
def test_float_files_agree_with_the_graph(name: str) -> None:
    graph = parse(GRAPHS[name])
    converted = convert(graph)
    inputs = samples(GRAPHS[name], 1, 5)
    for expected, a, b in zip(
        evaluate(graph, inputs),
        run(ours, converted.content, inputs),
        run_tflm(converted.content, inputs),
        strict=True,
    ):
        np.testing.assert_allclose(a, expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(b, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", sorted(set(GRAPHS) - {"dead and tiny channels"}))
def test_integers_follow_the_float_graph(name: str) -> None:
    """The runtime's dequantized results stay within a few steps of the simulation on the calibration data."""
    data = samples(GRAPHS[name], 40, 0)
    converted = convert(parse(GRAPHS[name]), "int8", data, io="float32")
    for i in range(5):
        inputs = [x[i : i + 1] for x in data]
        simulated = evaluate(converted.graph, inputs)
        exact = evaluate(converted.float_graph, inputs)
        for value, a, b, c in zip(
            converted.graph.outputs, run(ours, converted.content, inputs), simulated, exact, strict=True
        ):
            producer = converted.graph.producers()[value]
            step = float(producer.operand(0).quant.scale[0])  # type: ignore[union-attr]
            assert np.abs(a - b).max() <= 2.01 * step
            assert np.abs(a - c).max() <= max(8 * step, 0.05 * np.abs(c).max())


def test_an_embedded_plan_is_accepted_and_smaller() -> None:
    """A chain on which greedy by size leaves a gap: the plan's arena is what TFLite Micro then uses."""
    sizes = [256, 512, 256, 256, 512]
    lines = [f"%v0: float32[1,{sizes[0]}] = input"]
    for i, (before, after) in enumerate(pairwise(sizes), 1):
        lines += [
            f"%w{i}: float32[{after},{before}] = const random({i})",
            f"%v{i}: float32[1,{after}] = fully_connected(%v{i - 1}, %w{i})",
        ]
    text = "\n".join([*lines, "return %v4"])
    converted = convert(parse(text), "int8", samples(text, 4, 0))
    assert "embedded a plan of 768 bytes; the device alone would need 1024" in converted.report.explain()
    inputs = random_inputs(converted, 0)
    here = run(ours, converted.content, inputs)[0]
    np.testing.assert_array_equal(here, run_tflm(converted.content, inputs)[0])
    # LiteRT rounds fully connected once, not twice: a step or so after four of them.
    np.testing.assert_allclose(here, run(reference, converted.content, inputs)[0], atol=4)
    interpreter = ours(converted.content)
    interpreter.allocate_tensors()
    planned = [part for part in interpreter.memory_plan() if part.kind == "tensor"]
    assert max(part.offset + part.size for part in planned) == 768


def test_same_input_same_bytes() -> None:
    text = GRAPHS["residual"]
    first, second = (convert(parse(text), "int8", samples(text, 10, 0)).content for _ in range(2))
    assert first == second


def test_a_float_tflite_file_converts_again(tmp_path: Path) -> None:
    text = GRAPHS["residual"]
    convert(parse(text)).save(tmp_path / "float.tflite")
    data = samples(text, 10, 0)
    again = convert(tmp_path / "float.tflite", "int8", data)
    np.testing.assert_array_equal(
        run(ours, again.content, random_inputs(again, 0))[0],
        run(ours, convert(parse(text), "int8", data).content, random_inputs(again, 0))[0],
    )
    again.save(tmp_path / "int8.tflite")
    with pytest.raises(ModelError, match="quantized already"):
        convert(tmp_path / "int8.tflite", "int8", data)
    with pytest.raises(ModelError, match="cannot read"):
        convert(tmp_path / "none.tflite")


def test_shapes_that_another_converter_computes_are_settled() -> None:
    """LiteRT's converter writes Flatten as shape, strided_slice, pack, reshape."""
    graph = parse("""
%x: float32[1,2,3] = input
%s: int32[3] = shape(%x)
%b: int32[] = strided_slice(%s)
%r: int32[] = const 6
%t: int32[2] = pack(%b, %r)
%y: float32[1,6] = reshape(%x, %t) @"flatten"
%z: float32[1,6] = relu(%y)
return %z
""")
    converted = convert(graph)
    assert [op.name for op in converted.graph.ops] == ["reshape", "relu"]
    assert "the shape of reshape is fixed: [1, 6]" in converted.report.explain()
    inputs = [np.arange(6, dtype=np.float32).reshape(1, 2, 3) - 2]
    assert run(ours, converted.content, inputs)[0].tolist() == [[0, 0, 0, 1, 2, 3]]


def test_the_report_counts() -> None:
    text = GRAPHS["separable block"]
    report = convert(parse(text), "int8", samples(text, 10, 0)).report
    assert report.operators == {"depthwise_conv_2d": 1, "conv_2d": 1}
    assert (report.parameters, report.macs) == (48, 3 * 3 * 4 * 9 + 3 * 3 * 3 * 4)
    assert report.float_bytes > report.file_bytes - 400 > 0
    assert report.arena is not None and int(report.arena) > 0 and not report.arena_note
    assert "  applied: " in report.explain() and "fused relu6 into depthwise_conv_2d" in report.explain()
    stages = {stage.pass_name: stage for stage in report.stages}
    fused = stages["fuse_activation"]
    assert fused.before.operators - fused.after.operators == str(fused).count("fused relu6") > 0
    assert f"fuse_activation: {fused.before.operators} → {fused.after.operators} operators" in str(fused)
    assert stages["quantize"].before.bytes > stages["quantize"].after.bytes
    assert report.to_dict()["stages"][-1]["after"]["operators"] == 2
    assert report.float_fallback == []


def test_what_other_runtimes_lack_is_said() -> None:
    text = (
        '%x: int8[1,4] q(0.1, 0) = input "x"\n%t: int8[256] q(0.1, 0) = const 0\n'
        "%y: int8[1,4] q(0.1, 0) = arenite_table(%x, %t)\nreturn %y"
    )
    assert any(
        "ARENITE_TABLE: operators of arenite's own" in warning for warning in convert(parse(text)).report.warnings
    )
    dense = (
        "%x: float32[1,64] = input\n%w: float32[64,64] = const random(1)\n"
        "%y: float32[1,64] = fully_connected(%x, %w, none)\nreturn %y"
    )
    assert any("TFLite Micro does not" in warning for warning in convert(parse(dense), "dynamic").report.warnings)
    assert not convert(parse(dense)).report.warnings


def test_progress_is_reported() -> None:
    stages: list[tuple[str, int, int]] = []
    text = GRAPHS["residual"]
    convert(parse(text), "int8", samples(text, 10, 0), progress=lambda *step: stages.append(step))
    assert ("calibrating", 10, 10) in stages and stages[-1][0] == "choosing weights" and stages[-1][1] == stages[-1][2]


def test_options_that_do_not_fit_are_refused() -> None:
    graph = parse(GRAPHS["one channel"])
    with pytest.raises(CalibrationError, match="calibration=x_train"):
        convert(graph, "int8")
    with pytest.raises(AreniteError, match="say quantize='int8'"):
        convert(graph, calibration=np.zeros((1, 1)))
    with pytest.raises(AreniteError, match="None, 'int8', '16x8', 'dynamic' or 'float16'"):
        convert(graph, "int4")
    with pytest.raises(AreniteError, match="io is"):
        convert(graph, "int8", np.zeros((1, 1)), io="int32")


def test_weights_that_are_no_numbers_are_named() -> None:
    graph = parse(GRAPHS["separable block"])
    op = graph.ops[0]
    weights = op.operand(1)
    assert weights.data is not None
    broken = weights.data.copy()
    broken.flat[0] = np.nan
    weights.data = broken
    with pytest.raises(ModelError, match=rf"NaN\): '{weights.name}' of .*diverged"):
        convert(graph)


def test_an_unknown_operator_is_named() -> None:
    graph = parse('%x: float32[1,2] = input\n%y: float32[1,2] = erf(%x) @"gelu" {cls="GELU"}\nreturn %y')
    with pytest.raises(UnsupportedError, match=r"layer 'gelu' \(GELU\)"):
        convert(graph)


def test_saving_loses_nothing_on_failure(tmp_path: Path) -> None:
    converted = convert(parse(GRAPHS["one channel"]))
    converted.save(tmp_path / "m.tflite")
    assert (tmp_path / "m.tflite").read_bytes() == converted.content
    with pytest.raises(AreniteError, match="cannot write"):
        converted.save(tmp_path / "absent" / "m.tflite")
    assert [f.name for f in tmp_path.iterdir()] == ["m.tflite"]


def test_keras_end_to_end() -> None:
    """A Keras CNN with BatchNorm: folded, quantized, equal in all runtimes, more exact than 30 dB."""
    pytest.importorskip("tensorflow")
    import keras

    keras.utils.set_random_seed(3)
    layers = keras.layers
    image = layers.Input((8, 8, 2), name="image")
    x = layers.Conv2D(8, 3, padding="same", name="stem")(image)
    x = layers.ReLU(name="act")(layers.BatchNormalization(name="bn", momentum=0.1)(x))
    x = layers.GlobalAveragePooling2D(name="pool")(layers.MaxPooling2D(name="max")(x))
    model = keras.Model(image, layers.Dense(4, activation="softmax", name="head")(x))
    rng = np.random.default_rng(0)
    for weight in model.weights:
        shape = weight.shape
        weight.assign(rng.uniform(0.5, 1.5, shape) if "variance" in weight.path else rng.standard_normal(shape))
    data = rng.random((64, 8, 8, 2), np.float32)
    converted = convert(model, "int8", data)
    assert converted.report.operators == {"conv_2d": 1, "max_pool_2d": 1, "mean": 1, "fully_connected": 1, "softmax": 1}
    assert converted.report.layers["bn"].operators == []
    assert converted.report.layers["head"].operators == ["fully_connected", "softmax"]
    inputs = random_inputs(converted, 0)
    np.testing.assert_array_equal(run(ours, converted.content, inputs)[0], run_tflm(converted.content, inputs)[0])
    expected = np.asarray(model(data))
    scale, zero_point = 1 / 256, -128
    grid = converted.graph.inputs[0].quant
    assert grid is not None
    q = np.clip(np.rint(data / grid.scale) + grid.zero_point, -128, 127).astype(np.int8)
    y = np.concatenate([run(ours, converted.content, [x[None]])[0] for x in q])
    noise = (y.astype(float) - zero_point) * scale - expected
    assert 10 * np.log10((expected**2).sum() / (noise**2).sum()) > 30
