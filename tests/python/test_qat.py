"""Quantization-aware training: what is trained is what the file computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import arenite
from arenite.cli import app
from arenite.comparison.parts import Part
from arenite.evaluate import dequantize
from arenite.passes.few_levels import exact
from arenite.passes.scheme import activation_quantization, quantize_weights, weight_quantization
from arenite.reader import read
from arenite.samples import dequantize as real_of
from arenite.samples import quantize

pytestmark = pytest.mark.slow
keras = pytest.importorskip("keras")
qat = pytest.importorskip("arenite.qat")
L = keras.layers
RNG = np.random.default_rng(3)
IMAGES = RNG.normal(size=(64, 8, 8, 3)).astype(np.float32)
CLASSES = RNG.integers(0, 4, 64)


def image_model() -> Any:
    """Convolutions with BatchNormalization, a residual sum, a concatenation, a depthwise layer, a mean."""
    keras.utils.set_random_seed(4)
    image = keras.Input((8, 8, 3), name="image")
    x = L.Conv2D(8, 3, padding="same", use_bias=False, name="stem")(image)
    x = L.ReLU(name="stem_relu")(L.BatchNormalization(name="stem_norm")(x))
    y = L.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    y = L.ReLU(6.0, name="clipped")(L.BatchNormalization(name="depthwise_norm")(y))
    y = L.Conv2D(8, 1, name="pointwise")(y)
    x = L.ReLU(name="sum_relu")(L.Add(name="sum")([x, y]))
    x = L.Concatenate(name="both")([L.Conv2D(4, 1, name="left")(x), L.Conv2D(4, 1, activation="relu", name="right")(x)])
    x = L.MaxPooling2D(name="pool")(x)
    x = L.GlobalAveragePooling2D(name="mean")(x)
    model = keras.Model(image, L.Dense(4, name="scores")(L.Dropout(0.1)(x)), name="classifier")
    for layer in model.layers:
        if isinstance(layer, L.BatchNormalization):
            shape = layer.gamma.shape
            layer.set_weights(
                [
                    RNG.uniform(0.5, 1.5, shape),
                    RNG.normal(size=shape),
                    RNG.normal(size=shape),
                    RNG.uniform(0.5, 2, shape),
                ]
            )
    return model


def trained(model: Any, scheme: str = "int8", **options: Any) -> Any:
    wrapped = qat.wrap(model, scheme, **options)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    wrapped.compile(keras.optimizers.Adam(1e-3), loss, jit_compile=False)
    wrapped.fit(IMAGES, CLASSES, batch_size=16, verbose=0)
    return wrapped


@pytest.fixture(scope="module")
def model() -> Any:
    return image_model()


@pytest.fixture(scope="module", params=["int8", "int4 weights"])
def wrapped(request: pytest.FixtureRequest, model: Any) -> Any:
    return trained(model, request.param)


@pytest.fixture(scope="module")
def conversion(wrapped: Any) -> arenite.Conversion:
    return arenite.convert(wrapped, **qat.options(wrapped))


def codes(conversion: arenite.Conversion, inputs: np.ndarray) -> tuple[np.ndarray, float]:
    """(real outputs of the file, what one step of them is)."""
    interpreter = arenite.Interpreter(model_content=bytes(conversion.content))
    interpreter.allocate_tensors()
    given, found = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    rows = []
    for sample in inputs:
        interpreter.set_tensor(given["index"], quantize(sample[None], given))
        interpreter.invoke()
        rows.append(real_of(interpreter.get_tensor(found["index"]), found)[0])
    return np.array(rows), float(found["quantization"][0])


def test_the_file_computes_what_was_trained(wrapped: Any, conversion: arenite.Conversion) -> None:
    """Without calibration data. Biases are integers in the file only: where weights have four bits, one step of the sums is
    a good part of a code, and behind eight layers a few scores are two steps away.
    """
    real, step = codes(conversion, IMAGES)
    distance = np.abs(np.rint((real - wrapped.predict(IMAGES, verbose=0)) / step))
    wide = conversion.graph.ops[0].operand(1).dtype == "int8"
    assert distance.max() <= (1 if wide else 2)
    assert np.mean(distance > 1) < 0.03 and np.mean(distance == 0) > (0.8 if wide else 0.5)


def test_each_layer_alone_is_within_a_code(wrapped: Any, conversion: arenite.Conversion) -> None:
    """Operand codes from the model that rounds in float32: no operator of the integer file is more than one code away."""
    exact, quantized = (read(bytes(c.content)) for c in (arenite.convert(wrapped), conversion))
    inputs = [IMAGES[:8, None]]
    part = Part(exact, exact.inputs, [op.output for op in exact.ops if op.name == "quantize"])
    found = part.run(dict(zip(exact.inputs, inputs, strict=True)))
    by_name = {op.operand(0).name: found[op.output] for op in exact.ops if op.name == "quantize"}
    checked = 0
    for op in quantized.ops:
        given = [value for value in op.inputs if value is not None and not value.is_constant]
        if all(value.name in by_name for value in (*given, op.output)):
            result = Part(quantized, given, [op.output]).run({value: by_name[value.name] for value in given})[op.output]
            distance = np.abs(result.astype(int) - by_name[op.output.name])
            assert distance.max() <= 1 and np.mean(distance) < 0.1, op
            checked += 1
    assert checked >= 4


def test_the_graph_is_that_of_plain_conversion(model: Any, conversion: arenite.Conversion) -> None:
    """BatchNormalization and activations are folded, nothing stays float, no rounding is left over."""
    plain = arenite.convert(model, "int8", IMAGES)
    assert [op.name for op in conversion.graph.ops] == [op.name for op in plain.graph.ops]
    assert conversion.graph.output_names == plain.graph.output_names == ["scores"]
    assert not [entry for entry in conversion.report.log if "not used" in entry.text]
    assert set(conversion.report.layers) >= {
        "stem",
        "stem_relu",
        "depthwise",
        "pointwise",
        "left",
        "sum_relu",
        "scores",
    }
    assert conversion.report.layers["sum"].cls == "Add" and conversion.report.layers["stem"].cls == "Conv2D"


def test_trained_weights_keep_their_codes(wrapped: Any, conversion: arenite.Conversion) -> None:
    """The grid that the converter finds is the one that training rounded to."""
    floats = {value.name: value for value in arenite.convert(wrapped).graph.values() if value.is_constant}
    dtypes = set()
    for op in (op for op in conversion.graph.ops if op.name in ("conv_2d", "depthwise_conv_2d", "fully_connected")):
        weights = op.operand(1)
        exact = floats[weights.name].data
        assert weights.data is not None and weights.quant is not None and exact is not None
        np.testing.assert_allclose(dequantize(weights.data, weights.quant), exact, rtol=1e-6, atol=1e-7)
        dtypes.add(weights.dtype)
    assert dtypes == {qat.options(wrapped)["weights"].get("*stem", "int8")}


def test_saved_and_loaded_it_is_the_same(wrapped: Any, tmp_path: Path) -> None:
    wrapped.save(tmp_path / "trained.keras")
    loaded = keras.models.load_model(tmp_path / "trained.keras")
    np.testing.assert_array_equal(loaded.predict(IMAGES, verbose=0), wrapped.predict(IMAGES, verbose=0))
    again = arenite.convert(str(tmp_path / "trained.keras"), strip=True, **qat.options(loaded))
    assert bytes(again.content) == bytes(arenite.convert(wrapped, strip=True, **qat.options(wrapped)).content)
    told_nothing = arenite.convert(str(tmp_path / "trained.keras"), "int8", strip=True)
    assert bytes(told_nothing.content) == bytes(again.content), "the model knows the dtypes of its weights"


def test_what_the_user_says_of_weights_counts_more_than_the_training(model: Any) -> None:
    wrapped = trained(model, "int4 weights", weights={"scores": "int8"})
    found = {}
    for said in (None, "int8", {"stem": "int4"}):
        graph = arenite.convert(wrapped, "int8", weights=said, fast=True).graph
        found[str(said)] = [v.dtype for op in graph.ops for v in op.inputs[1:2] if v is not None and v.is_constant]
    assert found["None"].count("int4") == 5 and found["None"][-1] == "int8"
    assert "int4" not in found["int8"] and found["{'stem': 'int4'}"].count("int4") == 1
    with_layer = arenite.convert(wrapped, "int8", layers={"stem": "int8"}, fast=True).graph
    assert with_layer.ops[0].operand(1).dtype == "int4", "int8 of a layer is its activations"
    wide = arenite.convert(wrapped, "16x8", fast=True).graph
    assert all(v.dtype != "int4" for v in wide.values())


def test_probabilities_of_a_whole_classifier_are_those_of_the_file() -> None:
    """Digits through convolution, relu, pooling, dense and softmax. Logits are a step s apart at most, which changes no
    probability by more than s/2, and the rounding to 1/256 adds one code; most are equal, and so is the class wherever the two
    best are not as near as that.
    """
    datasets = pytest.importorskip("sklearn.datasets")
    digits = datasets.load_digits()
    images, classes = (digits.images[..., None] / 16).astype(np.float32), digits.target
    keras.utils.set_random_seed(1)
    parts = [L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(), L.Dense(10, activation="softmax")]
    wrapped = qat.wrap(keras.Sequential([keras.Input((8, 8, 1)), *parts]))
    wrapped.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", jit_compile=False)
    wrapped.fit(images[:1400], classes[:1400], epochs=2, verbose=0)
    file = arenite.convert(wrapped, "int8")
    given, (real, step) = wrapped.predict(images[1400:], verbose=0), codes(file, images[1400:])
    logits = next(op for op in file.graph.ops if op.name == "softmax").operand(0).quant
    assert logits is not None and step == 1 / 256
    most = 1 + np.floor(float(logits.scale[0]) / 2 / step)
    distance = np.abs(np.rint((real - given) / step))
    assert distance.max() <= most and np.mean(distance == 0) > 0.97
    best = np.sort(given, axis=-1)
    clear = best[:, -1] - best[:, -2] > 2 * most * step
    np.testing.assert_array_equal(real.argmax(axis=-1)[clear], given.argmax(axis=-1)[clear])
    assert clear.mean() > 0.8 and np.mean(real.argmax(axis=-1) == classes[1400:]) > 0.8


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize(("low", "high"), [(-1.0, 2.0), (0.0, 5.3), (-0.7, 0.0), (-3.2, 0.01)])
def test_activations_are_rounded_as_the_converter_rounds(
    low: float, high: float, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By TensorFlow's node, and by the operations that other backends compute; gradients too."""
    import tensorflow as tf

    from arenite.evaluate import on_grid
    from arenite.qat import rounding

    x = tf.Variable(RNG.uniform(low - 1, high + 1, 5000).astype(np.float32))
    monkeypatch.setattr(rounding.keras.backend, "backend", lambda: backend)
    with tf.GradientTape() as tape:
        found = rounding.rounded(x, tf.constant(low), tf.constant(high))
    grid = activation_quantization(low, high)
    np.testing.assert_allclose(found, on_grid(x.numpy(), grid, "int8"), atol=1e-6)
    ends = (np.array([-128, 127]) - grid.zero_point) * grid.scale
    inside = (x.numpy() > ends[0] + 1e-6) & (x.numpy() < ends[1] - 1e-6)
    outside = (x.numpy() < ends[0] - 1e-6) | (x.numpy() > ends[1] + 1e-6)
    gradient = tape.gradient(found, x).numpy()
    assert (gradient[inside] == 1).all() and not gradient[outside].any()


