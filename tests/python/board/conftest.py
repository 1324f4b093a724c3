"""Board tests need the Arm tools; without them they are skipped with the reason, in CI that is an error."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from arenite.board.table import boards, find_board
from arenite.board.tools import PACKAGES, missing_tools

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs_tools: builds firmware and runs it under QEMU")
    config.addinivalue_line("markers", "slow: many models or long runs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = missing_tools()
    if not missing:
        return
    reason = "; ".join(f"'{tool}' is missing (apt-get install {PACKAGES[tool]})" for tool in missing)
    if os.environ.get("CI") == "true":
        pytest.exit(f"board tests cannot run in CI: {reason}", returncode=1)
    for item in items:
        if "board" in item.path.parts and item.get_closest_marker("needs_tools"):
            item.add_marker(pytest.mark.skip(reason=reason))


#: boards that are tested with every model and every build; the others share their code with one of these
IN_FULL = ("cortex-m3", "cortex-m4", "cortex-m7")


@pytest.fixture(params=IN_FULL)
def full_board(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    """The boards that are tested with everything."""
    return find_board(request.param)


@pytest.fixture(params=list(boards()))
def board(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    """Every row of boards.csv in turn."""
    return find_board(request.param)
