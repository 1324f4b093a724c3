"""Board tests need the tools for Arm, and a board its own; without them they are skipped with the reason, in CI an error."""

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
    if os.environ.get("CI") == "true" and missing_tools():
        pytest.exit(f"board tests cannot run in CI: {_reason(missing_tools())}", returncode=1)
    missing = {name: missing_tools(row) for name, row in boards().items()}
    for item in items:
        tools = missing.get(_board_of(item), missing["cortex-m4"])
        if "board" in item.path.parts and item.get_closest_marker("needs_tools") and tools:
            item.add_marker(pytest.mark.skip(reason=_reason(tools)))


def _reason(missing: list[str]) -> str:
    return "; ".join(f"'{tool}' is missing (apt-get install {PACKAGES[tool]})" for tool in missing)


def _board_of(item: pytest.Item) -> str:
    """Name of the board that a test is for, "" for one that does not say."""
    board = getattr(item, "callspec", None) and item.callspec.params.get("board")  # type: ignore[attr-defined]
    return str(board or "")


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
