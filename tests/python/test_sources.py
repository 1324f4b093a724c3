"""Calibration data from files, folders and code: what the model gets, and one sentence for each thing that does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from arenite.cli import app
from arenite.errors import DataError
from arenite.samples import InputSpec, stack_samples
from arenite.sources import Code, open_data, open_labelled
from arenite.text import parse
from arenite.writer import write

RGB, GREY = InputSpec("image", (1, 4, 6, 3)), InputSpec("image", (1, 4, 6, 1))
PAIR = [InputSpec("a", (1, 2)), InputSpec("n", (1, 1), "int32")]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two images of other sizes, one of them in a folder below."""
    (tmp_path / "below").mkdir()
    Image.new("RGB", (12, 8), (255, 0, 51)).save(tmp_path / "a.png")
    Image.new("L", (6, 4), 102).save(tmp_path / "below" / "b.bmp")
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_images_take_the_form_of_the_input(photos: Path) -> None:
    (rgb,) = stack_samples(open_data(photos, (0, 1)), [RGB])
    assert rgb.shape == (2, 4, 6, 3) and rgb.dtype == np.float32
    np.testing.assert_allclose(rgb[:, 0, 0], [[1, 0, 0.2], [0.4, 0.4, 0.4]], atol=1e-6)
    (grey,) = stack_samples(open_data(photos, (-1, 1)), [GREY])
    np.testing.assert_allclose(grey[1], np.full((4, 6, 1), -0.2), atol=1e-6)
    (plain,) = stack_samples(open_data(photos), [InputSpec("image", (1, 4, 6), "uint8")])
    assert plain.dtype == np.uint8 and (plain[1] == 102).all()


def test_images_lie_as_the_camera_was_held(tmp_path: Path) -> None:
    image = Image.new("L", (4, 6))
    image.putpixel((0, 5), 255)  # left below; turned clockwise it is left above
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "x.png", exif=exif)
    (values,) = stack_samples(open_data(tmp_path), [GREY])
    assert values[0, 0, 0, 0] == 255 and values.sum() == 255


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (PAIR, "give a .npz file"),
        ([InputSpec("x", (1, 9))], "takes none"),
        ([InputSpec("x", (1, 9, 9, 2))], "takes none"),
    ],
)
def test_models_that_take_no_images(photos: Path, inputs: list[InputSpec], words: str) -> None:
    with pytest.raises(DataError, match=words):
        stack_samples(open_data(photos), inputs)


def test_folders_without_images_and_damaged_images(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="holds no images"):
        stack_samples(open_data(tmp_path / "none"), [RGB])
    (photos / "a.png").write_bytes((photos / "a.png").read_bytes()[:30])
    with pytest.raises(DataError, match=r"a\.png' is not an image"):
        stack_samples(open_data(photos), [RGB])


TABLES = {
    "one input": ("1,2\n3,4\n", [InputSpec("x", (1, 2))], [[[1, 2], [3, 4]]]),
    "header, labels, semicolons": ("u;y;v\n1;0;2\n\n3;1;4\n", [InputSpec("x", (1, 2))], [[[1, 2], [3, 4]]]),
    "several inputs": ("n,a_1,a_0\n5,2,1\n6,4,3\n", PAIR, [[[1, 2], [3, 4]], [[5], [6]]]),
    "an image in a row": ("1,2,3,4\n", [InputSpec("x", (1, 2, 2))], [[[[1, 2], [3, 4]]]]),
}


@pytest.mark.parametrize(("text", "inputs", "expected"), TABLES.values(), ids=TABLES)
def test_tables(text: str, inputs: list[InputSpec], expected: list[object], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)
    for array, values, spec in zip(stack_samples(open_data(tmp_path / "t.csv"), inputs), expected, inputs, strict=True):
        assert array.dtype == spec.dtype
        np.testing.assert_array_equal(array, values)


