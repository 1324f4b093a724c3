"""Equalized channels: the same function in float, less noise in int8, and never at a loss on unseen data."""

from __future__ import annotations

import numpy as np
import pytest

from arenite.evaluate import evaluate
from arenite.graph import Graph
from arenite.passes import PassContext, calibrate, canonicalize, equalize, legalize, quantize, run_passes
from arenite.passes.judging import Judge
from arenite.text import parse

#: Three channels, of which two are 30 and 1,000 times smaller than the first; what reads them makes up for it.
BLOCK = """
%x: float32[1,6,6,2] = input
%w: float32[3,1,1,2] = const [6, -3, 0.2, 0.1, -0.005, 0.006]
%b: float32[3] = const [1, 0.03, 0.001]
%a: float32[1,6,6,3] = conv_2d(%x, %w, %b) {stride_w=1, stride_h=1, fused_activation_function="ACTIVATION"} @"stem"
%p: float32[1,3,3,3] = POOL(%a) {stride_w=2, stride_h=2, filter_width=2, filter_height=2}
%n: int32[4,2] = const [0, 0, 1, 1, 1, 1, 0, 0]
%q: float32[1,5,5,3] = pad(%p, %n)
%d: float32[1,3,3,3] = const TAPS
%e: float32[1,3,3,3] = depthwise_conv_2d(%q, %d) {stride_w=1, stride_h=1, depth_multiplier=1, padding="VALID"}
%i: int32[2] = const [1, 2]
%m: float32[1,3] = mean(%e, %i)
%v: float32[2,3] = const [0.3, 0.4, 0.5, -0.5, 0.4, 0.3]
%y: float32[1,2] = fully_connected(%m, %v)
return %y
"""
TAPS = [t * s for s in (1, -0.9, 0.8, 0.7, -0.6, 0.5, 0.4, 0.3, -0.2) for t in (0.1, 5.0, 100.0)]
BLOCK = BLOCK.replace("TAPS", str(TAPS))
BARE = (calibrate, quantize, canonicalize, legalize)
EQUALIZED = (calibrate, equalize, quantize, canonicalize, legalize)


def data(seed: int, count: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 6, 6, 2), np.float32)


def block(activation: str = "RELU", pool: str = "max_pool_2d") -> Graph:
    return parse(BLOCK.replace("ACTIVATION", activation).replace("POOL", pool))


def sqnr(reference: np.ndarray, actual: np.ndarray) -> float:
    return float(10 * np.log10((reference**2).sum() / ((reference - actual) ** 2).sum()))


@pytest.mark.parametrize("activation", ["RELU", "NONE", "RELU6"])
@pytest.mark.parametrize("pool", ["max_pool_2d", "average_pool_2d"])
def test_the_float_function_stays_and_the_noise_falls(activation: str, pool: str) -> None:
    before, context = block(activation, pool), PassContext("int8", calibration=data(0))
    after = run_passes(before, context, (calibrate, equalize))
    exact = evaluate(before, [data(1)])[0]
    np.testing.assert_allclose(evaluate(after, [data(1)])[0], exact, rtol=1e-4, atol=1e-4)
    assert any(e.kind == "applied" and "layer 'stem'" in str(e) for e in context.log if e.pass_name == "equalize")
    bare, equalized = (
        sqnr(exact, evaluate(run_passes(before, PassContext("int8", calibration=data(0)), passes), [data(1)])[0])
        for passes in (BARE, EQUALIZED)
    )
    assert equalized > bare + 6


def test_statistics_follow_the_factors() -> None:
    """What equalize predicts for the scaled values is what calibration of the scaled graph measures."""
    context, again = PassContext("int8", calibration=data(0)), PassContext("int8", calibration=data(0))
    after = run_passes(block(), context, (calibrate, equalize))
    run_passes(after, again, (calibrate,))
    predicted = {value.name: s for value, s in context.statistics.items()}
    for value, measured in again.statistics.items():
        assert predicted[value.name].low == pytest.approx(measured.low, rel=1e-4, abs=1e-5)
        assert predicted[value.name].high == pytest.approx(measured.high, rel=1e-4, abs=1e-5)
        if measured.total is not None:
            np.testing.assert_allclose(predicted[value.name].mean, measured.mean, rtol=1e-3, atol=1e-4)