@pytest.mark.parametrize("dtype", ["int8", "int4"])
def test_weights_are_rounded_to_a_grid_that_the_converter_finds(dtype: str) -> None:
    from arenite.qat.rounding import rounded_weights

    weights = RNG.normal(size=(3, 3, 16, 32)).astype(np.float32)
    found = np.asarray(rounded_weights(weights, (0, 1, 2), dtype))
    quant, _ = weight_quantization(found, 3, 1.0, None, dtype=dtype)
    np.testing.assert_allclose(dequantize(quantize_weights(found, quant, dtype), quant), found, atol=1e-6)
    error = np.square(found - weights).mean()
    assert error < np.square(weights).mean() * (1e-4 if dtype == "int8" else 1.2e-2)


@pytest.mark.parametrize(("dtype", "lost"), [("ternary", 0.25), ("binary", 0.45)])
def test_few_levels_are_those_that_the_converter_packs(dtype: str, lost: float) -> None:
    """Of normal weights the least squared errors are 0.19 and 0.36 of their squares."""
    from arenite.qat.rounding import rounded_weights

    weights = RNG.normal(size=(3, 3, 16, 32)).astype(np.float32)
    found = np.asarray(rounded_weights(weights, (0, 1, 2), dtype))
    steps, quant = exact(found, 3, dtype)
    np.testing.assert_allclose(dequantize(steps, quant), found, rtol=1e-5)
    assert np.square(found - weights).mean() < lost * np.square(weights).mean()


