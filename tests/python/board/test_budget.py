"""Figures do not drift unseen, and none of them is worse than TFLite Micro's."""

from __future__ import annotations

import budget
import image
import measure
import mlperf
import peers
import pytest
import verifier
from figures import EXACT, Key
from measure import measured_models
from models import MODELS

from arenite.board.table import boards

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]


@pytest.mark.parametrize(("name", "board"), [(name, board) for board in boards() for name in measured_models(board)])
def test_every_figure_is_within_its_budget(name: str, board: str) -> None:
    if not budget.same_compiler(board):
        pytest.skip(f"the budget was measured with {budget.COMPILERS}")
    models = measure.models()
    if name not in models:
        pytest.skip("the MLPerf Tiny models are missing; name their directory in ARENITE_MODELS")
    measured = measure.measure_budget([board], {name: models[name]})
    assert budget.differences(budget.read(), measured) == [], "if that is meant: python benchmarks/measure.py --update"
    assert set(measured) == {key for key in budget.read() if key[0] == board and key[1] in (name, "core")}


@pytest.mark.parametrize("board", verifier.BOARDS)
def test_verification_is_within_its_budget(board: str) -> None:
    if not budget.same_compiler(board):
        pytest.skip(f"the budget was measured with {budget.COMPILERS}")
    measured = measure.measure_verifier([board], measure.models())
    assert len(measured) > 4
    assert budget.differences(budget.read(), measured) == [], "if that is meant: python benchmarks/measure.py --update"


@pytest.mark.parametrize("board", image.BOARDS)
def test_a_whole_image_is_within_its_budget(board: str) -> None:
    if not budget.same_compiler(board):
        pytest.skip(f"the budget was measured with {budget.COMPILERS}")
    assert budget.differences(budget.read(), measure.measure_images([board])) == []


@pytest.mark.parametrize(
    ("key", "limit"), image.LIMITS.items(), ids=lambda value: "-".join(value) if isinstance(value, tuple) else ""
)
def test_what_must_stay_small_does(key: Key, limit: int) -> None:
    assert budget.read()[key] <= limit


@pytest.mark.parametrize("board", verifier.BOARDS)
def test_verification_is_small_and_linear(board: str) -> None:
    cost = {
        quantity: value
        for (where, what, quantity), value in budget.read().items()
        if (where, what) == (board, "verifier")
    }
    assert cost["flash"] <= 4096 and cost["stack"] <= 512
    few, many = (cost[f"open_chain_{n}"] / len(verifier.chain(n)) for n in verifier.CHAINS)
    assert many < 1.2 * few, "instructions per byte"
    assert cost["open_vww"] < 0.02 * budget.read()[board, "vww", "instructions"]


def test_a_budget_is_compared_both_ways_and_checksums_exactly() -> None:
    key: Key = ("b", "m", "instructions")
    crc: Key = ("b", "m", "output_crc32")
    assert budget.differences({key: 1000, crc: 10**9}, {key: 1010, crc: 10**9}) == []
    assert budget.differences({key: 1000}, {key: 1011}) == ["b m instructions is 1011, budget 1000 (+1.1%)"]
    assert budget.differences({key: 1000}, {key: 989}) == ["b m instructions is 989, budget 1000 (-1.1%)"]
    assert len(budget.differences({crc: 10**9}, {crc: 10**9 + 1})) == 1
    assert len(budget.differences({}, {key: 1})) == 1


def test_the_budget_names_no_board_or_model_that_is_gone() -> None:
    assert {board for board, _, _ in budget.read()} == set(boards())
    assert {model for _, model, _ in budget.read()} == {*MODELS, *mlperf.FILES, "core", "image", "verifier"}


def test_outputs_equal_tflms_and_nothing_costs_more_than_with_cmsis_nn() -> None:
    ours = budget.read()
    for key, theirs in peers.peers().items():
        if key[2] in EXACT:
            assert ours[key] == theirs, key
        else:
            assert ours[key] <= theirs, key


def test_the_readmes_table_is_the_budgets() -> None:
    assert peers.readme_table() == peers.table(budget.read())
