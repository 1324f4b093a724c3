"""Binary and ternary weights: what the converter packs, what it refuses, and that the bytes are those of plain operators."""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

import numpy as np
import pytest
import seeded
from oracle import engines, peers

from arenite import packing
from arenite.conversion import Conversion, convert
from arenite.errors import AreniteError, QuantizationError, UnsupportedError
from arenite.evaluate import evaluate
from arenite.graph import Graph, Op, Value
from arenite.inspection import inspect
from arenite.opdef import attribute
from arenite.optimization import optimize
from arenite.passes.few_levels import exact
from arenite.reader import read
from arenite.text import constants, parse, to_text
from arenite.writer import write

NAMES = ("arenite_packed_conv_2d", "arenite_packed_fully_connected")
CNN = """
%x: float32[1,8,8,3] = input "image"
%w: float32[24,3,3,3] = const random(1)
%b: float32[24] = const 0.5
%c: float32[1,8,8,24] = conv_2d(%x, %w, %b) {stride_w=1, stride_h=1, padding="SAME", fused_activation_function="RELU"} @"stem"
%w2: float32[16,3,3,24] = const random(2)
%d: float32[1,4,4,16] = conv_2d(%c, %w2, none) {stride_w=2, stride_h=2, padding="SAME", fused_activation_function="RELU"} @"mid"
%dw: float32[1,3,3,16] = const random(4)
%e: float32[1,2,2,16] = depthwise_conv_2d(%d, %dw, none) {stride_w=1, stride_h=1, padding="VALID"} @"depthwise"
%s: int32[2] = const [1, 64]
%f: float32[1,64] = reshape(%e, %s)
%v: float32[5,64] = const random(3)
%h: float32[1,5] = fully_connected(%f, %v, none) @"head"
return %h "logits"
"""
SAMPLES = np.random.default_rng(0).standard_normal((64, 8, 8, 3)).astype(np.float32)


def trained(weights: np.ndarray, dtype: str) -> np.ndarray:
    """−s and s, and 0 in ternary, with an s for each output."""
    rng = np.random.default_rng(weights.size)
    steps = rng.choice([-1, 1] if dtype == "binary" else [-1, 0, 1], weights.shape)
    return (steps * rng.uniform(0.05, 0.2, (len(weights), *(1,) * (weights.ndim - 1)))).astype(np.float32)


def model(dtype: str, layers: tuple[str, ...] = ("mid", "head")) -> Graph:
    graph = parse(CNN)
    for op in graph.ops:
        if op.origin.layer in layers:
            weights = op.operand(1)
            assert weights.data is not None
            weights.data = trained(weights.data, dtype)
    return graph


def converted(dtype: str, **options: Any) -> Conversion:
    """The first layer errs much, so that least squares would like other weights behind it."""
    weights = {"stem": "int4", "mid": dtype, "head": dtype}
    return convert(model(dtype), "int8", SAMPLES, weights=weights, **options)


def plain(op: Op) -> Op:
    """The operator with int8 weights; another one as it is."""
    return importlib.import_module(f"arenite.ops.{op.name}").plain(op) if op.name in NAMES else op


def steps_of(op: Op) -> np.ndarray:
    data = plain(op).operand(1).data
    assert data is not None
    return data


# --- the format -------------------------------------------------------------------------------------------------------
def test_the_first_weight_lies_lowest() -> None:
    row = np.array([[-1, 1, 1, -1, *[1] * 28, -1]], np.int8)
    assert packing.pack(row, 1).tolist() == [[0b1001, 1]]
    row = np.array([[-1, 0, 1, -1, *[0] * 12, 1]], np.int8)
    assert packing.pack(row, 2).tolist() == [[0b11_01_00_11, 1]]