def test_ternary_layers_are_packed(model: Any) -> None:
    """A layer that the device cannot pack is trained in eight bits; the file computes what was trained."""
    wrapped = trained(model, "ternary weights", weights={"stem": "int8", "left": "binary"})
    options = qat.options(wrapped)
    kinds = {layer.name: layer.weights_dtype for layer in wrapped._flatten_layers() if hasattr(layer, "weights_dtype")}
    assert (kinds["stem"], kinds["left"], kinds["right"], kinds["scores"]) == ("int8", "binary", "ternary", "ternary")
    assert "int8" in {kinds[layer.name] for layer in model.layers if isinstance(layer, L.DepthwiseConv2D)}
    conversion = arenite.convert(wrapped, **options)
    packed = {op.origin.layer.rpartition("/")[2]: op.attrs["bits"] for op in conversion.graph.ops if "bits" in op.attrs}
    assert (packed["left"], packed["right"], packed["scores"]) == (1, 2, 2)
    real, step = codes(conversion, IMAGES)
    assert np.abs(np.rint((real - wrapped.predict(IMAGES, verbose=0)) / step)).max() <= 3


def test_gradients_pass_straight_through() -> None:
    import tensorflow as tf

    from arenite.qat.rounding import rounded, rounded_weights

    x, w = tf.Variable([0.3, 0.6, 5.0, -5.0]), tf.Variable([[0.3, -2.0], [1.0, 0.5]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(rounded(x, -1.0, 1.0)) + tf.reduce_sum(rounded_weights(w, (0,), "int4"))
    by_x, by_w = tape.gradient(y, [x, w])
    assert by_x.numpy().tolist() == [1, 1, 0, 0] and by_w.numpy().tolist() == [[1, 1], [1, 1]]


def test_the_batch_normalizes_as_keras_does() -> None:
    """Weights aside: with rounding switched off the folded layer is the two layers, in training and after it."""
    from arenite.qat import layers

    conv, norm = L.Conv2D(5, 3, use_bias=True), L.BatchNormalization(momentum=0.9)
    twins = [L.Conv2D(5, 3, use_bias=True), L.BatchNormalization(momentum=0.9)]
    folded = layers.QuantizedLayer(twins[0], twins[1], batch_norm="batch")
    folded._round = lambda kernel: kernel
    norm(conv(IMAGES)), folded(IMAGES)
    norm.set_weights([RNG.uniform(0.5, 2, 5), RNG.normal(size=5), RNG.normal(size=5), RNG.uniform(0.5, 2, 5)])
    for twin, source in zip(twins, (conv, norm), strict=True):
        twin.set_weights(source.get_weights())
    for training in (True, False):
        wanted = norm(conv(IMAGES), training=training)
        np.testing.assert_allclose(folded(IMAGES, training=training), wanted, rtol=1e-3, atol=1e-4)
        for a, b in zip(twins[1].get_weights(), norm.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


# --- what wrap does and refuses -------------------------------------------------------------------------------------------
def test_wrapping_leaves_the_model_and_its_outputs(model: Any) -> None:
    before = model.predict(IMAGES, verbose=0)
    wrapped = qat.wrap(model)
    after = wrapped.predict(IMAGES, verbose=0)  # weights rounded, activations as they are
    np.testing.assert_array_equal(model.predict(IMAGES, verbose=0), before)
    assert 20 < 10 * np.log10(np.square(before).sum() / np.square(before - after).sum()) < 60
    assert [x.name for x in wrapped.inputs] == ["image"] and wrapped.output_names == model.output_names


def test_a_model_that_saw_nothing_is_not_converted_and_measure_helps(model: Any) -> None:
    wrapped = qat.wrap(model)
    with pytest.raises(arenite.ModelError, match=r"'image_range' has seen no values.*qat.measure"):
        arenite.convert(wrapped, "int8")
    weights = wrapped.get_layer("stem").inner.get_weights()[0]
    qat.measure(wrapped, IMAGES)
    assert arenite.convert(wrapped, "int8").report.quantize == "int8"
    np.testing.assert_array_equal(wrapped.get_layer("stem").inner.get_weights()[0], weights)


def test_float_models_still_need_calibration_data(model: Any) -> None:
    with pytest.raises(arenite.CalibrationError, match=r"min_sqnr .* is measured on calibration data"):
        arenite.convert(model, "int8", min_sqnr=40)
    with pytest.raises(arenite.CalibrationError, match="calibration=x_train"):
        arenite.convert(model, "int8")


def test_other_layers_round_their_results_and_are_named() -> None:
    keras.utils.set_random_seed(1)
    sequence = keras.Input((6, 4), name="sequence")
    x = L.LSTM(5, name="lstm", return_sequences=True)(sequence)
    x = L.Dense(4, activation="sigmoid", name="gate")(L.Conv1D(4, 3, padding="causal", name="conv")(x))
    model = keras.Model(sequence, L.Flatten()(x))
    with pytest.warns(UserWarning, match=r"inside of 'lstm' \(LSTM\) is not trained for integers"):
        wrapped = qat.wrap(model)
    data = RNG.normal(size=(20, 6, 4)).astype(np.float32)
    qat.measure(wrapped, data)
    with pytest.raises(arenite.CalibrationError, match=r"none for these results(?s:.*)lstm"):
        arenite.convert(wrapped, "int8")
    real, step = codes(arenite.convert(wrapped, "int8", data), data)
    assert step == 1 / 256 and np.abs(real - wrapped.predict(data, verbose=0)).max() < 0.1


def test_models_inside_models_layers_called_twice_and_operations() -> None:
    keras.utils.set_random_seed(2)
    backbone = keras.Sequential([keras.Input((6,)), L.Dense(5, activation="relu", name="inner")], name="backbone")
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    shared = L.Dense(6, name="shared")
    total = keras.ops.add(backbone(shared(a)), backbone(shared(b)))
    model = keras.Model({"a": a, "b": b}, L.Dense(2, activation="softmax", name="out")(total))
    wrapped = qat.wrap(model)
    data = {name: RNG.normal(size=(40, 6)).astype(np.float32) for name in "ab"}
    qat.measure(wrapped, data)
    file = arenite.convert(wrapped, **qat.options(wrapped))
    assert file.graph.input_names == ["a", "b"] and file.graph.output_names == ["out"]
    found = arenite.compare(wrapped, file.content, data, peers=(), layer_samples=0)
    assert found.ours.worst_abs_error is not None and found.ours.worst_abs_error < 0.05


def test_trained_ranges_move_by_the_gradient(model: Any) -> None:
    wrapped = trained(model, ranges="trained")
    layer = wrapped.get_layer("stem_relu").result
    measured = qat.wrap(model, ranges="trained")
    qat.measure(measured, IMAGES[:16])
    assert layer.range != measured.get_layer("stem_relu").result.range and layer.range[1] > 0
    real, step = codes(arenite.convert(wrapped, "int8"), IMAGES)
    assert np.abs(np.rint((real - wrapped.predict(IMAGES, verbose=0)) / step)).max() <= 1


def test_weights_only_and_patterns(model: Any) -> None:
    wrapped = qat.wrap(model, "int4 weights only", weights={"stem*": "int8"})
    options = qat.options(wrapped)
    assert options["quantize"] == "dynamic" and "*stem" not in options["weights"]
    assert options["weights"]["*scores"] == "int4"
    assert not [layer for layer in wrapped._flatten_layers() if isinstance(layer, qat.FakeQuantize)]
    assert arenite.convert(wrapped, **options).report.quantize == "dynamic"


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (image_model, {"scheme": "int2"}, "scheme is one of 'int8', 'int4 weights'"),
        (
            image_model,
            {"weights": {"*": "int16"}},
            "weights is one of 'int8', 'int4', 'ternary', 'binary', not 'int16'",
        ),
        (image_model, {"ranges": "guessed"}, "ranges is one of 'moving average', 'trained'"),
        (lambda: _subclassed(), {}, "takes Sequential and functional models"),
    ],
)
def test_what_wrap_refuses(make: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(arenite.AreniteError, match=words):
        qat.wrap(make(), **options)
    with pytest.raises(arenite.AreniteError, match="wrap it first"):
        qat.options(make())


def _subclassed() -> Any:
    class Own(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    return Own()


def test_the_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the command line converts what it saved, without calibration data."""
    keras.utils.set_random_seed(5)
    layers = [keras.Input((8, 8, 3)), L.Conv2D(4, 3, activation="relu"), L.Flatten(), L.Dense(4, activation="softmax")]
    keras.Sequential(layers, name="tiny").save(tmp_path / "float.keras")
    page = (Path(__file__).parents[2] / "docs" / "qat.md").read_text()
    code = page.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    exec(code, {"images": IMAGES, "labels": CLASSES})
    command = next(line for line in page.split("`") if line.startswith("arenite convert trained.keras"))
    result = CliRunner().invoke(app, [*command.replace("model.tflite", "again.tflite").split()[1:]])
    assert result.exit_code == 0, result.output
    for name in ("model", "again"):
        assert arenite.inspect(tmp_path / f"{name}.tflite").op_counts["conv_2d"] == 1
    sizes = {(tmp_path / f"{name}.tflite").stat().st_size for name in ("model", "again")}
    assert max(sizes) - min(sizes) < 200
