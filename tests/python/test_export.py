"""``arenite export``: what the files say, what is refused, what is never overwritten."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import small_models
import tflm_models
import tflm_programs
from typer.testing import CliRunner

import arenite
from arenite.cli import app
from arenite.errors import AreniteError, DataError, ModelError
from arenite.exporting import PACKAGES, export
from arenite.exporting.model_files import _tensor, fnv1a, identifier
from arenite.inspection import TensorInfo
from arenite.opdef import rows


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "my-model.tflite"
    path.write_bytes(small_models.int8_mlp())
    return path


def texts(directory: Path) -> dict[str, str]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_text() for path in files}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_placeholder_is_left_and_the_model_is_in_it(package: str, model: Path, tmp_path: Path) -> None:
    result = export(model, package, tmp_path / "out")
    written = texts(tmp_path / "out")
    assert sorted(result.files) == sorted(set(written) - {".arenite-export"})
    left = {name for name, text in written.items() if re.search(r"\$[a-z]", text) and "LICENSE" not in name}
    assert not left
    array = next(text for name, text in written.items() if re.fullmatch(r"(src/)?my_model_model\.(cc|c|cpp)", name))
    numbers = re.findall(r"\d+(?=,)", array[array.rindex("{") :])
    assert bytes(map(int, numbers)) == model.read_bytes()


def test_only_needed_kernels_are_exported(model: Path, tmp_path: Path) -> None:
    export(model, "cmake", tmp_path / "out")
    names = {path.stem for path in (tmp_path / "out" / "src" / "kernels_cpp").glob("*.cc")}
    assert names & set(rows()) == set(arenite.inspect(model).op_counts)


def test_the_header_states_the_facts(model: Path, tmp_path: Path) -> None:
    export(model, "cmake", tmp_path / "out", classes=["low", "middle", "very high"])
    header = (tmp_path / "out" / "src" / "my_model_model.h").read_text()
    facts = arenite.inspect(model)
    assert facts.arena is not None
    assert f"#define MY_MODEL_ARENA_SIZE {facts.arena.used}u" in header
    shape = ", ".join(map(str, facts.inputs[0].shape))
    assert f"kShape[] = {{{shape}}};" in header
    assert f"kScale = {facts.inputs[0].scale!r}f;" in header
    zero_points = [tensor.zero_point for tensor in (*facts.inputs, *facts.outputs)]
    assert any(zero_points)
    assert re.findall(r"kZeroPoint = (.*);", header) == [str(zero_point) for zero_point in zero_points]
    assert "enum class Class : int32_t { low, middle, very_high };" in header


def test_names_of_tensors_do_not_leave_their_comments() -> None:
    tensor = TensorInfo("a\\\nint x; //", "int8", (1, 4), 0.5, -3)
    (line,) = [line for line in _tensor("input0", tensor).splitlines() if "int x" in line]
    assert line.startswith("namespace input0 {  // ") and "\\" not in line


def test_exporting_again_replaces_but_nothing_else_is_touched(model: Path, tmp_path: Path) -> None:
    export(model, "cmake", tmp_path / "out")
    export(model, "arduino", tmp_path / "out")
    assert (tmp_path / "out" / "library.properties").is_file()
    assert not (tmp_path / "out" / "CMakeLists.txt").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "work.txt").write_text("precious")
    with pytest.raises(DataError, match="not empty and no earlier export wrote it"):
        export(model, "cmake", tmp_path / "mine")
    assert (tmp_path / "mine" / "work.txt").read_text() == "precious"


def test_a_model_that_does_not_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.tflite").write_bytes(small_models.int8_mlp()[:-40])
    with pytest.raises(ModelError):
        export(tmp_path / "bad.tflite", "cmake", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_does_not_fit_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot export to 'keil'"):
        export(model, "keil", tmp_path / "out")
    with pytest.raises(DataError, match="2 class names"):
        export(model, "cmake", tmp_path / "out", classes=["a", "b"])
    with pytest.raises(DataError, match="different names"):
        export([model, model], "cmake", tmp_path / "out")
    with pytest.raises(DataError, match="must differ"):
        export(model, "cmake", tmp_path / "out", classes=["a b", "a_b", "c"])
    (tmp_path / "file").write_text("")
    with pytest.raises(AreniteError, match="cannot write"):
        export(model, "cmake", tmp_path / "file" / "out")


def test_manifests_parse(model: Path, tmp_path: Path) -> None:
    for package in PACKAGES:
        export(model, package, tmp_path / package)
    properties = configparser.ConfigParser()
    properties.read_string("[library]\n" + (tmp_path / "arduino" / "library.properties").read_text())
    required = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}
    assert required <= set(properties["library"])
    assert (tmp_path / "arduino" / "src" / properties["library"]["includes"]).is_file()
    assert json.loads((tmp_path / "platformio" / "library.json").read_text())["build"]["srcDir"] == "src"
    pack = ElementTree.parse(tmp_path / "cmsis-pack" / "Arenite.my_model.pdsc").getroot()
    listed = [file.attrib["name"] for file in pack.iter("file")]
    assert all((tmp_path / "cmsis-pack" / name).exists() for name in listed)
    for package, build_file, prefix in (("zephyr", "zephyr/CMakeLists.txt", "../"), ("esp-idf", "CMakeLists.txt", "")):
        named = re.findall(
            rf"^\s+{re.escape(prefix)}(src/\S+\.cc)$", (tmp_path / package / build_file).read_text(), re.M
        )
        assert sorted(named) == sorted(name for name in texts(tmp_path / package) if name.endswith(".cc"))


@pytest.mark.slow
def test_the_cmake_tree_builds_for_the_host_and_its_self_test_can_fail(model: Path, tmp_path: Path) -> None:
    export(model, "cmake", tmp_path / "out", name="net")

    def build_and_run() -> str:
        for command in (["cmake", "-S", tmp_path / "out", "-B", tmp_path / "build", "-G", "Ninja"],
                        ["cmake", "--build", tmp_path / "build", "-j", "2"]):  # fmt: skip
            subprocess.run(command, check=True, capture_output=True, timeout=600)
        return subprocess.run([tmp_path / "build" / "net_example"], capture_output=True, text=True, check=False).stdout

    assert build_and_run().startswith("my_model: outputs equal the host's")
    source = tmp_path / "out" / "src" / "my_model_self_test.cc"
    source.write_text(re.sub(r"\{0x[0-9a-f]{8}u", "{0x00000001u", source.read_text()))
    assert build_and_run().startswith("my_model: outputs differ")


C_MAIN = """
#include <stdio.h>
#include "my_model_model.h"

