"""Documents that are printed from the source are fresh: ``make docs`` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import typer

from arenite.cli import app
from arenite.operator_docs import markdown

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / d / "README.md" for d in ("boards", "benchmarks")),
]
#: options that pages name and that are not the command line's
OTHERS = {"--emit-relocs", "--model", "--update"}


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


def written_commands() -> Iterator[tuple[str, str]]:
    """(page, ``arenite …``) of code blocks and of code in sentences."""
    for page in PAGES:
        text = page.read_text()
        blocks = re.findall(r"^(arenite .*?)(?:  #|$)", text, re.MULTILINE)
        yield from ((page.name, line) for line in (*blocks, *re.findall(r"`(arenite [a-z][^`\n]*)`", text)))


def options() -> dict[str, set[str]]:
    """Command → its options."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return {
        name: {o for p in command.params for o in (*p.opts, *p.secondary_opts)} for name, command in commands.items()
    }


def test_commands_in_documents_exist_with_their_options() -> None:
    known, seen = options(), 0
    for page, line in written_commands():
        command, *words = line.split()[1:]
        assert command in known, f"{page}: {line}"
        unknown = {word for word in words if re.fullmatch(r"--?[a-z][\w-]*", word)} - known[command]
        assert not unknown, f"{page}: {line}"
        seen += 1
    assert seen > 20


def test_options_named_in_documents_exist() -> None:
    known = set.union(*options().values(), OTHERS)
    for page in PAGES:
        for option in re.findall(r"`(--[a-z][\w-]*)", page.read_text()):
            assert option in known, f"{page.name}: {option}"


def test_scripts_and_targets_named_in_documents_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        text = page.read_text()
        for target in re.findall(r"`make ([\w-]+)", text):
            assert target in targets, f"{page.name}: make {target}"
        for script in re.findall(r"python ((?:tests|benchmarks|examples|converter)/[\w/.]+\.py)", text):
            assert (ROOT / script).exists(), f"{page.name}: {script}"
