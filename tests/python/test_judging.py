"""What improvements are kept by: samples that none were fitted to, and errors where they can be seen."""

from __future__ import annotations

import numpy as np
import pytest

from arenite import convert
from arenite.evaluate import evaluate
from arenite.graph import Graph
from arenite.passes import refine_weights
from arenite.passes.judging import Judge, distinct, parted
from arenite.text import parse

CLASSIFIER = """
%x: float32[1,6] = input
%w: float32[8,6] = const random(1)
%a: float32[1,8] = fully_connected(%x, %w) {fused_activation_function="RELU"} @"hidden"
%v: float32[4,8] = const random(2)
%l: float32[1,4] = fully_connected(%a, %v) @"logits"
%p: float32[1,4] = softmax(%l)
%n: int32[3] = const [1, 2, 2]
%y: float32[1,2,2] = reshape(%p, %n)
return RESULT
"""


def classifier(result: str = "%y") -> Graph:
    return parse(CLASSIFIER.replace("RESULT", result))


def data(seed: int, count: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 6)).astype(np.float32)


def test_equal_samples_count_once() -> None:
    first, second = np.array([[1], [2], [1], [1]], np.float32), np.array([[0], [0], [0], [5]], np.int32)
    assert distinct([first]).tolist() == [0, 1]
    assert distinct([first, second]).tolist() == [0, 1, 3]


def test_none_of_those_that_judge_was_fitted() -> None:
    parts = parted(classifier(), [np.repeat(data(0), 2, axis=0)], 8)
    fitted, judging = (np.concatenate([batch[0] for batch in part]) for part in (parts.fitted, parts.judging))
    assert (len(fitted), len(judging), Judge(classifier(), parts.judging).count) == (30, 10, 10)
    assert len(distinct([np.concatenate([fitted, judging])])) == 40


@pytest.mark.parametrize("io", ["int8", "float32"])
def test_what_a_softmax_squashes_is_judged(io: str) -> None:
    """The logits' error, through a reshape and a change to float, not the probabilities'."""
    unseen, logits = data(1), classifier("%l")
    made = convert(classifier(), "int8", data(0), io=io).graph
    exact, found = evaluate(logits, [unseen])[0].astype(np.float64), []
    evaluate(made, [unseen], lambda value, array: found.append(array) if value.name == "l" else None)
    expected = np.square(exact - found[0]).sum() / np.square(exact).sum()
    assert Judge(classifier(), [[unseen[:20]], [unseen[20:]]]).noise(made) == pytest.approx(expected, rel=1e-6)


def test_a_scaled_vector_is_judged_itself() -> None:
    graph = parse('%x: float32[1,6] = input "x"\n%y: float32[1,6] = l2_normalization(%x)\nreturn %y "y"')
    made, unseen = convert(graph, "int8", data(0)).graph, data(1)
    exact, found = evaluate(graph, [unseen])[0].astype(np.float64), evaluate(made, [unseen])[0]
    expected = np.square(exact - found).sum() / np.square(exact).sum()
    assert Judge(graph, [[unseen]]).noise(made) == pytest.approx(expected, rel=1e-6)


# --- which are kept ---------------------------------------------------------------------------------------------------
#: Order of the questions: as it was, with both, without rounding, without bias.
@pytest.mark.parametrize(
    ("noises", "without", "effects"),
    [
        ((1.0, 2.0, 0.5, 3.0), ["rounding"], {"bias": 3.01, "rounding": 0.0}),
        ((1.0, 2.0, 3.0, 0.1), ["bias"], {"rounding": 10.0, "bias": 0.0}),
        ((1.0, 0.5, 0.6, 0.7), [], {"rounding and bias": 3.01}),
        ((1.0, 1.0, 1.5, 1.1), ["rounding", "bias"], {"rounding": 0.0, "bias": 0.0}),
    ],
)
def test_the_best_of_the_trials_is_kept(
    monkeypatch: pytest.MonkeyPatch, noises: tuple[float, ...], without: list[str], effects: dict[str, float]
) -> None:
    expected = convert(classifier(), "16x8", data(0), without=["equalize", *without]).content
    told = iter(noises)
    monkeypatch.setattr(Judge, "noise", lambda judge, graph: next(told))
    result = convert(classifier(), "16x8", data(0), without=["equalize"])
    assert next(told, None) is None
    assert result.content == expected
    assert result.report.effects == pytest.approx(effects, abs=0.01)
    assert result.to_dict()["effects"] == result.report.effects


def test_halves_are_not_tried_where_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(Judge, "noise", lambda judge, graph: asked.append(graph) or float(len(asked)))
    monkeypatch.setattr(refine_weights, "MOST_TRIED", 8 * 6**2 + 4 * 8**2 - 1)
    convert(classifier(), "int8", data(0), without=["equalize"])
    assert len(asked) == 2
    monkeypatch.setattr(refine_weights, "MOST_TRIED", 8 * 6**2 + 4 * 8**2)
    convert(classifier(), "int8", data(0), without=["equalize"])
    assert len(asked) == 6
