"""The int8 scheme: grids, weights, biases, float islands, and the accuracy of whole graphs."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from arenite.errors import QuantizationError, UnsupportedError
from arenite.evaluate import dequantize, evaluate
from arenite.graph import Graph
from arenite.passes import EXACT, TARGET, PassContext, calibrate, quantize, run_passes
from arenite.passes.scheme import (
    activation_quantization,
    bias_scale,
    quantize_bias,
    quantize_weights,
    weight_quantization,
)
from arenite.text import parse


def convert(text: str, data: object, **options: object) -> tuple[Graph, PassContext]:
    context = PassContext("int8", calibration=data, **options)  # type: ignore[arg-type]
    return run_passes(run_passes(parse(text), context, EXACT), context, TARGET), context


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


# --- scheme ---------------------------------------------------------------------------------------------------------
@settings(max_examples=200)
@given(st.floats(-1e6, 1e6, width=32), st.floats(-1e6, 1e6, width=32))
def test_a_grid_holds_its_range_and_zero_exactly(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    grid = activation_quantization(low, high)
    scale, zero_point = float(grid.scale[0]), int(grid.zero_point[0])
    assert -128 <= zero_point <= 127
    if scale != 1.0:
        assert scale * (-128 - zero_point) <= min(low, 0) + scale / 2 * 1.001
        assert scale * (127 - zero_point) >= max(high, 0) - scale / 2 * 1.001
        assert scale * 255 == pytest.approx(max(high, 0) - min(low, 0), rel=1e-6)


def test_grids_at_the_edges() -> None:
    assert int(activation_quantization(0, 6).zero_point[0]) == -128
    assert int(activation_quantization(3, 6).zero_point[0]) == -128  # widened to zero
    assert int(activation_quantization(-6, 0).zero_point[0]) == 127
    assert float(activation_quantization(0, 0).scale[0]) == 1.0
    assert float(activation_quantization(0, 1e-44).scale[0]) == 1.0
    for bad in ((np.nan, 1), (0, np.inf), (2, 1)):
        with pytest.raises(QuantizationError):
            activation_quantization(*bad)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 3]))
def test_weights_are_within_half_a_step_of_the_stored_scale(seed: int, axis: int) -> None:
    w = normal(3, 2, 2, 4, seed=seed)
    quant, _ = weight_quantization(w, axis, 0.1, None)
    q = quantize_weights(w, quant)
    assert np.abs(q.astype(int)).max() == 127
    steps = np.abs(dequantize(q, quant) - w) / quant.scale.max()
    assert steps.max() <= 0.5 + 1e-4


def test_a_bias_that_does_not_fit_widens_its_channel_only() -> None:
    w = np.float32([[1, -1], [1e-9, 1e-9]])
    bias = np.float32([1, 5])
    quant, widened = weight_quantization(w, 0, 0.01, bias)
    assert widened.tolist() == [False, True]
    assert quant.scale[0] == np.float32(1 / 127)
    q = quantize_bias(bias, bias_scale(np.float32([0.01]), quant))
    assert abs(int(q[1])) <= 2**30
    assert q[1] * bias_scale(np.float32([0.01]), quant)[1] == pytest.approx(5, rel=1e-6)


def test_dead_channels_get_a_sane_scale() -> None:
    quant, widened = weight_quantization(np.float32([[0, 0], [2, 1]]), 0, 0.1, np.float32([3, 1]))
    assert quant.scale.tolist() == [quant.scale[1]] * 2 and not widened.any()
    alone, _ = weight_quantization(np.zeros((2, 2), np.float32), 0, 0.1, None)
    assert (alone.scale == np.float32(1 / 127)).all()


# --- the pass -------------------------------------------------------------------------------------------------------
CNN = """
%x: float32[1,6,6,2] = input "image"
%w: float32[4,3,3,2] = const random(1)
%b: float32[4] = const [0.5, -1, 2, 0]
%c: float32[1,6,6,4] = conv_2d(%x, %w, %b) {stride_w=1, stride_h=1, padding="SAME"}
%r: float32[1,6,6,4] = relu(%c)
%p: float32[1,3,3,4] = max_pool_2d(%r) {stride_w=2, stride_h=2, filter_width=2, filter_height=2, padding="VALID"}
%s: int32[2] = const [1, 36]
%f: float32[1,36] = reshape(%p, %s)
%v: float32[3,36] = const random(2)
%h: float32[1,3] = fully_connected(%f, %v, none)
%y: float32[1,3] = softmax(%h) "unused"
return %h "logits"
""".replace(' "unused"', "")


def sqnr(reference: np.ndarray, actual: np.ndarray) -> float:
    return float(10 * np.log10((reference**2).sum() / ((reference - actual) ** 2).sum()))


def test_a_small_network_keeps_its_accuracy() -> None:
    data = normal(64, 6, 6, 2)
    graph, context = convert(CNN, data)
    names = [(op.name, op.output.dtype) for op in graph.ops]
    assert names == [("conv_2d", "int8"), ("max_pool_2d", "int8"), ("fully_connected", "int8")]
    conv, pool, _ = graph.ops
    assert conv.operand(1).quant is not None and conv.operand(1).quant.scale.size == 4
    assert conv.operand(2).dtype == "int32"
    assert pool.output.quant == conv.output.quant
    held_out = normal(50, 6, 6, 2, seed=9)
    assert sqnr(evaluate(parse(CNN), [held_out])[0], evaluate(graph, [held_out])[0]) > 30
    assert any("3 operators compute in integers, 3 in int8" in str(entry) for entry in context.log)


def test_the_bias_takes_up_the_mean_error_of_the_weights() -> None:
    data = np.abs(normal(200, 6, 6, 2)) + 1
    bare = run_passes(parse(CNN), PassContext(), EXACT)
    graph = run_passes(bare, PassContext("int8", calibration=data), (calibrate, quantize))
    conv = graph.ops[0]
    means: list[np.ndarray] = []
    for g in (bare, graph):
        first: dict[str, np.ndarray] = {}
        evaluate(g, [data], lambda v, a, first=first: first.setdefault(v.name, a))  # type: ignore[misc]
        means.append(first[g.ops[0].output.name].mean(axis=(0, 1, 2)))
    step = float(conv.output.quant.scale[0])  # type: ignore[union-attr]
    np.testing.assert_allclose(means[0], means[1], atol=0.1 * step)


def test_float_inputs_and_outputs_keep_their_names() -> None:
    graph, _ = convert(CNN, normal(8, 6, 6, 2), io="float32")
    assert graph.ops[0].name == "quantize" and graph.ops[-1].name == "dequantize"
    assert (graph.inputs[0].name, graph.inputs[0].dtype, graph.input_names) == ("x", "float32", ["image"])
    assert (graph.outputs[0].name, graph.outputs[0].dtype, graph.output_names) == ("h", "float32", ["logits"])


def test_integer_inputs_and_outputs_keep_their_names() -> None:
    graph, _ = convert(CNN, normal(8, 6, 6, 2))
    assert (graph.inputs[0].name, graph.inputs[0].dtype) == ("x", "int8")
    assert (graph.outputs[0].name, graph.outputs[0].dtype) == ("h", "int8")


def test_concatenation_shares_the_union_and_requantizes_what_is_fixed() -> None:
    graph, context = convert(
        """
