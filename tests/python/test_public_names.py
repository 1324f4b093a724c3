"""The public surface: what ``import arenite`` offers, and what it must not cost."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import arenite

PACKAGE = Path(arenite.__file__).parent
HEAVY = ("tensorflow", "keras", "matplotlib", "jinja2", "ai_edge_litert", "sklearn", "flatbuffers", "typer")


def loaded_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after ``statement``."""
    code = f"import sys\n{statement}\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize("name", arenite.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(arenite, name) is not None
    assert name in dir(arenite)


def test_all_is_sorted_and_complete() -> None:
    assert sorted(arenite.__all__) == arenite.__all__
    assert set(arenite.__all__) == set(arenite._HOME) | {"__version__"}


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        arenite.nothing  # noqa: B018


def test_no_module_shadows_a_public_name() -> None:
    """Importing a submodule binds its name in the package; a public function of that name would be lost."""
    modules = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert not modules & set(arenite.__all__)


def test_import_is_light() -> None:
    assert not loaded_after("import arenite") & {*HEAVY, "numpy"}


def test_version_is_the_distribution_version() -> None:
    metadata = pytest.importorskip("importlib.metadata")
    try:
        installed = metadata.version("arenite")
    except metadata.PackageNotFoundError:
        pytest.skip("running from the source tree, not installed")
    assert installed == importlib.import_module("arenite").__version__
