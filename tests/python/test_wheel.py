"""What pip installs: a sdist of this tree, a wheel made from that sdist, and firmware that the wheel alone exports."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import small_models

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow

#: no source tree, no packages of the environment that the tests run in
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON") and name != "VIRTUAL_ENV"}


def call(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=1200, check=False, cwd=cwd, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sdist")
    code = f"from scikit_build_core.build import build_sdist; print(build_sdist({str(directory)!r}))"
    return directory / call(sys.executable, "-c", code, cwd=ROOT).splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled without optimization, which takes a third of the time."""
    directory = tmp_path_factory.mktemp("wheel")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "-C", "cmake.build-type=Debug", "-w", directory)
    call(sys.executable, "-m", "pip", "wheel", *options, sdist, cwd=directory, env=CLEAN)
    (found,) = directory.glob("arenite-*.whl")
    return found


@pytest.fixture(scope="module")
def bin_directory(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a fresh environment with the wheel and what it says that it needs."""
    directory = tmp_path_factory.mktemp("venv")
    call(sys.executable, "-m", "venv", directory, cwd=directory, env=CLEAN)
    call(directory / "bin" / "python", "-m", "pip", "install", "--quiet", wheel, cwd=directory, env=CLEAN)
    return directory / "bin"


def test_the_sdist_is_the_tree_without_what_was_built(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"CMakeLists.txt", "pyproject.toml", "LICENSE", "schema/ops.def", "tests/python/test_wheel.py"} <= names
    assert not [name for name in names if name.endswith(".so") or name.startswith("build")]


def test_the_wheel_carries_the_sources_and_nothing_of_the_machine(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    sources = [*ROOT.glob("kernels_cpp/**/*.cc"), *ROOT.glob("interpreter/*.h"), *ROOT.glob("compat/**/*.h"),
               *ROOT.glob("c_api/*"), *ROOT.glob("cmake/*"), *ROOT.glob("boards/*.cc")]  # fmt: skip
    assert len(sources) > 250
    missing = {f"arenite/sources/{path.relative_to(ROOT).as_posix()}" for path in sources} - names
    assert not missing
    templates = (ROOT / "converter" / "arenite" / "exporting" / "templates").rglob("*.in")
    assert {
        f"arenite/exporting/templates/{p.parent.name}/{p.name}" for p in templates if p.parent.name != "templates"
    } <= names
    assert not [name for name in names if "/tests/" in name or "__pycache__" in name]


def test_the_wheel_alone_exports_what_cmake_builds(bin_directory: Path, tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(small_models.int8_mlp())
    where = call(bin_directory / "python", "-c", "import arenite; print(arenite.__file__)", cwd=tmp_path, env=CLEAN)
    assert where.startswith(str(bin_directory.parent))
    assert "fully_connected" in call(bin_directory / "arenite", "inspect", "net.tflite", cwd=tmp_path, env=CLEAN)
    arguments = ("export", "net.tflite", "--to", "cmake", "-o", "tree", "--optimize", "size")
    call(bin_directory / "arenite", *arguments, cwd=tmp_path, env=CLEAN)
    call("cmake", "-S", "tree", "-B", "build", "-G", "Ninja", cwd=tmp_path)
    call("cmake", "--build", "build", "-j", "2", cwd=tmp_path)
    printed = call(tmp_path / "build" / "net_example", cwd=tmp_path)
    assert printed.startswith("net: outputs equal the host's")
