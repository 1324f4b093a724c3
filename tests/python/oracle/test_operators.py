"""Every operator of the table, over generated instances: ours = TFLite Micro = numpy integers, bit for bit, = LiteRT.

The instances come from the ``case`` of the operator's declaration: to test a new operator, write that. What the peers
cannot do or do otherwise stands in peers.py. ``pytest --hypothesis-profile=long`` draws fifty times as many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from oracle import (
    engines,
    peers,
    reference_elementwise,
    reference_hybrid,
    reference_hybrid_recurrent,
    reference_int8,
    reference_packed,
    reference_products,
    reference_recurrent,
    reference_vectors,
)
from seeded import feeds

from arenite import cases
from arenite.evaluate import evaluate
from arenite.graph import STATELESS, Graph, Op
from arenite.opdef import case_dtypes, data_dtypes, declaration, rows

pytest.importorskip("tflite_micro")
pytest.importorskip("ai_edge_litert")

T = TypeVar("T")
EPSILON = 2.0**-24
#: operator → its int8 arithmetic in numpy integers
INTEGERS = (
    reference_int8.OPERATORS
    | reference_elementwise.OPERATORS
    | reference_packed.OPERATORS
    | reference_products.OPERATORS
    | reference_recurrent.OPERATORS
    | reference_vectors.OPERATORS
)
HYBRID = reference_hybrid.OPERATORS | reference_hybrid_recurrent.OPERATORS
#: each result is a sum over the last axis, turned
SPECTRAL = ("signal_rfft", "signal_irfft")
#: operator and dtype of its first data operand; ANY: each of them in turn, for operators that only move elements
ANY = "any"
CASED = [name for name in rows() if declaration(name).case is not None]
VARIANTS = [(name, dtype) for name in CASED for dtype in ([ANY] if declaration(name).moves else case_dtypes(name))]
#: operators that mean something only among others; test_control_flow.py has them
UNCASED = {"assign_variable", "call_once", "read_variable", "var_handle"}
#: how often each engine was compared and could have been, by variant
compared: Counter[tuple[str, str, str]] = Counter()
possible: Counter[tuple[str, str, str]] = Counter()


class HypothesisDraw:
    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def integer(self, low: int, high: int) -> int:
        return self.data.draw(st.integers(low, high))

    def choice(self, options: Sequence[T]) -> T:
        return self.data.draw(st.sampled_from(list(options)))


def results_of(op: Op, reference: Callable[..., Sequence[np.ndarray]], inputs: list[np.ndarray | None]) -> list[Any]:
    """The results of every run; variables among the inputs change from one to the next."""
    inputs = [
        engines.fresh(v) if v is not None and v.is_variable else x for v, x in zip(op.inputs, inputs, strict=True)
    ]
    return [np.array(result) for _ in range(runs_of(op)) for result in reference(inputs)]


def runs_of(op: Op) -> int:
    """A stateless one is alike for the peers in its first run only."""
    return 3 if op.keeps_state and not op.attrs.get(STATELESS) else 1


def float_bound(op: Op, inputs: list[np.ndarray | None], expected: np.ndarray) -> np.ndarray:
    """Largest error allowed: one rounding per term, of the sum of the terms' absolute values or of the result."""
    decl = declaration(op.name)
    area = np.prod(decl.window(op).kernel) if decl.window is not None else 1
    terms = max(decl.macs(op) / op.outputs[0].size, op.operand(0).size / op.outputs[0].size, float(area)) + 4
    plain = replace(op, attrs={**op.attrs, "fused_activation_function": "NONE"})  # a clamp would hide the terms
    if op.name in SPECTRAL:
        (x,) = (np.abs(x) for x in inputs if x is not None)
        return np.asarray(2 * EPSILON * 16 * x.sum(-1, keepdims=True))
    magnitude, *_ = decl.reference(plain, [x if x is None or x.dtype != np.float32 else np.abs(x) for x in inputs])
    return np.asarray(2 * EPSILON * terms * (np.fmax(np.abs(magnitude), np.abs(expected)) + 1e-30))


def check_float(
    op: Op, inputs: list[np.ndarray | None], results: Sequence[np.ndarray], answers: Sequence[np.ndarray]
) -> None:
    """The first result of every run."""
    for result, expected in list(zip(results, answers, strict=True))[:: len(op.outputs)]:
        check_float_result(op, inputs, result, expected)


def check_float_result(op: Op, inputs: list[np.ndarray | None], result: np.ndarray, expected: np.ndarray) -> None:
    assert result.dtype == expected.dtype and result.shape == expected.shape
    if op.keeps_state:  # sums of sums, step after step; where nothing squashes them, errors feed the next step's
        np.testing.assert_allclose(result, expected, rtol=5e-5, atol=5e-5 * max(1, np.abs(expected).max(initial=0)))
    elif declaration(op.name).fixed is not None:  # softmax, logistic: exponentials differ in the last places
        np.testing.assert_allclose(result, expected, rtol=16 * EPSILON, atol=peers.float_slack(op) + 1e-30)
    else:
        alike = (result == expected) | (np.isnan(result) & np.isnan(expected))  # infinities too
        with np.errstate(invalid="ignore"):  # an infinity less itself
            error = np.abs(np.where(alike, 0.0, result.astype(np.float64) - expected))
        assert (alike | (error <= float_bound(op, inputs, expected))).all(), f"off by {error.max()}"