BROKEN = {
    "no rows": ("", [InputSpec("x", (1, 2))], "no rows"),
    "a header alone": ("a,b\n", [InputSpec("x", (1, 2))], "no samples"),
    "too few columns": ("a,b\n1,2\n", [InputSpec("x", (1, 3))], "2 columns for input 'x', which takes 3"),
    "a short row": ("1,2\n3\n", [InputSpec("x", (1, 2))], "line 2: 1 fields"),
    "words": ("1,2\n3,x\n", [InputSpec("x", (1, 2))], "line 2"),
    "nan": ("1,2\nnan,4\n", [InputSpec("x", (1, 2))], "sample 1 of input 'x' holds NaN"),
    "no header": ("1,2,3\n", PAIR, "no header"),
    "half an integer": ("a_0,a_1,n\n1,2,0.5\n", PAIR, "'n' is float64, the model takes int32"),
}


@pytest.mark.parametrize(("text", "inputs", "words"), BROKEN.values(), ids=BROKEN)
def test_tables_that_do_not_fit(text: str, inputs: list[InputSpec], words: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        stack_samples(open_data(tmp_path / "t.csv"), inputs)


def test_arrays_on_disk_are_not_loaded_whole(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, 2)))
    assert isinstance(open_data(tmp_path / "x.npy"), np.memmap)
    with pytest.raises(DataError, match="scale is for folders"):
        open_data(tmp_path / "x.npy", (0, 1))


def test_code_that_fails_is_named() -> None:
    def broken() -> object:
        yield np.ones((1, 2), np.float32)
        raise KeyError("photo")

    with pytest.raises(DataError, match="'mine:broken' fails: KeyError: 'photo'"):
        stack_samples(Code("mine:broken", broken), [InputSpec("x", (1, 2))])


MODEL = """
%x: float32[1,4,6,3] = input "image"
%w: float32[2,1,1,3] = const random(1)
%b: float32[2] = const [0.5, -1]
%y: float32[1,4,6,2] = conv_2d(%x, %w, %b) {stride_w=1, stride_h=1}
return %y
"""
GENERATOR = """
import numpy as np
def samples():
    while True:
        yield [np.ones((1, 4, 6, 3), np.float32)]
"""


@pytest.mark.parametrize("source", ["photos", "generator"])
def test_command(source: str, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, and a generator without end of which ``--samples`` takes some."""
    monkeypatch.chdir(photos)
    Path("model.tflite").write_bytes(write(parse(MODEL)))
    Path("mine.py").write_text(GENERATOR)
    options = [".", "--scale", "-1,1"] if source == "photos" else ["mine.py:samples", "--samples", "9"]
    command = ["convert", "model.tflite", "-o", "out.tflite", "--quantize", "int8", "--calibrate", *options]
    result = CliRunner().invoke(app, [*command, "--explain"])
    assert result.exit_code == 0, result.output
    assert ("over 2 samples" if source == "photos" else "over 9 samples") in result.output


def test_labels_of_a_table_are_its_columns_by_that_name(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("x_0,y,x_1\n1,0,2\n3,2,4\n")
    data, labels = open_labelled(table)
    np.testing.assert_array_equal(labels, [0, 2])
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(stack_samples(data, [InputSpec("x", (1, 2))])[0], [[1, 2], [3, 4]])
    table.write_text("x,labels_left,labels_right\n1,0,0.5\n3,1,2\n")
    data, labels = open_labelled(table)
    assert {name: column.tolist() for name, column in labels.items()} == {"left": [0, 1], "right": [0.5, 2]}
    np.testing.assert_array_equal(stack_samples(data, [InputSpec("x", (1, 1))])[0], [[1], [3]])
    table.write_text("1,2\n3,4\n")
    assert open_labelled(table)[1] is None
    table.write_text("x,y\n1,cat\n")
    with pytest.raises(DataError, match="line 2: column 'y' holds 'cat'; labels are numbers"):
        open_labelled(table)


def test_folders_of_classes_give_labels_in_the_order_of_the_images(tmp_path: Path) -> None:
    for name, shade in (("dog", 20), ("cat", 10), ("emu/young", 30), ("dog", 21)):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        Image.new("L", (6, 4), shade).save(tmp_path / name / f"{shade}.png")
    data, labels = open_labelled(tmp_path)
    shades = stack_samples(data, [GREY])[0][:, 0, 0, 0]
    assert dict(zip(shades.tolist(), labels.tolist(), strict=True)) == {10: 0, 20: 1, 21: 1, 30: 2}
    Image.new("L", (6, 4), 5).save(tmp_path / "loose.png")
    assert open_labelled(tmp_path)[1] is None, "an image without a class"


def test_images_are_real_values_where_the_input_is_quantized(photos: Path) -> None:
    """As uint8 they would pass for the input's own codes."""
    (values,) = stack_samples(open_data(photos), [InputSpec("image", (1, 4, 6, 3), None)])
    assert values.dtype == np.float32 and values.max() == 255


def test_labels_of_code_are_those_of_its_dict() -> None:
    code = Code("m:f", lambda: {"x": np.ones((3, 2)), "labels": [0, 1, 2]})
    data, labels = code.labelled()
    assert list(data) == ["x"] and labels == [0, 1, 2]
    assert stack_samples(code, [InputSpec("x", (1, 2))])[0].shape == (3, 2)


PAIRS = '%x: float32[1,2] = input "x"\n%y: float32[1,2] = softmax(%x)\nreturn %y'


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The same four samples as every kind of data; kind → arguments."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.tflite").write_bytes(write(parse(PAIRS)))
    values, labels = np.array([[0, 3], [2, 1], [4, 5], [7, 6]], np.float32), np.array([1, 0, 1, 0])
    np.savez("d.npz", x=values, y=labels)
    np.save("d.npy", values)
    rows = [f"{a},{b},{label}" for (a, b), label in zip(values, labels, strict=True)]
    Path("d.csv").write_text("\n".join(["x_0,x_1,y", *rows]))
    Path("own_data.py").write_text(
        f"import numpy\n\ndef four():\n    return {{'x': {values.tolist()}, 'y': {labels.tolist()}}}\n\n"
        f"def stream():\n    yield from numpy.array({values.tolist()})\n"
    )
    return {kind: [kind] for kind in ("d.npz", "d.npy", "d.csv", "own_data.py:four", "own_data.py:stream")}