static arenite_interpreter interpreter;
static uint8_t arena[MY_MODEL_ARENA_SIZE] __attribute__((aligned(16)));

int main(void) {
  if (arenite_open(&interpreter, my_model_model, MY_MODEL_MODEL_SIZE, &my_model_resolver, arena, sizeof arena, 0)) return 1;
  if (arenite_invoke(&interpreter, 0)) return 2;
  printf("%u of %u", (unsigned)arenite_arena_used(&interpreter), (unsigned)sizeof arena);
  return 0;
}
"""


@pytest.mark.slow
def test_the_cmake_tree_runs_from_c(model: Path, tmp_path: Path) -> None:
    export(model, "cmake", tmp_path / "tree")
    (tmp_path / "main.c").write_text(C_MAIN)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(c LANGUAGES C CXX)\nadd_subdirectory(tree)\nadd_executable(c main.c)\n"
        "target_link_libraries(c PRIVATE my_model)\ntarget_compile_options(c PRIVATE -std=c99 -Wall -Wextra -Werror)\n"
    )
    build = tmp_path / "build"
    for command in (["cmake", "-S", tmp_path, "-B", build, "-G", "Ninja"], ["cmake", "--build", build, "-j", "2"]):
        subprocess.run(command, check=True, capture_output=True, timeout=600)
    facts = arenite.inspect(model)
    assert facts.arena is not None
    done = subprocess.run([build / "c"], capture_output=True, text=True, check=False)
    assert done.stdout == f"{facts.arena.used} of {facts.arena.used}"


@pytest.mark.slow
def test_a_program_for_tflite_micro_builds_on_the_tree_and_prints_the_same(tmp_path: Path) -> None:
    """examples/tflm's hello world, unchanged, with the exported models in place of its own."""
    names = ["hello_world_float", "hello_world_int8"]
    for name in names:
        (tmp_path / f"{name}.tflite").write_bytes(tflm_models.MODELS[name]())
    export([tmp_path / f"{name}.tflite" for name in names], "cmake", tmp_path / "tree", name="net", tflm=True)
    assert "micro_mutable_op_resolver.h" in (tmp_path / "tree" / "README.md").read_text()
    program = Path(__file__).parents[2] / "examples" / "tflm" / "hello_world.cc"
    renamed = " ".join(f"-include {name}_model.h -Dg_{name}_model_data={name}_model" for name in names)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(sketch LANGUAGES CXX)\nadd_subdirectory(tree)\n"
        f"add_executable(sketch {program})\ntarget_link_libraries(sketch PRIVATE net)\n"
        f'set_target_properties(sketch PROPERTIES COMPILE_FLAGS "{renamed}")\n'
    )
    build = tmp_path / "build"
    for command in (["cmake", "-S", tmp_path, "-B", build, "-G", "Ninja"], ["cmake", "--build", build, "-j", "2"]):
        subprocess.run(command, check=True, capture_output=True, timeout=600)
    done = subprocess.run([build / "sketch"], capture_output=True, text=True, check=False)
    tflm_programs.check_hello_world(done.stderr)


def test_the_headers_of_tflite_micro_come_when_asked_for(model: Path, tmp_path: Path) -> None:
    plain = export(model, "arduino", tmp_path / "plain").files
    done = CliRunner().invoke(
        app, ["export", str(model), "--to", "arduino", "-o", str(tmp_path / "with"), "--tflm", "--json"]
    )
    more = set(json.loads(done.stdout)["files"]) - set(plain)
    assert "src/TensorFlowLite.h" in more and "src/resolver.cpp" in more
    assert not any("all_ops" in path for path in more) and not any("tensorflow" in path for path in plain)
    with pytest.raises(DataError, match="leave out tflm"):
        export(model, "c-array", tmp_path / "array", tflm=True)


def test_the_c_array_is_c(model: Path, tmp_path: Path) -> None:
    export(model, "c-array", tmp_path / "out")
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-c", "my_model_model.c", "-o", "model.o"]
    done = subprocess.run(["cc", *flags], cwd=tmp_path / "out", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_command_line(model: Path, tmp_path: Path) -> None:
    arguments = ["export", str(model), "--to", "cmake", "-o", str(tmp_path / "out"), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["package"] == "cmake"
    assert set(answer["arena_bytes"]) == {"my_model"}


@pytest.mark.parametrize(
    ("text", "name"),
    [("digits", "digits"), ("my-model 2", "my_model_2"), ("9lives", "_9lives"), ("--", "model"), ("class", "class_")],
)
def test_identifiers(text: str, name: str) -> None:
    assert identifier(text) == name


def test_the_hash_is_fnv1a() -> None:
    assert fnv1a(b"") == 0x811C9DC5
    assert fnv1a(b"foobar") == 0xBF9CF968
    assert np.uint32(fnv1a(bytes(range(256)))) != np.uint32(fnv1a(bytes(range(255))))