def reference(op: Op, inputs: list[np.ndarray | None]) -> list[np.ndarray]:
    """The declared one; subgraphs are evaluated on the codes themselves."""
    decl = declaration(op.name)
    if decl.calls is None:
        return decl.reference(op, inputs)
    bare = Graph(ops=[op]).copy()
    for value in (value for part in bare.subgraphs() for value in part.values()):
        value.quant = None
    return decl.calls(bare.ops[0], inputs, evaluate)


def compare(op: Op, variant: tuple[str, str], content: bytes, feed: list[np.ndarray]) -> None:
    inputs = engines.operands(op, feed)
    runs = runs_of(op)
    results = engines.ours(content, feed, runs)
    assert [result.shape for result in results] == [value.shape for value in op.outputs] * runs
    if peers.is_hybrid(op):
        expected = results_of(op, lambda x: HYBRID[op.name](op, *x), inputs)
        if op.keeps_state:
            check_steps(results, expected)
        else:
            check_equal(results, expected, "numpy")
    elif peers.is_coded(op) and op.name in INTEGERS:
        check_equal(results, results_of(op, lambda x: [INTEGERS[op.name](op, *x)], inputs), "numpy integers")
    else:
        expected = results_of(op, lambda x: reference(op, x), inputs)
        if peers.is_exact(op):
            check_equal(results, expected, "numpy")
        else:
            check_float(op, inputs, results, expected)
    compared[(*variant, "numpy")] += 1
    if not peers.lacks("tflm", op):
        possible[(*variant, "tflm")] += 1
        if peers.tflm_limit(op) is None:
            compare_peer(op, variant, "tflm", inputs, results, engines.tflm(content, feed, len(op.outputs), runs))
    if not peers.lacks("litert", op):
        possible[(*variant, "litert")] += 1
        if peers.litert_limit(op) is None:
            compare_peer(op, variant, "litert", inputs, results, engines.litert(content, feed, runs))


def check_steps(results: Sequence[np.ndarray], answers: Sequence[np.ndarray]) -> None:
    """Alike up to the functions' last places, by which a state now and then takes the next code of its eight bits.

    Then a sum is off by a weight times 1/127 of the state's range; gates pass on less than that.
    """
    for result, expected in zip(results, answers, strict=True):
        assert result.dtype == expected.dtype and result.shape == expected.shape
        size = max(1, np.abs(expected).max(initial=0))
        far = np.abs(result - expected) > 1e-5 * size
        assert far.mean() < 0.2, f"{far.sum()} of {far.size} are off"
        np.testing.assert_allclose(result, expected, rtol=0, atol=0.02 * size)


def check_equal(results: Sequence[np.ndarray], expected: Sequence[np.ndarray], engine: str) -> None:
    assert [result.dtype for result in results] == [array.dtype for array in expected]
    for result, array in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, array, engine)


def compare_peer(
    op: Op,
    variant: tuple[str, str],
    engine: str,
    inputs: list[np.ndarray | None],
    results: Sequence[np.ndarray],
    answers: Sequence[np.ndarray],
) -> None:
    answers = [answer.reshape(result.shape) for answer, result in zip(answers, results, strict=True)]
    if engine == "litert" and peers.litert_steps(op) > 0 and peers.is_coded(op):
        steps = max(np.abs(a.astype(np.float64) - b).max(initial=0) for a, b in zip(results, answers, strict=True))
        assert steps <= peers.litert_steps(op), f"{steps} steps from LiteRT"
    elif peers.is_hybrid(op) and op.keeps_state:
        check_steps(results, answers)
    elif peers.is_exact(op):
        check_equal(results, answers, engine)
    else:
        check_float(op, inputs, results, answers)
    compared[(*variant, engine)] += 1


@pytest.mark.parametrize(("name", "dtype"), VARIANTS, ids=[f"{n}-{d}" for n, d in VARIANTS])
@given(data=st.data())
def test_operator(name: str, dtype: str, data: st.DataObject) -> None:
    case = declaration(name).case
    assert case is not None
    draw = HypothesisDraw(data)
    op = case(draw, draw.choice(data_dtypes(name)) if dtype == ANY else dtype)
    content = engines.model_of(op)
    compare(op, (name, dtype), content, feeds(op, cases.rng_of(draw)))


def test_every_operator_gives_a_case() -> None:
    assert set(rows()) - set(CASED) == UNCASED


@pytest.mark.parametrize(("name", "dtype"), VARIANTS, ids=[f"{n}-{d}" for n, d in VARIANTS])
def test_every_engine_was_asked(name: str, dtype: str) -> None:
    """A limit in peers.py must not silence an engine: each was compared in at least a third of the instances."""
    if compared[(name, dtype, "numpy")] == 0:
        pytest.skip("test_operator did not run for this variant")
    for engine in ("tflm", "litert"):
        asked, total = compared[(name, dtype, engine)], possible[(name, dtype, engine)]
        assert asked * 3 >= total, f"{engine}: {asked} of {total}"
