"""Every kernel on every board, each signature of it, and what models add: subgraphs, variables, state over many runs.

All kernels are linked into one firmware, which runs thousands of small models in one emulation: the host's bytes, the
host's arena, the host's refusals.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import seeded
from board import more_models
from board.packs import OK, Outcome, Packed, in_regions, on_host, run
from oracle import engines

from arenite.board.build import build
from arenite.board.stack import StackAnalysis, needs_of
from arenite.board.table import Board
from arenite.graph import Op
from arenite.opdef import declaration, rows

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]

#: instances of each signature; of their three runs the last one meets infinities, NaN and subnormal numbers.
EACH = 4
#: float operators that call functions of the C library, which differ by core: newlib computes exp, log, pow, sin and cos in
#: double precision where the processor has it, and in single precision elsewhere → units in the last place that a result
#: may differ from the host's. All others give the same bytes: nothing is fused, and sums have one order.
LIBRARY = {"cos": 1, "detection_post_process": 1, "elu": 1, "exp": 1, "gelu": 4, "log": 1, "logistic": 2, "pow": 2,
           "sin": 1, "softmax": 4, "svdf": 2, "tanh": 2}  # fmt: skip
#: the same for results that are sums of such: an absolute error, of values about 1
LIBRARY_SUMS = {"log_softmax": 2.0**-21}
RECURRENT = 2.0**-20
#: how the arena's parts compare to what the whole takes
PARTS = ((0.5, 1), (0.4, 0.3, 1))


@pytest.fixture(scope="module")
def pack() -> list[Packed]:
    """Every fourth operator has its arena in parts, and every model of several: once as a whole, then twice in parts."""
    single = [in_regions(model, *PARTS[i // 4 % 2]) if i % 4 == 0 else model for i, model in enumerate(of_operators())]
    several = more_models.all_of_them()
    return single + several + [in_regions(model, *shares) for shares in PARTS for model in several if model.exact]


def of_operators() -> Iterator[Packed]:
    for name in seeded.CASED:
        for signature, ops in seeded.instances(name, EACH).items():
            assert len(ops) == EACH, f"{name} has hardly any case with {signature}"
            for number, op in enumerate(ops):
                yield packed(f"{name} {signature.inputs} {number}", op)


def packed(title: str, op: Op) -> Packed:
    rng = np.random.default_rng(len(title))
    feeds = [seeded.feeds(op, rng, nasty) for nasty in (False, False, True)]
    return on_host(title, engines.model_of(op), feeds, op.name)


def test_the_pack_has_arenas_in_parts(pack: list[Packed]) -> None:
    parts = [model.regions for model in pack if model.regions is not None]
    several = [model.regions for model in pack if model.regions is not None and not model.operator]
    assert sum(len(regions.used) == 2 for regions in parts) > 50
    assert sum(len(regions.used) == 3 for regions in parts) > 50
    assert any(not regions.used for regions in parts)
    assert sum(all(regions.used) for regions in several) >= 10


def test_the_hosts_bytes_compiled_for_speed(pack: list[Packed], board: Board, tmp_path: Path) -> None:
    assert_equal_to_host(pack, board, "speed", tmp_path)


@pytest.mark.parametrize("optimize", ["size", "checked"])
def test_the_hosts_bytes_compiled_otherwise(
    pack: list[Packed], full_board: Board, optimize: str, tmp_path: Path
) -> None:
    assert_equal_to_host(pack, full_board, optimize, tmp_path)


def assert_equal_to_host(pack: list[Packed], board: Board, optimize: str, directory: Path) -> None:
    firmware = build("check_models", board, optimize)
    outcomes = run(pack, firmware, board, directory)
    faults = [fault for model, outcome in zip(pack, outcomes, strict=True) for fault in differences(model, outcome)]
    assert not faults, f"{len(faults)} differences, first: " + "\n".join(faults[:20])
    beyond = list(beyond_the_bound(pack, outcomes, StackAnalysis(firmware, board)))
    assert not beyond, f"{len(beyond)} models take more stack than the bound, first: " + "\n".join(beyond[:20])


def beyond_the_bound(pack: list[Packed], outcomes: list[Outcome], analysis: StackAnalysis) -> Iterator[str]:
    """Models with more painted stack than what the analysis of the firmware allows for; from reset on, semihosting included."""
    bounds: dict[tuple[str, ...], int] = {}
    for model, outcome in zip(pack, outcomes, strict=True):
        alone = model.operator not in ("", "if", "while", "call_once")
        kernels, levels = ([model.operator], 0) if alone else needs_of(model.content)
        if "custom" in kernels:
            continue  # a kernel from outside, which the bound takes from the resolver of its own firmware
        key = (*kernels, str(levels))
        if key not in bounds:
            bounds[key] = analysis.whole(kernels, levels)
        taken = max(outcome.stack_allocate, outcome.stack_invoke)
        if taken > bounds[key]:
            yield f"{model.title}: {taken} bytes, bound {bounds[key]}"
    assert len(bounds) > 100
    assert min(bounds.values()) > 300


def differences(model: Packed, outcome: Outcome) -> Iterator[str]:
    if outcome.status != OK or (model.exact and outcome.arena != model.arena):
        yield f"{model.title}: status {outcome.status}, arena {outcome.arena}, on the host {model.arena}"
    if model.regions != outcome.regions:
        yield f"{model.title}: {outcome.regions}, on the host {model.regions}"
    if list(model.statuses) != outcome.statuses:
        yield f"{model.title}: runs end with {outcome.statuses}, on the host with {model.statuses}"
        return
    good = [outputs for outputs, status in zip(model.outputs, model.statuses, strict=True) if status == OK]
    for expected, results in zip(good, outcome.outputs, strict=True):
        for theirs, result in zip(expected, results, strict=True):
            if not alike(model.operator, theirs, result):
                yield f"{model.title}: {result.ravel()[:8]}, on the host {theirs.ravel()[:8]}"


def alike(operator: str, expected: np.ndarray, result: np.ndarray) -> bool:
    """The same bytes, NaN of any sign; floats of library functions within their bound."""
    if expected.dtype != np.float32:
        return result.tobytes() == expected.tobytes()
    same = (expected.view(np.uint32) == result.view(np.uint32)) | (np.isnan(expected) & np.isnan(result))
    with np.errstate(invalid="ignore", over="ignore"):  # infinities less themselves
        error = np.abs(np.where(same, 0, result.astype(np.float64) - expected))
    return bool((same | (error <= bound(operator, expected))).all())


def bound(operator: str, expected: np.ndarray) -> np.ndarray | float:
    """Largest error of float results; below 0 where every bit counts."""
    if operator in LIBRARY:
        return LIBRARY[operator] * np.spacing(np.fmin(np.abs(expected), np.float32(1e38))).astype(np.float64)
    recurrent = operator != "" and bool(declaration(operator).matrices)
    return LIBRARY_SUMS.get(operator, RECURRENT if recurrent else -1.0) * np.fmax(1, np.abs(expected))


def test_the_bounds_name_operators() -> None:
    assert {*LIBRARY, *LIBRARY_SUMS} <= set(rows())
