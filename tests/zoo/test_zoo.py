"""A representative part of the zoo, held against docs/coverage.json, and the page against its data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")
import keras

from zoo.layers import ABSENT
from zoo.measure import TOLERANCE, Subject, arenite_facts
from zoo.registry import load
from zoo.results import Results
from zoo.table import PAGE, page

ZOO = load()
RESULTS = Results.open(Results.PLACE)
#: dB that a result may be below the recorded one: libraries differ in the last places of weights and statistics.
SLACK_DB = 1.5
#: From here on a ratio says more about the range of the random samples than about the conversion.
ENOUGH_DB = 70.0
#: One or two of each family, and what was hardest.
REPRESENTATIVE = (
    "SeparableConv2D multiplier", "Conv1D causal dilated", "Conv2DTranspose same", "EinsumDense heads",
    "EinsumDense first axis", "AdaptiveMaxPooling2D uneven", "UpSampling2D nearest", "Resizing bilinear", "pixel shuffle",
    "roll", "mish", "hard_shrink", "gelu", "Softmax over two axes", "PReLU per channel",
    "BatchNormalization between relu and Conv2D", "LayerNormalization", "GroupNormalization", "UnitNormalization",
    "Discretization one-hot", "Multiply broadcast", "Dot normalized", "erf", "division", "comparison as a mask",
    "MultiHeadAttention causal", "Attention causal", "text transformer", "LSTM", "GRU backwards", "Bidirectional LSTM",
    "several outputs", "wide and deep", "mixed precision", "Embedding with mask, average", "text CNN",
    "ResNet-8", "DS-CNN", "U-Net", "TCN with BatchNorm", "dense autoencoder",
)  # fmt: skip


def test_every_model_was_measured_and_the_page_says_so() -> None:
    assert list(RESULTS.models) == list(ZOO)
    assert len(ZOO) >= 120
    assert PAGE.read_text() == page(RESULTS), "print it again: make zoo"


def test_what_converts() -> None:
    """Ours converts every model that LiteRT's converter does, float32 is exact, and every float inside has its reason."""
    for name, model in RESULTS.models.items():
        for scheme, theirs in model["litert"].items():
            ours = model["arenite"][scheme]
            assert ours["converted"] or not theirs["converted"], f"{name} in {scheme}: {ours}"
            assert ours["converted"] or ours["why"], name
            assert not ours.get("floats") or ours["float_reasons"], f"{name} in {scheme} has floats without a reason"
        if model["arenite"]["float32"]["converted"]:
            assert model["arenite"]["float32"]["error"] <= max(TOLERANCE, ZOO[name].tolerance), name


def test_every_layer_is_in_a_model_or_has_a_reason() -> None:
    exported = (getattr(keras.layers, name) for name in dir(keras.layers))
    classes = {item.__name__ for item in exported if isinstance(item, type)}
    known = {layer for model in RESULTS.models.values() for layer in model["layers"]}
    assert not classes - known - set(ABSENT), "build a model with it, or say why not in zoo/layers.py"
    assert not known & set(ABSENT)


@pytest.fixture(scope="module")
def subjects() -> dict[str, Subject]:
    return {}


@pytest.mark.parametrize("scheme", ["float32", "int8", "16x8"])
@pytest.mark.parametrize("name", REPRESENTATIVE)
def test_model(name: str, scheme: str, subjects: dict[str, Subject]) -> None:
    if name not in subjects:
        subjects.clear()
        subjects[name] = Subject.make(ZOO[name])
    facts, content = arenite_facts(subjects[name], scheme)
    recorded = RESULTS.models[name]["arenite"][scheme]
    assert content is not None and facts["floats"] == recorded["floats"]
    assert facts["sqnr_db"] >= min(recorded["sqnr_db"], ENOUGH_DB) - SLACK_DB
    if scheme == "float32":
        assert facts["error"] <= max(TOLERANCE, ZOO[name].tolerance)


def test_old_results_do_not_count_as_a_child_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zoo import __main__ as command

    keep, popen = tmp_path / "old.json", subprocess.Popen
    keep.write_text("{}")
    os.utime(keep, (0, 0))
    monkeypatch.setattr(
        command.subprocess, "Popen", lambda _: popen([sys.executable, "-c", "import time; time.sleep(1)"])
    )
    assert command._child_finishes(keep)
