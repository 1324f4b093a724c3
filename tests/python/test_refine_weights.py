"""Weights and biases chosen by the operators' results: nearer to the float model on unseen data, and never at a loss."""

from __future__ import annotations

import numpy as np
import pytest

from arenite import AreniteError, convert
from arenite.conversion import Conversion
from arenite.evaluate import evaluate
from arenite.graph import Graph, Op, Value
from arenite.opdef import declaration
from arenite.passes.least_squares import nearest, quadratic, settle, spread_errors
from arenite.text import parse

rng = np.random.default_rng(0)

NETWORK = """
%x: float32[1,8,8,3] = input
%w: float32[8,3,3,3] = const STEM
%b: float32[8] = const 0.1
%a: float32[1,8,8,8] = conv_2d(%x, %w, %b) {stride_w=1, stride_h=1, fused_activation_function="RELU"} @"stem"
%d: float32[1,3,3,8] = const DEPTH
%c: float32[1,6,6,8] = depthwise_conv_2d(%a, %d, %b) {stride_w=1, stride_h=1, padding="VALID"} @"depth"
%i: int32[2] = const [1, 2]
%m: float32[1,8] = mean(%c, %i)
%v: float32[4,8] = const HEAD
%y: float32[1,4] = fully_connected(%m, %v) @"head"
return %y
"""


def numbers(*shape: int) -> str:
    return str(np.random.default_rng(shape[0]).standard_normal(int(np.prod(shape))).round(3).tolist())


def network() -> Graph:
    stem = np.random.default_rng(1).standard_normal((8, 3, 3, 3)).round(3)
    stem[:, 1] = 0  # pruned
    text = NETWORK.replace("STEM", str(stem.reshape(-1).tolist()))
    return parse(text.replace("DEPTH", numbers(9, 8)).replace("HEAD", numbers(4, 8)))


def images(seed: int, count: int = 48) -> np.ndarray:
    """Smooth, so that pixels depend on their neighbours, and none has mean zero."""
    patches = np.random.default_rng(seed).random((count, 4, 4, 3))
    return np.kron(patches, np.ones((1, 2, 2, 1))).astype(np.float32)


def converted(
    scheme: str, weights: str = "int8", without: tuple[str, ...] = (), graph: Graph | None = None
) -> Conversion:
    return convert(graph or network(), scheme, images(0), weights=weights, without=without)


def sqnr(conversion: Conversion) -> float:
    unseen = [images(1)]
    exact, actual = evaluate(network(), unseen)[0], evaluate(conversion.graph, unseen)[0]
    return float(10 * np.log10(np.square(exact).sum() / np.square(exact - actual).sum()))


def told(conversion: Conversion, kind: str) -> list[str]:
    return [f"{e.place}: {e.text}" for e in conversion.report.log if (e.pass_name, e.kind) == ("refine_weights", kind)]


# --- the lattice ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("limits", "scale"), [((-127, 127), 0.02), ((-8, 7), 0.3)])
def test_the_search_errs_less_than_the_nearest_integers(limits: tuple[int, int], scale: float) -> None:
    x = rng.standard_normal((3, 200, 70)) @ rng.standard_normal((70, 70))
    moments, weights = x.swapaxes(1, 2) @ x / 200, rng.uniform(-2, 2, (3, 5, 70))
    scales, kept = np.full((3, 5), scale), np.zeros(weights.shape, bool)

    def error(steps: np.ndarray) -> np.ndarray:
        return quadratic(moments, scales[..., None] * steps - weights)

    found = spread_errors(moments, weights.copy(), scales, limits, kept)
    better = settle(moments, weights, found, scales, limits, kept)
    assert (better == np.rint(better)).all() and better.min() >= limits[0] and better.max() <= limits[1]
    assert (error(better) <= error(found) * (1 + 1e-9)).all()
    assert error(better).sum() < 0.5 * error(nearest(weights, scales, limits)).sum()


