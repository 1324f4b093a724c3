"""``.h5`` files as Keras 2 wrote them: what Keras 3 refuses or misreads is mended in a copy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arenite.errors import ModelError
from arenite.graph import Graph

pytest.importorskip("tensorflow")
import h5py
import keras
import tensorflow as tf
from keras import Input
from keras import layers as L

from arenite.frontend import load_graph
from arenite.frontend.keras2_config import mend

Evaluate = Callable[..., list[np.ndarray]]


def saved(model: Any, path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """``model`` as .h5 with a changed configuration."""
    model.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)
    return path


def chain(shape: tuple[int, ...], *parts: Any) -> Any:
    return keras.Sequential([Input(shape), *parts])


#: layer, its input, and the fields that Keras 2 wrote besides.
FIELDS: dict[str, tuple[Callable[[], Any], tuple[int, ...], dict[str, Any]]] = {
    "depthwise": (lambda: L.DepthwiseConv2D(3), (6, 6, 2), {"groups": 1}),
    "separable": (
        lambda: L.SeparableConv2D(3, 3),
        (6, 6, 2),
        {"groups": 1, "kernel_initializer": {"class_name": "GlorotUniform"}, "kernel_constraint": None},
    ),
    "transposed": (lambda: L.Conv2DTranspose(3, 2), (6, 6, 2), {"groups": 1}),
    "lstm": (lambda: L.LSTM(3), (5, 2), {"time_major": False}),
    "attention": (lambda: L.Attention(), (5, 2), {"score_mode": "dot"}),
    "policy": (
        lambda: L.Dense(3),
        (5,),
        {"dtype": {"module": "keras.mixed_precision", "class_name": "Policy", "config": {"name": "mixed_float16"}}},
    ),
}


@pytest.mark.parametrize("what", [name for name in FIELDS if name != "attention"])
def test_fields_of_layers(what: str, tmp_path: Path, evaluate: Evaluate) -> None:
    """The file converts as the model does, and stays as it was."""
    make, shape, fields = FIELDS[what]
    model = chain(shape, make())
    path = saved(model, tmp_path / "old.h5", lambda config: config["config"]["layers"][1]["config"].update(fields))
    before = path.read_bytes()
    with pytest.raises((TypeError, ValueError, AttributeError)):
        keras.models.load_model(path, compile=False)
    graph = load_graph(path)
    assert path.read_bytes() == before
    x = np.random.default_rng(0).normal(size=(1, *shape)).astype(np.float32)
    (result,) = evaluate(graph, [x])
    np.testing.assert_allclose(result, model(x).numpy(), rtol=1e-4, atol=1e-4)


def test_a_field_that_means_something_stays() -> None:
    """Groups other than 1 and time-major sequences are for Keras to refuse."""
    config = {"class_name": "LSTM", "config": {"time_major": True}}
    assert not mend(config) and config["config"] == {"time_major": True}
    config = {"class_name": "Attention", "config": {"score_mode": "dot"}}
    assert mend(config) and config["config"] == {}


def function(name: str, path: str, *node: Any) -> dict[str, Any]:
    """A layer of Keras 2 that stands for a function of TensorFlow's."""
    kind = "SlicingOpLambda" if path.endswith("getitem") else "TFOpLambda"
    fields = {"name": name, "trainable": True, "dtype": "float32", "function": path}
    return {"class_name": kind, "config": fields, "name": name, "inbound_nodes": [list(node)]}


def functional(layers: list[dict[str, Any]]) -> Callable[[dict[str, Any]], None]:
    source = {"batch_input_shape": [None, 4, 6], "dtype": "float32", "sparse": False, "ragged": False, "name": "x"}
    head = {"class_name": "InputLayer", "config": source, "name": "x", "inbound_nodes": []}

    def change(config: dict[str, Any]) -> None:
        config["class_name"] = "Functional"
        config["config"] = {
            "name": "model", "trainable": True, "layers": [head, *layers],
            "input_layers": [["x", 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]],
        }  # fmt: skip

    return change


