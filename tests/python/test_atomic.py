"""Outputs appear whole or not at all."""

from pathlib import Path

import pytest

from arenite import atomic
from arenite.errors import AreniteError


def test_replaces_an_existing_file(tmp_path: Path) -> None:
    target = tmp_path / "m.tflite"
    target.write_bytes(b"old")
    atomic.write_bytes(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_failure_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "m.tflite"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="half way"), atomic.replacing(target) as temporary:
        temporary.write_bytes(b"ne")
        raise RuntimeError("half way")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_unwritable_place_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AreniteError, match="cannot write"):
        atomic.write_bytes(tmp_path / "missing" / "m.tflite", b"")