@pytest.mark.parametrize("bits", [1, 2])
@pytest.mark.parametrize("depth", [1, 15, 16, 17, 32, 33, 100])
def test_unpacking_is_the_inverse(bits: int, depth: int) -> None:
    steps = np.random.default_rng(depth).choice(np.array([-1, 1] if bits == 1 else [-1, 0, 1], np.int8), (3, depth))
    words = packing.pack(steps, bits)
    assert words.dtype == np.uint32 and words.shape == (3, -(-depth * bits // 32))
    np.testing.assert_array_equal(packing.unpack(words, bits, depth), steps)


@pytest.mark.parametrize("name", NAMES)
def test_the_bytes_of_the_plain_operator_in_tflite_micro(name: str) -> None:
    """And in ours: the same codes from int8 weights."""
    pytest.importorskip("tflite_micro")
    asked = 0
    for seed in range(24):
        op = seeded.instances(name, 1, seed)[next(iter(seeded.instances(name, 1, seed)))][0]
        bare, feed = plain(op), seeded.feeds(op, np.random.default_rng(seed))
        (result,) = engines.ours(engines.model_of(op), feed)
        np.testing.assert_array_equal(engines.ours(engines.model_of(bare), feed)[0], result)
        if peers.tflm_limit(bare) is None:
            asked += 1
            np.testing.assert_array_equal(engines.tflm(engines.model_of(bare), feed)[0].reshape(result.shape), result)
    assert asked >= 12


def refused(op: Op) -> str:
    from arenite import _core

    interpreter = _core.Interpreter(engines.model_of(op), False)
    status = interpreter.open() or interpreter.allocate(engines.ARENA)
    return str(status[0]) if status else "Ok"


def changed(op: Op, index: int, data: np.ndarray | None) -> Op:
    """With other data in operand ``index``; None: it is no constant."""
    value = op.operand(index)
    shape = value.shape if data is None else data.shape
    return dataclasses.replace(
        op, inputs=[dataclasses.replace(v, data=data, shape=shape) if v is value else v for v in op.inputs]
    )


def instance(name: str, bits: int) -> Op:
    """With bits behind the last weight of a row."""
    ops = (seeded.instances(name, 8)[s] for s in seeded.instances(name, 1))
    fitting = (op for group in ops for op in group if op.attrs["bits"] == bits and steps_of(op)[0].size * bits % 32)
    return next(fitting)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bits", [1, 2])
def test_what_the_runtime_refuses(name: str, bits: int) -> None:
    op = instance(name, bits)
    words, scales = op.operand(packing.WORDS).data, op.operand(packing.SCALES).data
    assert words is not None and scales is not None and refused(op) == "Ok"
    behind = words.copy()
    behind[-1, -1] |= np.uint32(1 << 31)
    assert refused(changed(op, packing.WORDS, behind)) == "BadValue"
    assert refused(changed(op, packing.WORDS, None)) == "BadOption"
    assert refused(changed(op, packing.SCALES, None)) == "BadOption"
    for wrong in (np.concatenate([words, words], axis=1), words[:, :, None], np.concatenate([words, words])):
        assert refused(changed(op, packing.WORDS, wrong)) == "BadShape"
    for scale in (0.0, -1.0, np.nan, np.inf):
        odd = scales.copy()
        odd[-1] = scale
        assert refused(changed(op, packing.SCALES, odd)) == "BadQuantization"
    assert refused(changed(op, packing.SCALES, np.append(scales, scales))) == "BadShape"
    for options in ({"bits": 3}, {"bits": 0}, {"activation": 4}):
        assert refused(dataclasses.replace(op, attrs={**op.attrs, **options})) == "BadOption"
    for depth in (0, -1, 2**31 - 1, 2**26):
        assert refused(dataclasses.replace(op, attrs={**op.attrs, "depth": depth})) in ("BadShape", "BadOption")


@pytest.mark.parametrize("name", NAMES)
def test_the_code_that_no_ternary_weight_has(name: str) -> None:
    op = instance(name, 2)
    words = op.operand(packing.WORDS).data
    assert words is not None
    reserved = words.copy()
    reserved[-1, 0] = reserved[-1, 0] & ~np.uint32(3) | np.uint32(2)
    assert refused(changed(op, packing.WORDS, reserved)) == "BadValue"


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_h": 0},
        {"kernel_w": 2**15},
        {"stride_h": 0},
        {"dilation_w_factor": -1},
        {"kernel_h": 2**14, "kernel_w": 2**14},
    ],
)
def test_windows_that_there_are_not(options: dict[str, int]) -> None:
    op = instance(NAMES[0], 2)
    assert refused(dataclasses.replace(op, attrs={**op.attrs, **options})) == "BadOption"


