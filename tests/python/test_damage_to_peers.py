"""The comparison of engines on damaged files tells the ways in which a file can be taken from each other."""

from __future__ import annotations

import os
import random
import time

import damage_to_peers as peers
import pytest
import small_models
from damage import one_change, structure


def test_an_engine_refuses_or_runs() -> None:
    content = small_models.int8_mlp()
    sides = peers.counts(content)
    truth = peers.outputs("Arenite", content, sides)
    positions, rng = structure(content), random.Random(1)
    ends = {peers.in_a_child("Arenite", one_change(content, positions, rng), sides, truth) for _ in range(12)}
    assert ends <= {"refused", "same outputs", "other outputs"} and "refused" in ends
    assert peers.in_a_child("Arenite", content, sides, truth) == "same outputs"
    assert peers.in_a_child("Arenite", content, sides, [b"other"]) == "other outputs"


@pytest.mark.parametrize(("harm", "end"), [(os.abort, "crashes"), (lambda: time.sleep(9), "hangs")])
def test_crashes_and_hangs_are_seen(harm: object, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "PATIENCE", 0.3)
    monkeypatch.setattr(peers, "outputs", lambda *_: harm())  # type: ignore[operator]
    assert peers.in_a_child("Arenite", b"", (1, 1), []) == end