def test_functions_of_tensorflow(tmp_path: Path, evaluate: Evaluate) -> None:
    """Constants first and second, tensors among the keyword arguments, lists of operands, subscripts."""
    ellipsis = {"class_name": "__ellipsis__"}
    part = {"start": None, "stop": None, "step": 2}
    layers = [
        function("doubled", "math.multiply", "x", 0, 0, {"y": 2.0, "name": None}),
        function("from_one", "math.subtract", "_CONSTANT_VALUE", -1, 1.0, {"y": ["doubled", 0, 0], "name": None}),
        function("sum", "__operators__.add", "from_one", 0, 0, {"y": ["x", 0, 0], "name": None}),
        function("both", "concat", ["sum", 0, 0, {"axis": 1}], ["x", 0, 0, {"axis": 1}]),
        function("mean", "math.reduce_mean", "both", 0, 0, {"axis": [1], "keepdims": True}),
        function("some", "__operators__.getitem", "mean", 0, 0, {"slice_spec": [ellipsis, part]}),
    ]
    path = saved(chain((4, 6), L.ReLU()), tmp_path / "old.h5", functional(layers))
    x = np.random.default_rng(0).normal(size=(1, 4, 6)).astype(np.float32)
    truth = tf.concat([1.0 - x * 2.0 + x, x], 1)
    (result,) = evaluate(load_graph(path), [x])
    np.testing.assert_allclose(
        result, tf.reduce_mean(truth, [1], keepdims=True)[..., ::2].numpy(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("path", ["io.write_file", "keras.utils.get_file", "py_function", "math.no_such_function"])
def test_functions_that_a_file_may_not_call(path: str, tmp_path: Path) -> None:
    layers = [function("f", path, "x", 0, 0, {"name": None})]
    with pytest.raises(ModelError, match=rf"calls tf\.{path}.*export it as a SavedModel"):
        load_graph(saved(chain((4, 6), L.ReLU()), tmp_path / "old.h5", functional(layers)))


def test_tensors_among_the_arguments_of_layers() -> None:
    """The initial state of a recurrent layer stood behind the sequence; attention names its values."""
    names = [{"name": "x"}, {"name": "h"}]
    layers: list[Any] = [
        *names,
        {"class_name": "LSTM", "inbound_nodes": [[["x", 0, 0, {}], ["h", 0, 0, {}], ["h", 0, 0, {}]]]},
        {"class_name": "MultiHeadAttention", "inbound_nodes": [[["x", 0, 0, {"value": ["h", 0, 0]}]]]},
        {"class_name": "Dense", "inbound_nodes": [[["x", 0, 0, {}]]]},
    ]
    assert mend({"class_name": "Functional", "config": {"layers": layers}})

    def of(tensor: dict[str, Any]) -> str:
        return tensor["config"]["keras_history"][0]

    (lstm,), (mha,), (dense,) = (layer["inbound_nodes"] for layer in layers[2:])
    assert [of(t) for t in lstm["args"]] == ["x"] and [of(t) for t in lstm["kwargs"]["initial_state"]] == ["h", "h"]
    assert of(mha["kwargs"]["value"]) == "h"
    assert dense == [["x", 0, 0, {}]]


def test_a_configuration_that_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "bad.h5"
    chain((4,), L.Dense(2)).save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = '{"class_name": '
    with pytest.raises(ModelError, match=r"bad\.h5' is damaged: its model_config is no JSON"):
        load_graph(path)


def test_a_file_of_another_backend(tmp_path: Path) -> None:
    """Only the weights and the configuration count."""
    path = tmp_path / "jax.h5"
    chain((4,), L.Dense(2)).save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["backend"] = "jax"
    graph: Graph = load_graph(path)
    assert [op.name for op in graph.ops] == ["fully_connected"]