%a: float32[1,2] = input
%b: float32[1,2] = input
%p: float32[1,2] = logistic(%a)
%c: float32[2] = const [-3, 8]
%q: float32[1,2] = relu(%b)
%y: float32[1,6] = concatenation(%p, %q, %c2) {axis=1}
return %y, %p
""".replace("%c: float32[2] = const [-3, 8]", "%c2: float32[1,2] = const [-3, 8]"),
        [normal(20, 2), normal(20, 2, seed=1) * 2],
    )
    cat = next(op for op in graph.ops if op.name == "concatenation")
    grids = {value.quant for value in [*cat.inputs, cat.output] if value is not None}
    assert grids == {activation_quantization(-3, 8)}
    logistic = next(op for op in graph.ops if op.name == "logistic")
    assert float(logistic.output.quant.scale[0]) == 1 / 256  # type: ignore[union-attr]
    assert any("requantized 'p'" in str(entry) for entry in context.log)
    x = [normal(20, 2), normal(20, 2, seed=1) * 2]
    y = evaluate(graph, x)[0]
    expected = np.concatenate([1 / (1 + np.exp(-x[0])), np.maximum(x[1], 0), np.tile([[-3, 8]], (20, 1))], 1)
    assert np.abs(y - expected).max() < 11 / 255 + 1 / 256


def test_fixed_grids_pass_through_views() -> None:
    graph, _ = convert(
        "%x: float32[1,4] = input\n%a: float32[1,4] = softmax(%x)\n%s: int32[3] = const [1, 2, 2]\n"
        "%y: float32[1,2,2] = reshape(%a, %s)\nreturn %y",
        normal(8, 4),
    )
    assert all(float(op.output.quant.scale[0]) == 1 / 256 for op in graph.ops)  # type: ignore[union-attr]


def test_zeros_lie_on_the_grid_beside_them() -> None:
    """Comparisons of TFLite and TFLite Micro take no step of 1, which an empty range would get."""
    graph, _ = convert(
        "%x: float32[1,4] = input\n%0: float32[] = const 0.0\n%p: bool[1,4] = greater(%x, %0)\nreturn %p", normal(8, 4)
    )
    (compare,) = graph.ops
    x, zero = compare.operand(0), compare.operand(1)
    assert zero.quant == x.quant and zero.shape == () and x.quant is not None and float(x.quant.scale[0]) < 1
    assert zero.data == x.quant.zero_point[0]


DYNAMIC = (
    "%x: float32[1,2] = input\n%w: float32[1,2] = input\n%r: float32[1,2] = relu(%x)\n"
    '%a: float32[1,1] = fully_connected(%r, %w, none) @"dynamic"\n%y: float32[1,1] = relu6(%a)\n'
    '%z: float32[1,1] = fully_connected(%w, %r, none) @"other"\nreturn %y, %z'
)


def test_what_has_no_integer_kernel_is_refused_all_of_it() -> None:
    with pytest.raises(UnsupportedError) as caught:
        convert(DYNAMIC, [normal(8, 2), normal(8, 2)])
    text = str(caught.value)
    assert "layer 'dynamic': fully_connected has no int8 kernel for (float32, float32, none)" in text
    assert "layer 'other'" in text and "--allow-float-fallback" in text and "relu" not in text


def test_what_has_no_integer_kernel_stays_float_between_bridges_when_that_is_allowed() -> None:
    graph, context = convert(
        DYNAMIC.replace('%z: float32[1,1] = fully_connected(%w, %r, none) @"other"\n', "").replace(", %z", ""),
        [normal(8, 2), normal(8, 2)],
        allow_float_fallback=True,
    )
    assert [op.name for op in graph.ops] == [
        "dequantize",  # the second input: int8 outside, float inside
        "relu",
        "dequantize",
        "fully_connected",
        "quantize",
    ]
    assert any("layer 'dynamic': fully_connected stays float" in str(entry) for entry in context.log)
    assert [line.split(" has")[0] for line in context.float_fallback] == ["layer 'dynamic': fully_connected"]
    assert any("1 operators compute in float32: layer 'dynamic'" in warning for warning in context.warnings)


def test_legalize_lists_every_operator_without_a_kernel() -> None:
    text = (
        '%x: float32[1,2] = input\n%a: float32[1,2] = fft(%x) @"spectrum" {cls="Lambda", where="m.py:3"}\n'
        '%y: float32[1,2] = erf(%a) @"gelu"\nreturn %y'
    )
    from arenite.passes import legalize

    with pytest.raises(UnsupportedError) as error:
        run_passes(parse(text), PassContext(), (legalize,))
    assert "layer 'spectrum' (Lambda, m.py:3): operator fft " in str(error.value)
    assert "layer 'gelu': operator erf " in str(error.value)
    mixed = '%x: float16[1,2] = input\n%y: float16[1,2] = relu(%x) @"half"\nreturn %y'
    with pytest.raises(UnsupportedError, match=r"layer 'half': relu has no kernel for \(float16\)"):
        run_passes(parse(mixed), PassContext(), (legalize,))
    computed = (
        "%x: float32[1,4] = input\n%b: int32[2] = const 0\n%s: int32[2] = input\n"
        '%y: float32[1,2] = slice(%x, %b, %s) @"cut"\nreturn %y'
    )
    with pytest.raises(UnsupportedError, match=r"layer 'cut': the size of slice .* needs every shape before it runs"):
        run_passes(parse(computed), PassContext(), (legalize,))


def test_what_a_clamp_bounds_takes_its_range() -> None:
    """Its operand saturates at the bound; when another operator reads the operand too, it keeps its own range."""
    text = (
        '%x: float32[1,8] = input "x"\n%low: float32[] = const -0.5\n%high: float32[] = const 1.0\n'
        "%m: float32[1,8] = maximum(%x, %low)\n%y: float32[1,8] = minimum(%m, %high)\nreturn %y"
    )
    graph, _ = convert(text, 4 * normal(50, 8))
    (grid,) = {value.quant for value in graph.values() if value.dtype == "int8"}
    assert grid is not None and float(grid.scale[0]) == pytest.approx(1.5 / 255, rel=1e-6)
    graph, _ = convert(text.replace("return %y", "%z: float32[1,8] = add(%x, %y)\nreturn %z"), 4 * normal(50, 8))
    assert graph.inputs[0].quant is not None and float(graph.inputs[0].quant.scale[0]) > 10 / 255


def test_what_nobody_needs_of_a_range_saturates() -> None:
    """Pooling never gives the low elements, a comparison with 0.2 knows what is below it; another reader knows them all."""
    pool = (
        "%x: float32[1,8,8,1] = input\n"
        "%y: float32[1,2,2,1] = max_pool_2d(%x) {stride_w=4, stride_h=4, filter_width=4, filter_height=4}\nreturn %y"
    )
    narrow, context = convert(pool, normal(50, 8, 8, 1))
    seen = {value.name: s for value, s in context.statistics.items()}
    grid = narrow.inputs[0].quant
    assert grid is not None and seen["y"].low > 0.3 * seen["x"].low
    assert float(grid.scale[0]) == pytest.approx((seen["y"].high - min(seen["y"].low, 0)) * 1.02 / 255, rel=0.02)
    wide, _ = convert(pool.replace("return %y", "%z: float32[1,8,8,1] = relu(%x)\nreturn %y, %z"), normal(50, 8, 8, 1))
    assert wide.inputs[0].quant is not None and float(wide.inputs[0].quant.scale[0]) > 1.3 * float(grid.scale[0])
