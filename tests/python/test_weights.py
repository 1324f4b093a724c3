"""int4 weights and dynamic range: what the converter writes, and that every runtime that takes such files agrees with ours."""

from __future__ import annotations

import numpy as np
import pytest

from arenite.conversion import convert
from arenite.errors import AreniteError
from arenite.graph import Graph
from arenite.passes.scheme import weight_quantization
from arenite.runtime import Interpreter
from arenite.text import parse

CNN = """
%x: float32[1,8,8,8] = input "image"
%w: float32[24,3,3,8] = const random(1)
%b: float32[24] = const 0.5
%c: float32[1,8,8,24] = conv_2d(%x, %w, %b) {stride_w=1, stride_h=1, padding="SAME", fused_activation_function="RELU"} @"stem"
%dw: float32[1,7,7,24] = const random(2)
%d: float32[1,8,8,24] = depthwise_conv_2d(%c, %dw, none) {stride_w=1, stride_h=1, padding="SAME"} @"depthwise"
%s: int32[2] = const [1, 1536]
%f: float32[1,1536] = reshape(%d, %s)
%v: float32[5,1536] = const random(3)
%h: float32[1,5] = fully_connected(%f, %v, none) @"head"
return %h "logits"
"""


def model() -> Graph:
    return parse(CNN)


def samples(count: int = 32) -> list[np.ndarray]:
    return [np.random.default_rng(0).standard_normal((count, 8, 8, 8)).astype(np.float32)]


def weight_dtypes(graph: Graph) -> dict[str, str]:
    return {op.origin.layer: op.operand(1).dtype for op in graph.ops if op.origin.layer}


def run(content: bytes, x: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def sqnr(expected: np.ndarray, got: np.ndarray) -> float:
    return float(10 * np.log10((expected**2).sum() / ((expected - got) ** 2).sum()))


def test_int4_halves_the_weights() -> None:
    wide = convert(model(), "int8", samples())
    narrow = convert(model(), "int8", samples(), weights="int4")
    assert set(weight_dtypes(narrow.graph).values()) == {"int4"}
    weights = sum(op.operand(1).size for op in wide.graph.ops if op.origin.layer)
    assert wide.report.file_bytes - narrow.report.file_bytes >= weights // 2
    assert 12 < narrow.report.predicted_sqnr_db["logits"] < wide.report.predicted_sqnr_db["logits"]


def test_layers_are_chosen_by_pattern() -> None:
    graph = convert(model(), "int8", samples(), weights={"*": "int4", "d*": "int8"}).graph
    assert weight_dtypes(graph) == {"stem": "int4", "depthwise": "int8", "head": "int4"}


def test_int4_file_runs_in_tflite_micro_with_the_same_bytes() -> None:
    """But for fully connected, which wants one scale for all int4 weights there."""
    pytest.importorskip("tflite_micro")
    from oracle import engines

    content = convert(model(), "int8", samples(), weights={"*": "int4", "head": "int8"}).content
    feed = [np.random.default_rng(1).integers(-128, 128, (1, 8, 8, 8)).astype(np.int8)]
    np.testing.assert_array_equal(engines.ours(content, feed)[0], engines.tflm(content, feed)[0])


def test_int4_scales_are_better_than_the_largest_weight_over_seven() -> None:
    rng = np.random.default_rng(0)
    weights = rng.standard_t(4, (16, 200)).astype(np.float32)
    quant, _ = weight_quantization(weights, 0, 0.1, None, dtype="int4")

    def error(scale: np.ndarray) -> np.ndarray:
        steps = np.clip(np.rint(weights / scale[:, None]), -8, 7)
        return ((weights - steps * scale[:, None]) ** 2).sum(axis=1)

    plain = np.abs(weights).max(axis=1) / 7
    assert (error(quant.scale) <= error(plain)).all()
    assert error(quant.scale).sum() < 0.8 * error(plain).sum()


@pytest.mark.parametrize(("weights", "floor"), [("int8", 25.0), ("int4", 6.0)])
def test_dynamic_range_needs_no_calibration(weights: str, floor: float) -> None:
    conversion = convert(model(), "dynamic", weights=weights)
    assert set(weight_dtypes(conversion.graph).values()) == {weights}
    assert {v.dtype for v in conversion.graph.values() if not v.is_constant} == {"float32"}
    x = samples(1)[0]
    assert sqnr(run(convert(model()).content, x), run(conversion.content, x)) > floor
    assert conversion.report.file_bytes < conversion.report.float_bytes / 2


def test_dynamic_range_file_gives_litert_the_same_bits() -> None:
    pytest.importorskip("ai_edge_litert")
    from oracle import engines

    content, x = convert(model(), "dynamic").content, samples(1)[0]
    np.testing.assert_array_equal(engines.ours(content, [x])[0], engines.litert(content, [x])[0])


@pytest.mark.parametrize("flipped", [False, True])
def test_constant_right_side_of_a_product_of_matrices(flipped: bool) -> None:
    """A matrix for each batch: no fully connected layer computes that. The scales lie along the columns."""
    pytest.importorskip("ai_edge_litert")
    from oracle import engines

    shape = "4,12,40" if flipped else "4,40,12"
    graph = parse(f"%x: float32[4,3,40] = input\n%w: float32[{shape}] = const random(1)\n"
                  f'%y: float32[4,3,12] = batch_matmul(%x, %w) {{adj_y={flipped}}} @"heads"\nreturn %y')  # fmt: skip
    conversion = convert(graph, "dynamic")
    weights = conversion.graph.ops[0].operand(1)
    assert weights.dtype == "int8" and weights.quant is not None
    assert (weights.quant.scale.size, weights.quant.axis) == (12, 1 if flipped else 2)
    x = np.random.default_rng(0).standard_normal((4, 3, 40)).astype(np.float32)
    result = engines.ours(conversion.content, [x])[0]
    np.testing.assert_array_equal(result, engines.litert(conversion.content, [x])[0])
    assert sqnr(engines.ours(convert(graph).content, [x])[0], result) > 35


def test_small_weights_stay_float() -> None:
    small = parse("%x: float32[1,4] = input\n%w: float32[3,4] = const random(1)\n"
                  '%y: float32[1,3] = fully_connected(%x, %w, none) @"d"\nreturn %y')  # fmt: skip
    conversion = convert(small, "dynamic")
    assert weight_dtypes(conversion.graph) == {"d": "float32"}
    assert "they are 12, below 1024" in conversion.report.explain()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantize": "dynamic", "calibration": samples()}, "needs none"),
        ({"quantize": "16x8", "calibration": samples(), "weights": "int4"}, "go with quantize='int8' or 'dynamic'"),
        ({"weights": "int4"}, "go with quantize='int8' or 'dynamic'"),
        ({"quantize": "dynamic", "weights": "int2"}, "not 'int2'"),
        ({"quantize": "dynamic", "io": "int8"}, "io is 'float32'"),
    ],
)
def test_options_that_do_not_fit_each_other(options: dict[str, object], message: str) -> None:
    with pytest.raises(AreniteError, match=message):
        convert(model(), **options)  # type: ignore[arg-type]
