"""The command line: results on stdout, one sentence on stderr, exit codes 0, 1 and 2, TensorFlow only where needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small_models
from typer.testing import CliRunner, Result

from arenite.cli import app

COMMANDS = ("convert", "optimize", "inspect", "run", "compare", "check", "ops")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "mlp.tflite"
    path.write_bytes(small_models.int8_mlp())
    return path


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    path = tmp_path / "x.npy"
    np.save(path, np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32))
    return path


def arenite(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments])


# --- help and usage -------------------------------------------------------------------------------------------------------
def test_version() -> None:
    assert arenite("--version").stdout.startswith("arenite 0.")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_with_examples(command: str) -> None:
    result = arenite(command, "-h")
    assert result.exit_code == 0
    assert "Example" in result.stdout and f"arenite {command}" in result.stdout
    assert "--json" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["explode"],
        ["inspect"],
        ["inspect", "m.tflite", "--frobnicate"],
        ["run", "m.tflite"],
        ["convert", "m.keras", "-o", "m.tflite", "--quantize", "int3"],
        ["convert", "m.keras", "-o", "m.tflite", "--shape", "x=1,two"],
        ["convert", "m.keras", "-o", "m.tflite", "--batch", "0"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    result = arenite(*arguments)
    assert result.exit_code == 2 and result.stdout == "" and result.stderr


# --- inspect --------------------------------------------------------------------------------------------------------------
def test_inspect_shows_operators_tensors_and_arena(model: Path) -> None:
    result = arenite("inspect", model)
    assert result.exit_code == 0
    for words in ("fully_connected", "softmax", "scores", "int8", "1×3", "Arena plan", "persistent", "MACs"):
        assert words in result.stdout, words
    assert "    &kernels::fully_connected,\n    &kernels::relu,\n    &kernels::softmax,\n};" in result.stdout


def test_inspect_json(model: Path) -> None:
    found = json.loads(arenite("inspect", model, "--json").stdout)
    assert [op["name"] for op in found["operators"]] == ["fully_connected", "relu", "softmax"]
    assert found["file_bytes"] == model.stat().st_size and found["macs"] == 12
    assert found["constant_bytes"] == 12 + 3 * 4
    arena = dict(found["arena"])
    assert arena.pop("used") == sum(arena.values())
    assert {"name", "kind", "offset", "size", "first", "last", "region"} == set(found["plan"][0])
    assert found["regions"] == []
    fullest = max(
        range(3), key=lambda step: sum(part["size"] for part in found["plan"] if part["first"] <= step <= part["last"])
    )
    assert found["peak"]["index"] == fullest and found["peak"]["live_bytes"] <= found["arena"]["used"]


def test_inspect_draws_the_plan(model: Path, tmp_path: Path) -> None:
    for name, begins in (("plan.png", b"\x89PNG"), ("plan.svg", b"<?xml")):
        assert arenite("inspect", model, "--plot", tmp_path / name).exit_code == 0
        assert (tmp_path / name).read_bytes().startswith(begins)
    result = arenite("inspect", model, "--plot", tmp_path / "plan.txt")
    assert result.exit_code == 1 and "must end in .png, .svg, .pdf" in result.stderr
    assert not (tmp_path / "plan.txt").exists()


def test_inspect_shows_and_draws_regions(model: Path, tmp_path: Path) -> None:
    plot = tmp_path / "plan.svg"
    asked = ("inspect", model, "--regions", "64,1K", "--plot", plot)
    shown = arenite(*asked).stdout
    found = json.loads(arenite(*asked, "--json").stdout)
    assert [region["size"] for region in found["regions"]] == [64, 1024]
    first, second = found["regions"]
    assert first["persistent"] == found["arena"]["persistent"] == 48 and second["persistent"] == 0
    for number, region in enumerate(found["regions"]):
        ends = [part["offset"] + part["size"] for part in found["plan"] if part["region"] == number]
        assert max(ends) <= region["planned"] == region["used"] - region["persistent"] < max(ends) + 16
        caption = f"{region['used']:,} of {region['size']:,} B used"
        assert f"Region {number}: {caption}" in shown
        assert f"region {number}: {caption}" in plot.read_text()


@pytest.mark.parametrize(
    ("regions", "code", "words"),
    [("64", 2, "two to four sizes"), ("64,x", 2, "write bytes"), ("16,16", 1, "16 + 16 bytes are too small")],
)
def test_regions_that_cannot_be(model: Path, regions: str, code: int, words: str) -> None:
    result = arenite("inspect", model, "--regions", regions)
    assert result.exit_code == code and words in result.stderr


#: what a light command may load beside the standard library: itself, numpy, and what the command line is made of
LIGHT = {"arenite", "numpy", "typer", "rich", "shellingham", "annotated_doc", "pydantic", "pydantic_core", "annotated_types",
         "typing_extensions", "typing_inspection", "click", "pygments", "markdown_it", "mdurl"}  # fmt: skip
#: ours that it has no use for
NOT_FOR_READING = ("board", "comparison", "conversion", "exporting", "optimization", "passes", "qat")


def test_inspect_and_run_are_light(model: Path, samples: Path) -> None:
    """No package is loaded that they do not need, and of ours no more than some dozen files: an inspect takes 0.4 s."""
    for arguments in (["inspect", str(model)], ["run", str(model), "--input", str(samples)], ["check", str(model)]):
        code = (
            "import sys\nbefore = set(sys.modules)\nfrom arenite.cli import app\n"
            f"app({arguments!r}, standalone_mode=False)\n"
            "print(*sorted(set(sys.modules) - before - {'__mp_main__'}), file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=_environment())
        assert done.returncode == 0, done.stderr
        loaded = done.stderr.split()
        packages = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names
        assert {name for name in packages if not name.startswith("_")} <= LIGHT
        ours = [name for name in loaded if name.startswith("arenite.")]
        assert not [name for name in ours if name.split(".")[1] in NOT_FOR_READING]
        assert {name for name in ours if name.startswith("arenite.frontend.")} <= {"arenite.frontend.python_names"}
        assert 10 < len(ours) <= 45


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


# --- run ------------------------------------------------------------------------------------------------------------------
def test_run_writes_the_models_own_integers(model: Path, samples: Path, tmp_path: Path) -> None:
    result = arenite("run", model, "--input", samples, "--output", tmp_path / "y.npy")
    assert result.exit_code == 0, result.output
    y = np.load(tmp_path / "y.npy")
    assert y.shape == (6, 3) and y.dtype == np.int8
    arenite("run", model, "--input", samples, "--output", tmp_path / "real.npy", "--real")
    np.testing.assert_allclose(np.load(tmp_path / "real.npy"), (y.astype(np.float32) + 128) / 256)


def test_run_json_without_a_file_prints_values(model: Path, samples: Path) -> None:
    found = json.loads(arenite("run", model, "--input", samples, "--json").stdout)
    assert found["samples"] == 6 and np.shape(found["outputs"]["scores"]["values"]) == (6, 3)


def test_run_with_several_outputs_wants_npz(tmp_path: Path) -> None:
    (tmp_path / "two.tflite").write_bytes(small_models.two_inputs())
    np.savez(tmp_path / "in.npz", left=np.ones((2, 5), np.float32), right=np.full((2, 5), 2, np.float32))
    refused = arenite("run", tmp_path / "two.tflite", "-i", tmp_path / "in.npz", "-o", tmp_path / "y.npy")
    assert refused.exit_code == 1 and "must end in .npz" in refused.stderr
    assert arenite("run", tmp_path / "two.tflite", "-i", tmp_path / "in.npz", "-o", tmp_path / "y.npz").exit_code == 0
    written = np.load(tmp_path / "y.npz")
    assert list(written) == ["total", "product"] and (written["total"] == 3).all() and (written["product"] == 2).all()


# --- errors ---------------------------------------------------------------------------------------------------------------
def one_sentence(result: Result) -> str:
    """The error, after checking that it is one line on stderr, exit code 1, without a traceback."""
    assert result.exit_code == 1, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: ") and "Traceback" not in result.output
    return lines[0]


def test_missing_file() -> None:
    assert "cannot read 'nowhere.tflite'" in one_sentence(arenite("inspect", "nowhere.tflite"))


def test_file_that_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "readme.tflite").write_text("hello " * 20)
    one_sentence(arenite("inspect", tmp_path / "readme.tflite"))


def test_truncated_model(model: Path) -> None:
    model.write_bytes(model.read_bytes()[:-40])
    one_sentence(arenite("inspect", model))


def test_bad_npz(model: Path, tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_text("no zip")
    assert "x.npz' is not a .npz" in one_sentence(arenite("run", model, "--input", tmp_path / "x.npz"))


def test_wrong_shape(model: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((2, 5), np.float32))
    sentence = one_sentence(arenite("run", model, "--input", tmp_path / "x.npy"))
    assert "'x' has shape [2, 5], expected [N, 4]" in sentence


def test_small_arena(model: Path, samples: Path) -> None:
    assert "the model needs" in one_sentence(arenite("run", model, "--input", samples, "--arena", 16))


def test_unwritable_output(model: Path, samples: Path, tmp_path: Path) -> None:
    sentence = one_sentence(arenite("run", model, "--input", samples, "--output", tmp_path / "no" / "y.npy"))
    assert "cannot write" in sentence


def test_errors_in_json(model: Path) -> None:
    result = arenite("inspect", "nowhere.tflite", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"error": result.stderr.strip().removeprefix("error: "), "kind": "ModelError"}


def test_debug_shows_the_traceback() -> None:
    assert isinstance(arenite("inspect", "nowhere.tflite", "--debug").exception, ValueError)


# --- check, ops, compare --------------------------------------------------------------------------------------------------
def test_check(model: Path) -> None:
    assert arenite("check", model).exit_code == 0
    found = json.loads(arenite("check", model, "--json").stdout)
    assert (found["runs"], found["problem"], found["unsupported"], found["findings"]) == (True, None, {}, [])


def test_check_names_every_operator_without_a_kernel(tmp_path: Path) -> None:
    path = tmp_path / "strange.tflite"
    path.write_bytes(small_models.with_fake_quant())
    result = arenite("check", path)
    assert result.exit_code == 1
    assert "operator 1 (fake_quant → 'wave')" in result.stdout and "without a kernel: 1 fake_quant" in result.stdout
    shown = arenite("inspect", path)
    assert shown.exit_code == 0 and "does not run here" in shown.stdout and "1 fake_quant" in shown.stdout


def test_ops_lists_the_table() -> None:
    names = {op["name"] for op in json.loads(arenite("ops", "--json").stdout)["operators"]}
    assert {"conv_2d", "softmax"} <= names
    assert "fully_connected" in arenite("ops").stdout


def test_compare_two_files_without_keras(model: Path, tmp_path: Path) -> None:
    (tmp_path / "float.tflite").write_bytes(small_models.float_mlp())
    x = np.random.default_rng(2).normal(size=(20, 4)).astype(np.float32)
    np.savez(tmp_path / "test.npz", x=x, labels=np.zeros(20, np.int64))
    page = tmp_path / "report.html"
    arguments = ("compare", tmp_path / "float.tflite", model, "--data", tmp_path / "test.npz", "--html", page)
    found = json.loads(arenite(*arguments, "--json").stdout)
    assert found["samples"] == 20 and found["engines"][0]["name"] == "Arenite"
    assert found["engines"][0]["sqnr_db"] > 15  # the input has steps of 0.5
    assert [layer["tensor"] for layer in found["layers"]] == ["dense", "relu", "scores"]
    html = page.read_text()
    assert html.count("<svg") == 5 and "src=" not in html and 'href="http' not in html and "url(http" not in html
    assert "Worst operators" in arenite(*arguments, "--regions", "64,1K").stdout
    assert page.read_text().count("of 1,024 B used") == 2  # in the picture and below it


# --- convert --------------------------------------------------------------------------------------------------------------
def test_only_the_model_tells_that_calibration_data_is_missing(tmp_path: Path) -> None:
    """One whose ranges were trained needs none."""
    (tmp_path / "float.tflite").write_bytes(small_models.float_mlp())
    arguments = ("convert", tmp_path / "float.tflite", "-o", tmp_path / "int8.tflite", "--quantize", "int8")
    assert "--calibrate samples.npz" in one_sentence(arenite(*arguments))


def test_convert_a_float_file_to_int8_without_tensorflow(tmp_path: Path) -> None:
    (tmp_path / "float.tflite").write_bytes(small_models.float_mlp())
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(4).normal(size=(50, 4)).astype(np.float32))
    arguments = ("convert", tmp_path / "float.tflite", "-o", tmp_path / "int8.tflite", "--quantize", "int8")
    result = arenite(*arguments, "--calibrate", tmp_path / "data.npz", "--explain")
    assert result.exit_code == 0, result.output
    assert "fuse_activation: 3 → 2 operators" in result.stdout and "arena" in result.stdout
    assert " B → int8 " in result.stdout and "predicted SQNR of 'scores'" in result.stdout
    found = json.loads(arenite("inspect", tmp_path / "int8.tflite", "--json").stdout)
    assert found["op_counts"] == {"fully_connected": 1, "softmax": 1}
    assert found["inputs"][0]["dtype"] == found["outputs"][0]["dtype"] == "int8"


def test_convert_prints_what_became_of_each_layer(tmp_path: Path) -> None:
    """A dynamic product has no int8 kernel: an error, or a warning when it is allowed."""
    from arenite.text import parse
    from arenite.writer import write

    graph = parse(
        "%x: float32[1,2] = input\n%w: float32[1,2] = input\n%k: float32[3,2] = const 0.5\n"
        '%a: float32[1,1] = fully_connected(%x, %w, none) @"both"\n%b: float32[1,3] = fully_connected(%x, %k, none)\n'
        "return %a, %b"
    )
    (tmp_path / "float.tflite").write_bytes(write(graph))
    x = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=x, w=x[::-1])
    arguments = ["convert", tmp_path / "float.tflite", "-o", tmp_path / "out.tflite", "--quantize", "int8"]
    arguments += ["--calibrate", tmp_path / "data.npz"]
    refused = arenite(*arguments)
    assert refused.exit_code == 1 and "fully_connected has no int8 kernel" in refused.stderr
    assert not (tmp_path / "out.tflite").exists()
    allowed = arenite(*arguments, "--allow-float-fallback")
    assert allowed.exit_code == 0, allowed.stderr
    assert "warning: 1 operators compute in float32" in allowed.stdout


def test_convert_json_is_the_report(tmp_path: Path) -> None:
    (tmp_path / "float.tflite").write_bytes(small_models.float_mlp())
    found = json.loads(arenite("convert", tmp_path / "float.tflite", "-o", tmp_path / "out.tflite", "--json").stdout)
    assert found["operators"] == {"fully_connected": 1, "softmax": 1}
    assert found["file_bytes"] == (tmp_path / "out.tflite").stat().st_size


def test_convert_takes_classes_from_the_users_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factory by module:function; then its file, whose class is known only to that module."""
    pytest.importorskip("tensorflow")
    (tmp_path / "my_layers.py").write_text(
        "import keras\nclass Mine(keras.layers.Layer):\n    def call(self, x):\n        return keras.ops.relu(x)\n"
        "def build():\n    return keras.Sequential([keras.Input((None, 4), name='rows'), Mine()])\n"
    )
    monkeypatch.chdir(tmp_path)
    output = tmp_path / "m.tflite"
    arguments = ["convert", "my_layers:build", "-o", output, "--json", "--shape", "rows=3,4", "--batch", 2]
    result = arenite(*arguments)
    assert result.exit_code == 0, result.stderr
    assert arenite_inputs(output) == [[2, 3, 4]]
    import my_layers

    monkeypatch.setattr(my_layers.Mine, "__module__", "gone")
    my_layers.build().save("m.keras")
    assert "--custom-objects module:Mine" in arenite("convert", "m.keras", "-o", output, "--shape", "rows=3,4").stderr
    again = arenite("convert", "m.keras", "-o", output, "--shape", "rows=3,4", "--custom-objects", "my_layers:Mine")
    assert again.exit_code == 0, again.stderr
    assert "no 'Other'" in arenite("convert", "m.keras", "-o", output, "--custom-objects", "my_layers:Other").stderr