def test_run_and_compare_read_every_kind(files: dict[str, list[str]]) -> None:
    shown = {}
    for kind in files:
        ran = CliRunner().invoke(app, ["run", "m.tflite", "-i", kind, "-o", "y.npy"])
        assert ran.exit_code == 0, ran.output
        shown[kind] = np.load("y.npy")
        compared = CliRunner().invoke(
            app, ["compare", "m.tflite", "m.tflite", "--data", kind, "--no-peers", "--samples", "0", "--json"]
        )
        assert compared.exit_code == 0, compared.output
        facts = json.loads(compared.stdout)
        assert facts["samples"] == 4
        tasks = facts["tasks"]
        assert [task["ours"]["accuracy"] for task in tasks] == (
            [] if kind in ("d.npy", "own_data.py:stream") else [1.0]
        )
    for result in shown.values():
        np.testing.assert_array_equal(result, shown["d.npz"])


def test_compare_takes_folders_of_images_with_their_classes(tmp_path: Path) -> None:
    model = tmp_path / "m.tflite"
    model.write_bytes(
        write(parse('%x: float32[1,1,2,1] = input "x"\n%s: int32[2] = const [1, 2]\n%f: float32[1,2] = reshape(%x, %s)\n'
                    "%y: float32[1,2] = softmax(%f)\nreturn %y"))
    )  # fmt: skip
    for name, pixels in (("left", (200, 10)), ("right", (10, 200))):
        (tmp_path / "photos" / name).mkdir(parents=True)
        image = Image.new("L", (2, 1))
        image.putdata(pixels)
        image.save(tmp_path / "photos" / name / "a.png")
    given = ["compare", str(model), str(model), "--data", str(tmp_path / "photos"), "--no-peers", "--samples", "0"]
    facts = json.loads(CliRunner().invoke(app, [*given, "--scale", "0,1", "--json"]).stdout)
    assert facts["tasks"][0]["ours"]["accuracy"] == 1
    wrong = CliRunner().invoke(app, [*given, "--scale", "none"])
    assert wrong.exit_code == 2 and "--scale" in wrong.output
