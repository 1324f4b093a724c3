"""Types by layer and at the ends: int8, int16, float and int4 side by side, uint8 and int16 inputs; every runtime agrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from arenite.comparison.metrics import sqnr_db
from arenite.conversion import convert
from arenite.errors import AreniteError, UnsupportedError
from arenite.evaluate import evaluate, quantize
from arenite.graph import Graph
from arenite.runtime import Interpreter
from arenite.text import parse

#: A stem, two branches that meet, and a head.
MODEL = """
%x: float32[1,8,8,2] = input "image"
%w: float32[4,3,3,2] = const random(1)
%b: float32[4] = const [0.5, -1, 2, 0]
%c: float32[1,8,8,4] = conv_2d(%x, %w, %b) {stride_w=1, stride_h=1, fused_activation_function="RELU"} @"stem/conv"
%dw: float32[1,3,3,4] = const random(2)
%z: float32[4] = const [0, 0, 0, 0]
%d: float32[1,8,8,4] = depthwise_conv_2d(%c, %dw, %z) {stride_w=1, stride_h=1, padding="SAME"} @"block/depthwise"
%a: float32[1,8,8,4] = add(%c, %d) @"block/add"
%p: float32[1,4,4,4] = average_pool_2d(%a) {stride_w=2, stride_h=2, filter_width=2, filter_height=2} @"block/pool"
%s: int32[2] = const [1, 64]
%f: float32[1,64] = reshape(%p, %s) @"flatten"
%v: float32[3,64] = const random(3)
%h: float32[1,3] = fully_connected(%f, %v, none) @"head"
return %h "logits"
"""


def model() -> Graph:
    return parse(MODEL)


def samples(seed: int, count: int = 64) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 8, 8, 2)).astype(np.float32)


def converted(quantize: str = "int8", **options: Any) -> Any:
    return convert(model(), quantize, samples(0), fast=True, **options)


def sqnr(result: Any) -> float:
    """Of the file in our interpreter, on unseen samples."""
    (value,), (output,) = result.graph.inputs, result.graph.outputs
    interpreter = Interpreter(model_content=result.content)
    interpreter.allocate_tensors()
    exact, actual = [], []
    for x in samples(1, 20):
        feed = x[None] if value.quant is None else quantize(x[None], value.quant, value.dtype)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], feed)
        interpreter.invoke()
        raw = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        real = raw if output.quant is None else (raw - float(output.quant.zero_point[0])) * output.quant.scale[0]
        actual.append(real.astype(np.float64))
        exact.append(evaluate(model(), [x[None]])[0].astype(np.float64))
    return sqnr_db(np.concatenate(exact), np.concatenate(actual))


MIXED: dict[str, dict[str, Any]] = {
    "int16 stem": {"layers": {"stem/*": "int16"}},
    "int16 block": {"layers": {"block/*": "int16"}},
    "all but the head": {"layers": {"*": "int16", "head": "int8"}},
    "float head": {"layers": {"head": "float"}},
    "float inside": {"layers": {"block/add": "float", "stem/*": "int16"}},
    "int8 in 16x8": {"quantize": "16x8", "layers": {"block/depthwise": "int8"}},
    "int4 and int16": {"layers": {"stem/*": "int16", "head": "int4"}},
    "uint8": {"io": "uint8"},
    "int16 ends": {"io": "int16"},
    "float ends": {"io": "float32", "layers": {"*": "int16"}},
    "uint8 ends of int16": {"io": "uint8", "layers": {"stem/*": "int16"}},
    "int16 ends of float": {"io": "int16", "layers": {"stem/*": "float", "head": "float"}},
}


@pytest.mark.parametrize("options", MIXED.values(), ids=MIXED)
def test_every_runtime_gives_the_same_bytes(options: dict[str, Any]) -> None:
    pytest.importorskip("tflite_micro")
    pytest.importorskip("ai_edge_litert")
    from oracle import engines

    result = converted(**options)
    (value,) = result.graph.inputs
    for x in samples(5, 3):
        feed = [x[None] if value.quant is None else quantize(x[None], value.quant, value.dtype)]
        (ours,) = engines.ours(result.content, feed)
        step = 0 if ours.dtype.kind != "f" else 1e-3 * np.abs(ours).max()
        if not any("int4" in str(options) for _ in feed):  # TFLite Micro has no fully connected of int4 per channel
            np.testing.assert_allclose(ours, engines.tflm(result.content, feed)[0].reshape(ours.shape), atol=step)
        np.testing.assert_allclose(ours, engines.litert(result.content, feed)[0], atol=max(step, 1))


@pytest.mark.parametrize("options", MIXED.values(), ids=MIXED)
def test_mixed_models_stay_close(options: dict[str, Any]) -> None:
    assert sqnr(converted(**options)) > (14 if "int4" in str(options) else 24)  # 24.6 in int8 throughout


def test_types_change_where_layers_meet() -> None:
    graph = converted(layers={"block/*": "int16"}).graph
    kinds = [(op.name, op.inputs[0].dtype, op.outputs[0].dtype) for op in graph.ops]
    assert kinds == [
        ("conv_2d", "int8", "int8"),
        ("quantize", "int8", "int16"),
        ("depthwise_conv_2d", "int16", "int16"),
        ("add", "int16", "int16"),
        ("average_pool_2d", "int16", "int16"),
        ("quantize", "int16", "int8"),
        ("fully_connected", "int8", "int8"),
    ]
    assert [(v.name, v.dtype) for v in (*graph.inputs, *graph.outputs)] == [("x", "int8"), ("h", "int8")]


def test_more_bits_are_more_exact() -> None:
    coarse, fine = converted(io="float32"), converted(io="float32", layers={"*": "int16"})
    assert sqnr(fine) > sqnr(coarse) + 3


def test_uint8_is_int8_128_higher() -> None:
    shifted, plain = converted(io="uint8").graph, converted().graph
    for ends in ("inputs", "outputs"):
        (there,), (here,) = getattr(shifted, ends), getattr(plain, ends)
        assert there.dtype == "uint8" and there.name == here.name
        assert there.quant.scale == here.quant.scale and there.quant.zero_point == here.quant.zero_point + 128
    assert [op.name for op in shifted.ops if op.name == "quantize"] == ["quantize"] * 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layers": {"steam/conv": "int16"}}, "did you mean 'stem/conv'"),
        ({"layers": {"xyzzy": "int16"}}, "the layers are stem/conv, block/depthwise"),
        ({"weights": {"heat": "int4"}}, "did you mean 'head'"),
        ({"layers": {"stem/*": "int12"}}, "types are 'int8', 'int16'"),
        ({"io": "uint8", "quantize": "16x8"}, "io is 'int16' or 'float32'"),
    ],
)
def test_wrong_options(options: dict[str, Any], words: str) -> None:
    with pytest.raises(AreniteError, match=words):
        converted(**options)


def test_types_need_an_integer_model() -> None:
    with pytest.raises(AreniteError, match="quantize='int8', '16x8' or 'float16' only"):
        convert(model(), layers={"head": "int16"})


def test_a_layer_without_an_int16_kernel_is_named() -> None:
    text = '%x: float32[1,8] = input "x"\n%y: float32[1,8] = elu(%x) @"soft"\nreturn %y "y"'
    with pytest.raises(UnsupportedError, match=r"layer 'soft'.*no int16 kernel"):
        convert(
            parse(text), "int8", np.ones((8, 8), np.float32), layers={"soft": "int16"}, builtins_only=True, fast=True
        )


def test_models_without_layers_have_none_to_name() -> None:
    text = '%x: float32[1,8] = input "x"\n%y: float32[1,8] = relu(%x)\nreturn %y "y"'
    with pytest.raises(AreniteError, match="the model tells no layers"):
        convert(parse(text), "int8", np.ones((8, 8), np.float32), layers={"dense": "int16"})