def test_independent_inputs_leave_the_nearest_integers() -> None:
    moments, weights = np.eye(6)[None], rng.standard_normal((1, 4, 6))
    scales, kept = np.full((1, 4), 0.1), np.zeros(weights.shape, bool)
    expected = nearest(weights, scales, (-127, 127))
    np.testing.assert_array_equal(spread_errors(moments, weights.copy(), scales, (-127, 127), kept), expected)


# --- products ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "x", "w", "attrs"),
    [
        ("conv_2d", (2, 5, 6, 4), (6, 3, 2, 4), {"stride_h": 2}),
        ("conv_2d", (2, 5, 6, 4), (6, 3, 2, 2), {"dilation_w_factor": 2}),  # two groups
        ("depthwise_conv_2d", (2, 5, 6, 3), (1, 3, 2, 6), {"depth_multiplier": 2, "padding": "VALID"}),
        ("fully_connected", (2, 3, 5), (4, 5), {"keep_num_dims": True}),
    ],
)
def test_columns_times_filters_are_the_results(
    name: str, x: tuple[int, ...], w: tuple[int, ...], attrs: dict[str, object]
) -> None:
    data, weights = rng.standard_normal(x, np.float32), rng.standard_normal(w, np.float32)
    op = Op(name, [Value("x", "float32", x), Value("w", "float32", w, weights)], [], dict(attrs))
    decl = declaration(name)
    op.outputs = [Value("y", "float32", decl.shape(op)[0])]
    (expected,), products = decl.reference(op, [data, weights]), decl.products
    assert products is not None
    rows = expected.reshape(-1, expected.shape[-1])
    places = np.array([0, 3, len(rows) - 1])
    made = products.columns(op, data, places) @ products.filters(op, weights).swapaxes(1, 2)
    np.testing.assert_allclose(made.transpose(1, 0, 2).reshape(3, -1), rows[places], rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(products.weights(op, products.filters(op, weights), w), weights)


# --- the pass ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("scheme", "weights", "gain"), [("16x8", "int8", 4), ("int8", "int4", 3)])
def test_unseen_data_err_less(scheme: str, weights: str, gain: float) -> None:
    refined, bare = converted(scheme, weights), converted(scheme, weights, without=("rounding", "bias"))
    assert sqnr(refined) > sqnr(bare) + gain
    assert any("the outputs err" in line for line in told(refined, "applied"))
    assert "asked for" in told(bare, "refused")[0]


def test_each_half_may_be_left_out() -> None:
    both = sqnr(converted("int8", "int4"))
    halves = [sqnr(converted("int8", "int4", without=(half,))) for half in ("rounding", "bias")]
    bare = sqnr(converted("int8", "int4", without=("rounding", "bias")))
    assert bare + 2 < max(halves) < both + 1
    with pytest.raises(AreniteError, match="'rounding'"):
        converted("int8", without=("roundin",))


@pytest.mark.parametrize("weights", ["int8", "int4"])
def test_zeros_stay_zero(weights: str) -> None:
    stem = converted("int8", weights).graph.ops[0].operand(1).data
    assert stem is not None and not stem[:, 1].any() and stem[:, 0].any()


def test_shared_weights_stay_shared() -> None:
    text = """
%x: float32[1,4] = input
%w: float32[4,4] = const NUMBERS
%a: float32[1,4] = fully_connected(%x, %w) {fused_activation_function="RELU"}
%y: float32[1,4] = fully_connected(%a, %w)
return %y
""".replace("NUMBERS", numbers(4, 4))
    data = np.random.default_rng(0).standard_normal((32, 4)).astype(np.float32)
    result = convert(parse(text), "16x8", data)
    first, second = result.graph.ops
    assert first.operand(1) is second.operand(1)
    assert any("shares them" in line for line in told(result, "refused"))


def test_too_few_samples_change_nothing() -> None:
    result = convert(network(), "int8", images(0, 4))
    assert "there are 4 samples, fewer than 8" in told(result, "refused")[0]
