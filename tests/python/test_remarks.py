"""``check`` tells what is odd about a file that runs, and nothing about one that is not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import small_models
import tour
from test_reader import dictionary
from typer.testing import CliRunner

from arenite import flat
from arenite.cli import app
from arenite.reader import read
from arenite.remarks import remarks
from arenite.text import parse
from arenite.writer import write

DENSE = """
%x: int8[1,4] q(0.5, -3) = input
%w: int8[2,4] q([0.01, 0.02], axis=0) = const random(1)
%b: int32[2] q([0.005, 0.01], axis=0) = const [10, -20]
%y: int8[1,2] q(0.25, 5) = fully_connected(%x, %w, %b)
return %y
"""
ISLAND = """
%x: int8[1,4] q(0.5, -3) = input
%a: int8[1,4] q(0.5, -3) = relu(%x)
%f: float32[1,4] = dequantize(%a)
%e: float32[1,4] = elu(%f)
%q: int8[1,4] q(0.5, 1) = quantize(%e)
%y: int8[1,4] q(0.5, 1) = relu(%q)
return %y
"""
HYBRID = """
%x: float32[1,4] = input
%w: int8[2,4] q([0.01, 0.02], axis=0) = const random(1)
%y: float32[1,2] = fully_connected(%x, %w)
return %y
"""


def of(text: str) -> list[str]:
    return remarks(read(write(parse(text))))


@pytest.mark.parametrize(
    "make", [small_models.int8_mlp, small_models.float_mlp, tour.model, lambda: write(parse(DENSE))]
)
def test_nothing_is_odd_about_what_is_right(make: object) -> None:
    assert remarks(read(make())) == []  # type: ignore[operator]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("q([0.01, 0.02], axis=0)", "q([0.01, 2e-10], axis=0)", "weights 'w' have scales from 2e-10 to 0.01"),
        ("%y: int8[1,2] q(0.25, 5)", "%y: int8[1,2] q(1e-12, 5)", "'y' has the scale 1e-12"),
        ("%y: int8[1,2] q(0.25, 5)", "%y: int8[1,2] q(3e9, 5)", r"'y' has the scale 3e\+09"),
    ],
)
def test_scales_that_cannot_be_meant(old: str, new: str, words: str) -> None:
    assert old in DENSE
    assert any(re.search(words, line) for line in of(DENSE.replace(old, new)))


@pytest.mark.parametrize(("scale", "odd"), [([0.005, 0.01], False), ([0.005, 0.02], True), ([0.0050001, 0.01], False)])
def test_a_bias_at_another_scale_than_its_products(scale: list[float], odd: bool) -> None:
    root = dictionary(flat.read(write(parse(DENSE))))
    bias = next(t for t in root["subgraphs"][0]["tensors"] if t["name"] == "b")
    bias["quantization"] = {"scale": scale, "zero_point": [0, 0]}
    found = remarks(read(flat.serialize(root)))
    assert bool(found) == odd
    assert all("bias 'b' has another scale" in line and "0.5 times what it says (channel 1)" in line for line in found)


def test_what_nobody_has_calibrated() -> None:
    assert of(ISLAND) == [
        "1 operator ('e') compute in float32 inside an integer model: convert again with calibration data, without"
        " --allow-float-fallback, to see why"
    ]
    [line] = of(HYBRID)
    assert line.startswith("1 operator ('y') take float32 activations and integer weights")
    [line] = of("%x: int8[1,4] q(0.5, -3) = input\n%y: int8[1,4] = logistic(%x)\nreturn %y".replace("logistic", "elu"))
    assert line.startswith("'y' is int8 without a scale")


def test_remarks_are_shown_and_fail_only_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(write(parse(HYBRID)))
    shown = CliRunner().invoke(app, ["check", str(path)])
    assert shown.exit_code == 0 and "remark: 1 operator ('y')" in shown.stdout
    assert CliRunner().invoke(app, ["check", str(path), "--strict"]).exit_code == 1
    found = json.loads(CliRunner().invoke(app, ["check", str(path), "--json"]).stdout)
    assert found["runs"] and len(found["remarks"]) == 1
    path.write_bytes(write(parse(DENSE)))
    assert CliRunner().invoke(app, ["check", str(path), "--strict"]).exit_code == 0