def arenite_inputs(path: Path) -> list[list[int]]:
    return [list(tensor["shape"]) for tensor in json.loads(arenite("inspect", path, "--json").stdout)["inputs"]]


@pytest.mark.parametrize(
    ("data", "words"),
    [(np.zeros((5, 3), np.float32), "expected [N, 4]"), (np.full((5, 4), np.nan, np.float32), "NaN")],
)
def test_calibration_data_that_does_not_fit(tmp_path: Path, data: np.ndarray, words: str) -> None:
    (tmp_path / "float.tflite").write_bytes(small_models.float_mlp())
    np.save(tmp_path / "data.npy", data)
    target = tmp_path / "int8.tflite"
    arguments = ("convert", tmp_path / "float.tflite", "-o", target, "--quantize", "int8")
    assert words in one_sentence(arenite(*arguments, "--calibrate", tmp_path / "data.npy"))
    assert not target.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ram", "64K"], "say which with --board"),
        (["--board", "cortex-m4", "--flash", "lots"], "write bytes, as 65536 or 64K"),
        (["--board", "cortex-m4", "--flash", "K"], "write bytes, as 65536 or 64K"),
    ],
)
def test_check_tells_wrong_usage(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = arenite("check", tmp_path / "model.tflite", *arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.output.replace("│", " ").split())
