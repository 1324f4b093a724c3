"""``.tflite`` files of other converters as the source of a conversion: float or quantized, of one function or several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import engines
from typer.testing import CliRunner

import arenite
from arenite import flat, reader
from arenite.cli import app
from arenite.errors import ModelError, UnsupportedError
from arenite.reader import read
from arenite.runtime import Interpreter
from arenite.text import parse
from arenite.writer import write

INT8 = """
%x: int8[1,4] q(0.05, -3) = input "x"
%w: int8[3,4] q([0.01, 0.02, 0.03], axis=0) = const random(1)
%b: int32[3] = const [10, -20, 30]
%c: int8[1,3] q(0.25, 5) = fully_connected(%x, %w, %b)
%s: int32[2] = const [1, 3]
%r: int8[1,3] q(0.25, 5) = reshape(%c, %s)
%y: int8[1,3] q(0.25, 5) = relu(%r)
return %y "scores"
"""


def feeds(content: bytes) -> list[list[np.ndarray]]:
    """Five random inputs over the whole range."""
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    rng = np.random.default_rng(0)
    details = interpreter.get_input_details()
    return [[_random(rng, detail) for detail in details] for _ in range(5)]


def _random(rng: np.random.Generator, detail: dict[str, Any]) -> np.ndarray:
    dtype, shape = np.dtype(detail["dtype"]), tuple(detail["shape"])
    if dtype.kind == "f":
        return rng.normal(size=shape).astype(dtype)
    return rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, shape).astype(dtype)


def saved(content: bytes, path: Path) -> Path:
    path.write_bytes(content)
    return path


def same_bytes(old: bytes, new: bytes) -> None:
    for feed in feeds(old):
        for a, b in zip(engines.ours(old, feed), engines.ours(new, feed), strict=True):
            np.testing.assert_array_equal(a, b)


# --- quantized files --------------------------------------------------------------------------------------------------
def test_a_quantized_file_is_cleaned_and_keeps_its_bytes(tmp_path: Path) -> None:
    content = write(parse(INT8))
    conversion = arenite.convert(saved(content, tmp_path / "int8.tflite"), strip=True)
    assert [op.name for op in conversion.graph.ops] == ["fully_connected", "relu"]
    assert len(conversion.content) < len(content) and conversion.report.float_bytes is None
    assert (conversion.graph.input_names, conversion.graph.output_names) == (["x"], ["scores"])
    same_bytes(content, conversion.content)


def test_a_quantized_file_is_not_quantized_again(tmp_path: Path) -> None:
    path = saved(write(parse(INT8)), tmp_path / "int8.tflite")
    with pytest.raises(ModelError, match=r"quantized already.*give the float model"):
        arenite.convert(path, "int8", np.zeros((2, 4), np.float32))
    with pytest.raises(ModelError, match="fixed shapes"):
        arenite.convert(path, batch=2)


def test_the_command_says_that_it_came_quantized(tmp_path: Path) -> None:
    path = saved(write(parse(INT8)), tmp_path / "int8.tflite")
    result = CliRunner().invoke(app, ["convert", str(path), "-o", str(tmp_path / "lean.tflite")])
    assert result.exit_code == 0 and "(quantized as it came)" in result.stdout


# --- several functions ------------------------------------------------------------------------------------------------
def two_functions() -> bytes:
    """``encode``: 4 values doubled; ``decode``: 3 values' relu; by two signatures of two subgraphs."""
    from test_reader import dictionary

    double = parse('%x: float32[1,4] = input "data"\n%y: float32[1,4] = add(%x, %x)\nreturn %y "code"')
    relu = parse('%z: float32[1,3] = input "code"\n%w: float32[1,3] = relu(%z)\nreturn %w "data"')
    root, other = (dictionary(flat.read(write(graph))) for graph in (double, relu))
    for operator in other["subgraphs"][0]["operators"]:
        operator["opcode_index"] = len(root["operator_codes"])
    root["operator_codes"] += other["operator_codes"]
    root["subgraphs"] += [{**other["subgraphs"][0], "name": "second"}]
    root["signature_defs"][0]["signature_key"] = "encode"
    root["signature_defs"] += [{**other["signature_defs"][0], "signature_key": "decode", "subgraph_index": 1}]
    return flat.serialize(root)


