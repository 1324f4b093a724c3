"""docs/adding_an_operator.md, followed word for word in a copy of the tree: three files, and the operator runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "adding_an_operator.md").read_text()
SOURCES = ("schema", "c_api", "compat", "converter", "interpreter", "kernels_cpp", "cmake", "CMakeLists.txt")
PROGRAM = """
import numpy as np
import arenite
from arenite import opdef, passes
from arenite.graph import Graph, Op, Value
from arenite.operator_docs import markdown
from arenite.writer import write

a, b, y = (Value(name, "float32", (1, 4)) for name in "aby")
op = Op("atan2", [a, b], [y])
assert opdef.declaration("atan2").shape(op) == [(1, 4)]
assert "| `atan2` | 156 |" in markdown()
interpreter = arenite.Interpreter(model_content=write(Graph("main", [a, b], [y], [op], ["a", "b"], ["y"])))
interpreter.allocate_tensors()
data = np.array([[1.5, -2, 0, 7]], np.float32)
for detail in interpreter.get_input_details():
    interpreter.set_tensor(detail["index"], data)
interpreter.invoke()
result = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
np.testing.assert_allclose(result, np.arctan2(data, data), rtol=1e-6)
print(interpreter.op_counts())
"""


def block(language: str) -> str:
    (text,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return str(text)


def follow_the_guide(tree: Path) -> list[Path]:
    """Make the guide's changes in ``tree``; return the files."""
    table = tree / "schema" / "ops.def"
    lines = table.read_text().splitlines()
    before = next(i for i, line in enumerate(lines) if line.startswith("OP(") and line > "OP(atan2")
    table.write_text("\n".join([*lines[:before], block("ops.def").strip(), *lines[before:]]) + "\n")
    kernel = tree / "kernels_cpp" / "atan2.cc"
    kernel.write_text(block("cpp"))
    declaration = tree / "converter" / "arenite" / "ops" / "atan2.py"
    declaration.write_text(block("python"))
    return [table, kernel, declaration]


@pytest.mark.slow
def test_the_guide(tmp_path: Path) -> None:
    for name in SOURCES:
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.so", "__pycache__", "board"))
        else:
            shutil.copy(source, target)
    assert len(follow_the_guide(tmp_path)) == 3
    build = tmp_path / "build"
    options = [
        "-DARENITE_PYTHON=ON",
        "-DARENITE_TESTS=OFF",
        "-DARENITE_WERROR=ON",
        f"-DPython_EXECUTABLE={sys.executable}",
    ]
    packages = str(Path(np.__file__).parents[1])
    paths = os.pathsep.join([str(tmp_path / "converter"), packages])
    environment = {**os.environ, "PYTHONPATH": paths, "CMAKE_GENERATOR": "Ninja"}
    for command in (
        ["cmake", "-S", str(tmp_path), "-B", str(build), "-DCMAKE_BUILD_TYPE=Debug", *options],
        ["cmake", "--build", str(build), "-j", "2"],
        [sys.executable, "-S", "-c", PROGRAM],  # without site, an editable installation of this tree does not step in
    ):
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "{'atan2': 1}"