# --- the converter ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", ["binary", "ternary"])
def test_weights_are_packed_as_they_were_trained(dtype: str) -> None:
    conversion = converted(dtype, without=("equalize",))  # which may change the scales of what writes its channels
    wide = convert(model(dtype), "int8", SAMPLES)
    source = {op.origin.layer: op.operand(1).data for op in model(dtype).ops}
    packed = [op for op in conversion.graph.ops if op.name in NAMES]
    assert [op.origin.layer for op in packed] == ["mid", "head"]
    for op in packed:
        weights, scales = source[op.origin.layer], op.operand(packing.SCALES).data
        assert weights is not None and scales is not None
        np.testing.assert_array_equal(np.sign(weights), steps_of(op))
        np.testing.assert_allclose(scales, np.abs(weights).reshape(len(weights), -1).max(axis=1), rtol=1e-6)
        assert attribute(op, "bits") == packing.BITS[dtype]
    refined = {e.place for stage in conversion.report.stages for e in stage.log if e.pass_name == "refine_weights"}
    assert not refined & {"layer 'mid'", "layer 'head'"}
    saved = sum(steps_of(op).size for op in packed) * (8 - packing.BITS[dtype]) // 8
    assert wide.report.file_bytes - conversion.report.file_bytes > saved - 700  # options and names
    assert conversion.report.macs == wide.report.macs
    assert abs(conversion.report.predicted_sqnr_db["logits"] - wide.report.predicted_sqnr_db["logits"]) < 16
    assert any("ARENITE_PACKED_CONV_2D" in warning for warning in conversion.report.warnings)


@pytest.mark.parametrize("dtype", ["binary", "ternary"])
def test_the_file_has_the_bytes_of_the_one_with_plain_operators(dtype: str) -> None:
    pytest.importorskip("tflite_micro")
    conversion = converted(dtype)
    graph = read(bytes(conversion.content))
    graph.ops = [plain(op) for op in graph.ops]
    x = np.random.default_rng(1).integers(-128, 128, (1, 8, 8, 3)).astype(np.int8)
    (result,) = engines.ours(bytes(conversion.content), [x])
    np.testing.assert_array_equal(engines.ours(write(graph), [x])[0], result)
    np.testing.assert_array_equal(engines.tflm(write(graph), [x])[0].reshape(result.shape), result)


def test_tools_know_such_files() -> None:
    content = bytes(converted("ternary").content)
    graph = read(content)
    assert to_text(parse(to_text(graph), constants(graph))) == to_text(graph)
    assert write(read(write(graph))) == write(graph)
    packed = next(op for op in graph.ops if op.name == NAMES[0])
    assert packed.attrs == {"kernel_h": 3, "kernel_w": 3, "depth": 24, "stride_h": 2, "stride_w": 2, "activation": 1}
    assert inspect(content).op_counts == {**dict.fromkeys(NAMES, 1), "conv_2d": 1, "depthwise_conv_2d": 1}
    x = np.random.default_rng(1).integers(-128, 128, (1, 8, 8, 3)).astype(np.int8)
    lean = bytes(optimize(content).content)
    np.testing.assert_array_equal(engines.ours(lean, [x])[0], engines.ours(content, [x])[0])
    quant = graph.inputs[0].quant, graph.outputs[0].quant
    assert quant[0] is not None and quant[1] is not None
    real = (x.astype(np.float32) - quant[0].zero_point) * quant[0].scale
    codes = np.rint(evaluate(graph, [real])[0] / quant[1].scale + quant[1].zero_point)
    assert np.abs(codes - engines.ours(content, [x])[0]).max() <= 2


def test_a_layer_behind_uneven_channels() -> None:
    """Its weights stay as they are: channels before it are not equalized."""
    graph = model("ternary")
    weights = graph.ops[0].operand(1)
    assert weights.data is not None
    weights.data = weights.data * np.geomspace(1, 300, 24).astype(np.float32).reshape(-1, 1, 1, 1)
    assert any(
        "equalized" in str(e)
        for s in convert(graph, "int8", SAMPLES).report.stages
        for e in s.log
        if e.kind == "applied"
    )
    packed = convert(graph, "int8", SAMPLES, weights={"mid": "ternary"})
    assert "arenite_packed_conv_2d" in packed.report.operators