def test_each_function_becomes_a_file(tmp_path: Path) -> None:
    path = saved(two_functions(), tmp_path / "two.tflite")
    encode, decode = (arenite.convert(path, signature=key) for key in ("encode", "decode"))
    assert [op.name for op in encode.graph.ops] == ["add"] and [op.name for op in decode.graph.ops] == ["relu"]
    assert (decode.graph.input_names, decode.graph.output_names) == (["code"], ["data"])
    x = np.array([[-1, 2, 3]], np.float32)
    np.testing.assert_array_equal(engines.ours(decode.content, [x])[0], [[0, 2, 3]])
    assert [op.name for op in arenite.optimize(path, signature="decode").graph.ops] == ["relu"]


def test_which_function_is_asked(tmp_path: Path) -> None:
    path = saved(two_functions(), tmp_path / "two.tflite")
    for take in (arenite.convert, arenite.optimize):
        with pytest.raises(
            UnsupportedError, match=r"two\.tflite' has several functions, 'encode', 'decode'.*--signature"
        ):
            take(path)
        with pytest.raises(ModelError, match="no signature 'code'; it has 'encode', 'decode'"):
            take(path, signature="code")
    assert [op.name for op in read(path.read_bytes()).ops] == ["add"]  # what runtimes run


def test_a_signature_that_enters_nothing() -> None:
    from test_reader import dictionary

    root = dictionary(flat.read(two_functions()))
    root["signature_defs"][1]["subgraph_index"] = 7
    with pytest.raises(ModelError, match="signature 'decode' enters subgraph 7 of 2"):
        read(flat.serialize(root), "decode")


# --- files of TensorFlow's converter ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def model() -> Any:
    """Convolutions, a sum, a transposed convolution, two inputs and two outputs."""
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    layers = keras.layers
    image, extra = keras.Input((8, 8, 2), batch_size=1, name="image"), keras.Input((6,), batch_size=1, name="extra")
    x = layers.Conv2D(4, 3, padding="same", activation="relu6")(image)
    x = layers.Add()([x, layers.DepthwiseConv2D(3, padding="same")(x)])
    mask = layers.Conv2D(1, 1, activation="sigmoid")(layers.Conv2DTranspose(3, 2, strides=2)(x))
    row = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.Dense(4, activation="tanh")(extra)])
    return keras.Model([image, extra], [mask, layers.Dense(3, activation="softmax")(row)])


def by_tensorflow(model: Any, kind: str) -> bytes:
    tf = pytest.importorskip("tensorflow")
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    rng = np.random.default_rng(0)
    shapes = sorted((tuple(tensor.shape) for tensor in model.inputs), key=len)  # the file's order: by name
    sets = {
        "int8": (tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.int8),
        "16x8": (tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8, tf.int16),
    }
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind in sets:
        converter.representative_dataset = lambda: ([rng.normal(size=s).astype("f") for s in shapes] for _ in range(9))
        converter.target_spec.supported_ops = [sets[kind][0]]
        converter.inference_input_type = converter.inference_output_type = sets[kind][1]
    return bytes(converter.convert())


@pytest.mark.parametrize("kind", ["float32", "dynamic", "int8", "16x8"])
def test_a_file_of_tensorflow_s_keeps_its_bytes(kind: str, model: Any, tmp_path: Path) -> None:
    content = by_tensorflow(model, kind)
    try:
        Interpreter(model_content=content)
    except ModelError:  # TensorFlow does not align 64-bit biases: only the file that we write runs
        assert kind == "16x8"
        content = write(reader.read(content))
    conversion = arenite.convert(saved(content, tmp_path / "given.tflite"))
    assert len(conversion.content) <= len(content)
    same_bytes(content, conversion.content)


@pytest.mark.parametrize("scheme", ["int8", "16x8"])
def test_a_float_file_of_tensorflow_s_is_quantized(scheme: str, model: Any, tmp_path: Path) -> None:
    path = saved(by_tensorflow(model, "float32"), tmp_path / "float.tflite")
    rng = np.random.default_rng(0)
    data = [rng.normal(size=(40, *tensor.shape[1:])).astype(np.float32) for tensor in model.inputs]
    graph = read(path.read_bytes())
    ordered = [next(x for x in data if x.shape[1:] == value.shape[1:]) for value in graph.inputs]
    report = arenite.convert(path, scheme, ordered).report
    assert report.float_fallback == [] and min(report.predicted_sqnr_db.values()) > 25
