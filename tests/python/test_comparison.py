"""``arenite.compare``: references of every kind, labels, absent engines, the report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import small_models

import arenite
from arenite.comparison import engines, report

X = np.random.default_rng(6).normal(size=(16, 4)).astype(np.float32)
LABELS = np.arange(16) % 3


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> arenite.Comparison:
    path = tmp_path_factory.mktemp("float") / "float.tflite"
    path.write_bytes(small_models.float_mlp())
    return arenite.compare(path, small_models.int8_mlp(), X, LABELS)


def test_engines_agree_byte_for_byte(comparison: arenite.Comparison) -> None:
    by_name = {engine.name: engine for engine in comparison.engines}
    assert list(by_name) == ["Arenite", "LiteRT reference", "LiteRT default", "TFLite Micro"]
    assert comparison.ours.agreement is None
    tflm = by_name["TFLite Micro"].agreement
    assert tflm is not None and (tflm.samples, tflm.samples_equal, tflm.worst_steps) == (16, 16, 0)


def test_accuracy_is_counted_by_hand(comparison: arenite.Comparison) -> None:
    assert comparison.confusion is not None
    assert comparison.confusion.sum() == 16
    assert comparison.ours.accuracy == np.trace(comparison.confusion) / 16


def test_layers_are_matched_by_name(comparison: arenite.Comparison) -> None:
    assert [layer.tensor for layer in comparison.layers] == ["dense", "relu", "scores"]
    assert comparison.unmatched_layers == 0
    assert all(layer.worst_steps is not None and layer.sqnr_db > 10 for layer in comparison.layers)


def test_a_file_against_itself_is_equal(tmp_path: Path) -> None:
    path = tmp_path / "float.tflite"
    path.write_bytes(small_models.float_mlp())
    result = arenite.compare(path, path, X, peers=())
    assert result.ours.sqnr_db == float("inf") and result.ours.worst_abs_error == 0
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert plain["engines"][0]["sqnr_db"] is None and plain["confusion"] is None
    assert all(layer["worst_abs_error"] == 0 for layer in plain["layers"])


def test_two_inputs_and_outputs_in_order(tmp_path: Path) -> None:
    path = tmp_path / "two.tflite"
    path.write_bytes(small_models.two_inputs())
    data = {"left": np.ones((3, 5), np.float32), "right": np.full((3, 5), 2, np.float32)}
    assert arenite.compare(path, path, data, peers=("litert-reference",)).ours.worst_abs_error == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"labels": LABELS[:3]}, r"labels are int64\[3\], expected integers \[16\]"),
        ({"labels": LABELS.astype(float)}, "expected integers"),
        ({"peers": ("tensorrt",)}, "unknown engines tensorrt; there are litert-reference"),
    ],
)
def test_wrong_arguments(tmp_path: Path, arguments: dict[str, Any], words: str) -> None:
    path = tmp_path / "float.tflite"
    path.write_bytes(small_models.float_mlp())
    with pytest.raises(arenite.AreniteError, match=words):
        arenite.compare(path, path, X, **arguments)


def test_models_with_different_outputs(tmp_path: Path) -> None:
    for name, content in (("mlp", small_models.float_mlp()), ("two", small_models.two_inputs())):
        (tmp_path / f"{name}.tflite").write_bytes(content)
    with pytest.raises(arenite.DataError):
        arenite.compare(tmp_path / "two.tflite", tmp_path / "mlp.tflite", X, peers=())


def test_absent_engines_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    content = small_models.float_mlp()
    found = engines.available(content, engines.arenite_engine(content))
    absent = [engine for engine in found if isinstance(engine, engines.Absent)]
    assert len(found) == 4 and len(absent) == 3
    assert all("pip install 'arenite[dev]'" in engine.reason for engine in absent)


def test_report_is_self_contained_and_repeatable(comparison: arenite.Comparison) -> None:
    page = report.render(comparison, [{"title": "More", "note": "n", "columns": ["", "a"], "rows": [("  x", "1 < 2")]}])
    assert page == report.render(
        comparison, [{"title": "More", "note": "n", "columns": ["", "a"], "rows": [("  x", "1 < 2")]}]
    )
    assert page.count("<svg") == 6 and "1 &lt; 2" in page and "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)


def test_report_without_labels_has_no_confusion_matrix(tmp_path: Path) -> None:
    path = tmp_path / "float.tflite"
    path.write_bytes(small_models.float_mlp())
    page = report.render(arenite.compare(path, small_models.int8_mlp(), X, peers=()))
    assert "Confusion" not in page and page.count("<svg") == 4


@pytest.mark.slow
def test_keras_models_and_saved_models(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(2)
    left, right = keras.Input((5,), name="zeta"), keras.Input((5,), name="alpha")
    product = keras.layers.Multiply(name="product")([left, right])
    model = keras.Model([left, right], [product, keras.layers.Dense(3, name="dense")(left)], name="two")
    rng = np.random.default_rng(7)
    data = [rng.normal(size=(20, 5)).astype(np.float32), rng.normal(size=(20, 5)).astype(np.float32)]
    quantized = arenite.convert(model, quantize="int8", calibration=data)
    against_keras = arenite.compare(model, quantized, data, peers=())
    assert against_keras.reference == "Keras" and against_keras.ours.sqnr_db is not None
    assert against_keras.ours.sqnr_db > 25 and len(against_keras.layers) == 2
    model.export(tmp_path / "saved", verbose=False)
    against_saved = arenite.compare(tmp_path / "saved", quantized, data, peers=(), layer_samples=0)
    assert against_saved.reference == "saved, converted to float32"
    assert against_saved.ours.sqnr_db == pytest.approx(against_keras.ours.sqnr_db, abs=1e-3)


@pytest.mark.slow
def test_advice_on_an_uneven_input_names_the_layer_and_helps(tmp_path: Path) -> None:
    """What it says is done, as it says it; 16 bits for the input alone are no cure, as it says too."""
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(3)
    sizes = np.array([1, 1, 1, 1, 60], np.float32)
    features = keras.Input((5,), name="features")
    hidden = keras.layers.Dense(8, activation="relu", name="hidden")(keras.layers.Rescaling(1 / sizes)(features))
    model = keras.Model(features, keras.layers.Dense(3, name="out")(hidden))
    data = np.random.default_rng(4).normal(size=(80, 5)).astype(np.float32) * sizes

    def compared(**options: Any) -> arenite.Comparison:
        return arenite.compare(model, arenite.convert(model, "int8", data, **options).content, data, peers=())

    found = compared()
    advice = next(advice for advice in found.advice if advice.kind == "uneven input")
    (layer,) = re.findall(r"--layer '(\S+)=float' --io float32", advice.text)
    before, after = found.ours.sqnr_db, compared(layers={layer: "float"}, io="float32").ours.sqnr_db
    assert layer == "hidden" and before is not None and after is not None
    assert before < 30 and after > before + 8