def test_scaled_values_get_another_name() -> None:
    names = {v.name for v in run_passes(block(), PassContext("int8", calibration=data(0)), EQUALIZED[:2]).values()}
    assert {"a_equalized", "p_equalized", "q_equalized", "y"} <= names and "a" not in names


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("return %y", "return %y, %p"), "'p' is an output of the model"),
        (
            ("%e: float32[1,3,3,3] = d", "%o: float32[1,5,5,3] = logistic(%q)\n%e: float32[1,3,3,3] = d"),
            "logistic reads",
        ),
    ],
)
def test_what_stands_in_the_way_is_named(change: tuple[str, str], reason: str) -> None:
    text = BLOCK.replace("POOL", "max_pool_2d").replace(*change).replace("ACTIVATION", "RELU")
    text = text.replace("return %y\n", "return %y, %o\n") if "%o" in text else text
    context = PassContext("int8", calibration=data(0))
    before = parse(text)
    run_passes(before, context, (calibrate, equalize))
    assert any(reason in str(e) for e in context.log if e.kind == "refused"), [str(e) for e in context.log]


#: Two residual sums of three channels; the first has one of 1/100 and clamps at 6, as do some of the others' values.
RESIDUAL = """
%x: float32[1,4,4,3] = input
%w: float32[3,1,1,3] = const [4, 1, -1, 0.5, 3, 1, 0.01, -0.02, 0.03]
%a: float32[1,4,4,3] = conv_2d(%x, %w) {stride_w=1, stride_h=1, fused_activation_function="RELU6"} @"stem"
%v: float32[3,1,1,3] = const [0.2, -0.3, 40, 0.3, 0.2, 30, 0.001, 0.003, 0.2]
%b: float32[1,4,4,3] = conv_2d(%a, %v) {stride_w=1, stride_h=1} @"first"
%s: float32[1,4,4,3] = add(%a, %b) {fused_activation_function="RELU"}
%d: float32[1,3,3,3] = const TAPS
%e: float32[1,4,4,3] = depthwise_conv_2d(%s, %d) {stride_w=1, stride_h=1, depth_multiplier=1, padding="SAME"} @"second"
%k: float32[3] = const [1, 2, 3]
%k1: int32[] = const 1
%t: float32[1,4,4,3] = add(%e, %s)
%i: int32[2] = const [1, 2]
%m: float32[1,3] = mean(%t, %i)
%u: float32[2,3] = const [0.3, 0.4, 50, -0.5, 0.4, 30]
%y: float32[1,2] = fully_connected(%m, %u) @"head"
return %y
""".replace("TAPS", str([0.1, -0.05, 0.2, 0.1, 0.1, -0.1, 0.1, 0.05, 0.1] * 3))


def residual_data(seed: int, count: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 4, 4, 3), np.float32)


def test_channels_behind_residual_sums_are_scaled_together() -> None:
    before, context = parse(RESIDUAL), PassContext("int8", calibration=residual_data(0))
    after = run_passes(before, context, (calibrate, equalize))
    names = {value.name for value in after.values()}
    assert {"a_equalized", "b_equalized", "s_equalized", "e_equalized", "t_equalized", "m_equalized"} <= names
    seen = residual_data(0)
    np.testing.assert_allclose(evaluate(after, [seen])[0], evaluate(before, [seen])[0], rtol=1e-4, atol=1e-4)
    exact = evaluate(before, [residual_data(1)])[0]
    bare, equalized = (
        sqnr(
            exact,
            evaluate(
                run_passes(before, PassContext("int8", calibration=seen), passes),
                [residual_data(1)],
            )[0],
        )
        for passes in (BARE, EQUALIZED)
    )
    assert equalized > bare + 6


