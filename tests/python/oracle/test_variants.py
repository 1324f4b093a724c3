"""Every variant of the microkernels that this processor has gives the portable ones' bytes, in every operator and type.

The C++ test of the microkernels goes deeper into shapes; this one sees what the operators make of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from collections.abc import Iterator

import pytest
from oracle import engines
from oracle.test_operators import ANY, VARIANTS, runs_of
from seeded import SeededDraw, feeds

from arenite import _core, cases
from arenite.opdef import data_dtypes, declaration

INSTANCES = 8
FAST = ("avx2", "avx512vnni")


@pytest.fixture
def variants() -> Iterator[list[str]]:
    """The names of those that this processor has besides the portable one."""
    present = [name for name in FAST if _core.use_variant(name)]
    if not present:
        pytest.skip("this processor has the portable microkernels only")
    yield present
    assert _core.use_variant(present[-1])


@pytest.mark.parametrize(("name", "dtype"), VARIANTS, ids=[f"{n}-{d}" for n, d in VARIANTS])
def test_variants_agree(variants: list[str], name: str, dtype: str) -> None:
    for instance in range(INSTANCES):
        draw = SeededDraw(zlib.crc32(f"{name} {dtype} {instance}".encode()))
        case = declaration(name).case
        assert case is not None
        op = case(draw, draw.choice(data_dtypes(name)) if dtype == ANY else dtype)
        content, feed = engines.model_of(op), feeds(op, cases.rng_of(draw))
        results = {}
        for variant in ("portable", *variants):
            assert _core.use_variant(variant)
            results[variant] = [result.tobytes() for result in engines.ours(content, feed, runs_of(op))]
        for variant in variants:
            assert results[variant] == results["portable"], f"{variant}, instance {instance}: {op}"


def test_environment_names_the_variant() -> None:
    """``ARENITE_VARIANT`` is obeyed, and refused when this processor lacks it."""
    code = "import arenite.runtime"
    for name, status in (("portable", 0 if _core.use_variant("portable") else 1), ("unheard-of", 1)):
        environment = os.environ | {"ARENITE_VARIANT": name}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stderr
        assert status == 0 or name in done.stderr
    for name in FAST:
        _core.use_variant(name)