def test_features_of_unlike_size() -> None:
    """Nor are the factors of an input's features taken into such weights."""
    rng = np.random.default_rng(5)
    weights = trained(np.zeros((8, 6)), "ternary")
    x, y = Value("x", "float32", (1, 6)), Value("y", "float32", (1, 8))
    op = Op("fully_connected", [x, Value("w", "float32", weights.shape, weights), None], [y])
    data = (rng.standard_normal((64, 6)) * [1, 100, 1, 50, 1, 1]).astype(np.float32)
    conversion = convert(Graph("main", [x], [y], [op], ["x"], ["y"]), "int8", data, weights="ternary", io="float32")
    np.testing.assert_array_equal(steps_of(next(o for o in conversion.graph.ops if o.name in NAMES)), np.sign(weights))


def test_other_layers_keep_eight_bits() -> None:
    conversion = convert(model("ternary", ("stem", "mid", "head", "depthwise")), "int8", SAMPLES, weights="ternary")
    assert conversion.report.operators == {NAMES[0]: 2, NAMES[1]: 1, "depthwise_conv_2d": 1}
    log = [str(entry) for stage in conversion.report.stages for entry in stage.log]
    assert any("depthwise_conv_2d has no kernel for ternary weights" in line for line in log)


def test_one_layer_of_a_16x8_model() -> None:
    conversion = convert(model("binary"), "16x8", SAMPLES, layers={"head": "binary"})
    assert conversion.report.operators[NAMES[1]] == 1 and NAMES[0] not in conversion.report.operators


@pytest.mark.parametrize(
    ("dtype", "options", "words"),
    [
        (
            "ternary",
            {"weights": "ternary"},
            r"layer 'stem': output channel 0 has 27 distinct values \(.*…\), not −s, 0 and s",
        ),
        (
            "ternary",
            {"weights": {"head": "binary"}},
            r"layer 'head': .* 3 distinct values .* with its zeros it is ternary",
        ),
        ("ternary", {"weights": {"stem": "ternary"}}, "arenite.qat.wrap.*--weights 'NAME=int8'"),
        ("ternary", {"layers": {"stem": "ternary"}}, "layer 'stem'"),
    ],
)
def test_weights_that_were_not_trained_so(dtype: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(QuantizationError, match=f"(?s){words}"):
        convert(model(dtype), "int8", SAMPLES, **options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"quantize": "16x8", "weights": "ternary"}, "ternary weights go with quantize='int8'"),
        ({"quantize": "dynamic", "weights": "binary"}, "binary weights go with quantize='int8'"),
        ({"weights": {"head": "ternary"}, "builtins_only": True}, "ARENITE_PACKED_FULLY_CONNECTED"),
        ({"weights": {"head": "quaternary"}}, "'int8', 'int4', 'binary', 'ternary', not 'quaternary'"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, Any], words: str) -> None:
    options = {"quantize": "int8", **options}
    data = None if options["quantize"] == "dynamic" else SAMPLES
    with pytest.raises((AreniteError, UnsupportedError), match=words):
        convert(model("ternary"), calibration=data, **options)


def test_rounding_of_products_is_no_other_value() -> None:
    """A factor per channel, as of BatchNormalization, in float32; a channel of zeros is ternary, not binary."""
    rng = np.random.default_rng(3)
    steps = rng.choice(np.array([-1.0, 1.0], np.float32), (6, 40))
    weights = (steps * np.float32(0.1)) * rng.uniform(0.01, 100, (6, 1)).astype(np.float32)
    found, quant = exact(weights, 0, "binary")
    np.testing.assert_array_equal(found, steps)
    np.testing.assert_allclose(found * quant.scale[:, None], weights, rtol=1e-6)
    weights[2] = 0
    assert not exact(weights, 0, "ternary")[0][2].any()
    with pytest.raises(QuantizationError, match=r"output channel 2 has 1 distinct value \(0\)"):
        exact(weights, 0, "binary")
    weights[4, 7] *= 1.001
    with pytest.raises(QuantizationError, match="output channel 4"):
        exact(weights, 0, "ternary")


def test_a_bias_beyond_the_accumulator() -> None:
    graph = model("ternary")
    head = graph.ops[-1]
    head.inputs[2] = Value("huge", "float32", (5,), np.full(5, 1e9, np.float32))
    with pytest.raises(QuantizationError, match="layer 'head': a bias is more than"):
        convert(graph, "int8", SAMPLES, weights={"head": "ternary"})
