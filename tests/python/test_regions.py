"""The arena in parts gives what one arena gives, wherever the planner puts things."""

from __future__ import annotations

import pytest
import small_models
import test_control_flow
import test_steps

import arenite
from arenite.errors import ArenaError, DataError, StateError
from arenite.text import parse
from arenite.writer import write

MODELS = {
    "mlp": small_models.float_mlp(),
    "int8": small_models.int8_mlp(),
    "variables": write(parse(test_steps.STATEFUL)),
    "subgraphs": write(parse(test_control_flow.COUNTER)),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_same_bytes_in_any_parts(name: str) -> None:
    whole = test_steps.interpreter(MODELS[name])
    need = int(whole.arena_used())
    tried = 0
    for sizes in ([need, need], [need, 64, 4 * need], [need // 2, need], [need // 2, need // 2, need], [4 * need, 0]):
        parts = arenite.Interpreter(model_content=MODELS[name], arena_regions=sizes)
        try:
            parts.allocate_tensors()
        except ArenaError:
            continue
        tried += 1
        whole.reset_all_variables()
        assert all(used <= size for used, size in zip(parts.regions_used(), sizes, strict=True))
        for seed in range(3):
            test_steps.feed(whole, seed)
            test_steps.feed(parts, seed)
            assert whole.invoke()
            assert parts.invoke()
            assert test_steps.results(parts) == test_steps.results(whole)
    assert tried >= 3


def test_a_small_first_part_takes_the_short_lived_pieces() -> None:
    parts = arenite.Interpreter(model_content=MODELS["mlp"], arena_regions=[512, 4096])
    parts.allocate_tensors()
    first, _ = parts.regions_used()
    assert 0 < first <= 512
    assert sum(parts.regions_used()) > 0


def test_parts_that_are_too_small_are_told() -> None:
    parts = arenite.Interpreter(model_content=MODELS["mlp"], arena_regions=[16, 16])
    with pytest.raises(ArenaError, match=r"parts of 16 \+ 16 bytes are too small"):
        parts.allocate_tensors()


@pytest.mark.parametrize("arguments", [{"arena_regions": [1024]}, {"arena_regions": [64, 64], "arena_size": 64},
                                       {"arena_regions": [64, -1]}])  # fmt: skip
def test_what_are_no_parts_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(DataError, match="two to four numbers of bytes"):
        arenite.Interpreter(model_content=MODELS["mlp"], **arguments)  # type: ignore[arg-type]


def test_one_arena_has_no_parts() -> None:
    with pytest.raises(StateError, match="give arena_regions"):
        test_steps.interpreter(MODELS["mlp"]).regions_used()
