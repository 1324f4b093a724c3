"""Documents that are printed from the source are fresh: ``make docs`` writes them."""

from __future__ import annotations

import re
from pathlib import Path

from arenite.operator_docs import markdown

ROOT = Path(__file__).parents[2]


def test_operator_table_is_fresh() -> None:
    assert (ROOT / "docs" / "operators.md").read_text() == markdown(), "run: make docs"


def test_links_between_documents_exist() -> None:
    for document in (ROOT / "docs").glob("*.md"):
        prose = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_paths_named_in_the_design_exist() -> None:
    """Every ``path/with/slash`` in code font is a real one; patterns with <…> and … are skipped."""
    design = (ROOT / "docs" / "design.md").read_text()
    named = [p for p in re.findall(r"`([\w./]+/[\w./]*)`", design) if not p.startswith("text/")]
    assert named
    for path in named:
        candidates = (ROOT / path, ROOT / "converter" / "arenite" / path)
        assert any(c.exists() for c in candidates), path