def test_grown_channels_do_not_meet_the_clamp() -> None:
    """The clamp stays at 6 for all channels: one that has grown keeps half of the way to it for unseen values."""
    context = PassContext("int8", calibration=residual_data(0))
    run_passes(parse(RESIDUAL), context, (calibrate, equalize))
    (seen,) = (s for value, s in context.statistics.items() if value.name == "a_equalized")
    assert seen.highs is not None and np.sort(seen.highs)[-1] == 6
    assert 0.1 < seen.highs[2] <= 3 + 1e-5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("add(%e, %s)", "add(%e, %x)"), "'x', which is added, is an input"),
        (("add(%e, %s)", "add(%e, %k)"), "'k', which is added, is a constant"),
        (("add(%e, %s)", "mul(%e, %s)"), "mul reads them"),
        (("return %y", "return %y, %s"), "'s' is an output of the model"),
        (
            (
                "return %y",
                "%h: float32[1,2,4,3], %o: float32[1,2,4,3] = split(%k1, %s) {num_splits=2}\nreturn %y, %h, %o",
            ),
            "split reads",
        ),
    ],
)
def test_what_stands_in_the_way_of_a_sum_is_named(change: tuple[str, str], reason: str) -> None:
    context = PassContext("int8", calibration=residual_data(0))
    run_passes(parse(RESIDUAL.replace(*change)), context, (calibrate, equalize))
    refused = [str(e) for e in context.log if e.kind == "refused"]
    assert any(reason in line for line in refused), refused


@pytest.mark.parametrize(("noises", "kept"), [((1.0, 1.1, 1.0), 0.0), ((0.5, 0.9, 1.0), 3.01), ((0.9, 0.1, 1.0), 10.0)])
def test_what_the_model_errs_decides(monkeypatch: pytest.MonkeyPatch, noises: tuple[float, ...], kept: float) -> None:
    """Judged are both shares of predicted noise, then the model as it was; of a tie it stays as it was."""
    told = iter(noises)
    monkeypatch.setattr(Judge, "noise", lambda judge, graph: next(told))
    before, context = block(), PassContext("int8", calibration=data(0))
    untouched = {value.name for value in before.values()}
    plain, context.statistics = PassContext("int8", calibration=data(0)), {}
    run_passes(before, plain, (calibrate,))
    after = run_passes(before, context, (calibrate, equalize))
    assert next(told, None) is None
    assert context.effects["equalize"] == pytest.approx(kept, abs=0.01)
    assert ({value.name for value in after.values()} == untouched) == (kept == 0)
    if kept == 0:
        np.testing.assert_array_equal(evaluate(after, [data(1)])[0], evaluate(before, [data(1)])[0])
        ranges = [{v.name: (s.low, s.high) for v, s in c.statistics.items()} for c in (plain, context)]
        assert ranges[0] == ranges[1]


def test_equal_channels_are_left_alone() -> None:
    text = BLOCK.replace("POOL", "max_pool_2d").replace("ACTIVATION", "RELU")
    text = text.replace("[6, -3, 0.2, 0.1, -0.005, 0.006]", "[6, -3, 5, 4, -4, 3]").replace("0.03, 0.001]", "1, 1]")
    context = PassContext("int8", calibration=data(0))
    after = run_passes(parse(text), context, (calibrate, equalize))
    assert "a" in {value.name for value in after.values()}


def test_few_samples_do_not_cost_unseen_data() -> None:
    """With few samples a channel's range is known badly; growing each to the common range would cut off what comes later."""
    rng = np.random.default_rng(4)
    graph = parse("""
%x: float32[1,20] = input
%w: float32[64,20] = const random(1)
%a: float32[1,64] = fully_connected(%x, %w) {fused_activation_function="RELU"}
%v: float32[64,64] = const random(2)
%b: float32[1,64] = fully_connected(%a, %v) {fused_activation_function="RELU"}
%u: float32[5,64] = const random(3)
%y: float32[1,5] = fully_connected(%b, %u)
return %y
""")
    seen, unseen = (rng.standard_normal((count, 20), np.float32) for count in (100, 300))
    exact = evaluate(graph, [unseen])[0]
    bare, equalized = (
        sqnr(exact, evaluate(run_passes(graph, PassContext("int8", calibration=seen), passes), [unseen])[0])
        for passes in (BARE, EQUALIZED)
    )
    assert equalized > bare - 0.5


def test_fast_leaves_improvers_out() -> None:
    graphs = {}
    for fast in (False, True):
        context = PassContext("int8", calibration=data(0), fast=fast)
        graphs[fast] = run_passes(block(), context, EQUALIZED)
    names = {fast: {value.name for value in graph.values()} for fast, graph in graphs.items()}
    assert "a_equalized" in names[False] and "a_equalized" not in names[True]
    assert [str(entry) for entry in context.log if entry.pass_name == "equalize"] == [
        "equalize: refused: main: left out, as fast asks for"
    ]
