"""Everything a model can come from, with its names and its order kept: objects, files, functions, factories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arenite.errors import ModelError
from arenite.graph import Graph

pytest.importorskip("tensorflow")
import keras
import tensorflow as tf
from keras import Input, Model, ops
from keras import layers as L

from arenite.frontend import load_graph, saved_model

Check = Callable[..., Graph]
Evaluate = Callable[..., list[np.ndarray]]


@keras.saving.register_keras_serializable("tests")
class Shifted(L.Layer):
    """A layer of the user's own."""

    def call(self, x: Any) -> Any:
        return ops.relu(x) + 1.0


class TwoHeads(Model):
    """Subclassed; dict in, dict out, neither in alphabetical order; TensorFlow sorts them on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.zebra, self.heads = L.Dense(4, name="zebra"), [L.Dense(3, name="left"), L.Dense(2, name="right")]

    def call(self, inputs: Any, training: bool = False) -> Any:
        x = ops.relu(self.zebra(inputs["z"])) + inputs["a"]
        return {"second": self.heads[0](x), "first": self.heads[1](x)}


class TwoArguments(Model):
    def call(self, q: Any, p: Any) -> Any:
        return q * p, q


def two_by_two() -> Model:
    """Functional; the inputs' order contradicts the alphabet, and the outputs' order the inputs'."""
    image, extra = Input((6, 6, 2), name="image"), Input((4,), name="extra")
    x = L.Flatten()(L.BatchNormalization()(L.Conv2D(3, 3, activation="relu")(image)))
    return Model([image, extra], [L.Dense(2, name="zulu")(extra), L.Dense(3, name="alpha")(x)])


def names(graph: Graph) -> tuple[list[str], list[str]]:
    return graph.input_names, graph.output_names


def test_functional_lists(against_keras: Check) -> None:
    graph = against_keras(two_by_two())
    assert names(graph) == (["image", "extra"], ["zulu", "alpha"])
    assert [value.name for value in graph.inputs + graph.outputs] == ["image", "extra", "zulu", "alpha"]


def test_functional_dicts(against_keras: Check) -> None:
    z, a = Input((5,), name="z"), Input((4,), name="a")
    model = Model({"z": z, "a": a}, {"two": L.Dense(3)(z), "one": L.Dense(2)(a)})
    assert names(against_keras(model)) == (["z", "a"], ["two", "one"])


def test_lists_in_dicts_have_names_of_their_own() -> None:
    a, b, c = (Input((n,), name=name) for n, name in ((3, "a"), (4, "b"), (5, "c")))
    model = Model({"x": [b, a], "w": c}, {"r": [L.Dense(2)(a), L.Dense(2)(b)], "f": L.Dense(2)(c)})
    graph = load_graph(model)
    assert names(graph) == (["x", "x_1", "w"], ["r", "r_1", "f"])
    assert [value.shape[1] for value in graph.inputs] == [4, 3, 5]


def test_mixed_precision_leaves_no_casts(against_keras: Check) -> None:
    parts = [L.Conv2D(2, 3, dtype="mixed_float16"), L.Flatten(), L.Dense(3, dtype="mixed_bfloat16"), L.Dense(2)]
    graph = against_keras(keras.Sequential([Input((5, 5, 1)), *parts]), tolerance=0.02)
    assert [op.name for op in graph.ops] == ["conv_2d", "reshape", "fully_connected", "fully_connected"]


def test_same_tensor_twice(against_keras: Check) -> None:
    source = Input((5,), name="x")
    y = L.Dense(2, name="y")(source)
    graph = against_keras(Model(source, [y, y, source]))
    assert graph.outputs[0] is graph.outputs[1]
    assert graph.outputs[2] is graph.inputs[0]
    assert len(set(graph.output_names)) == 3


def test_subclassed(against_keras: Check) -> None:
    model = TwoHeads()
    model({"z": np.zeros((2, 5)), "a": np.zeros((2, 4))})
    graph = against_keras(model)
    assert names(graph) == (["z", "a"], ["second", "first"])
    assert [value.shape for value in graph.inputs] == [(1, 5), (1, 4)]


def test_subclassed_with_tf_function(against_keras: Check) -> None:
    class Compiled(TwoHeads):
        call = tf.function(TwoHeads.call)

    model = Compiled()
    model({"z": np.zeros((2, 5)), "a": np.zeros((2, 4))})
    assert names(against_keras(model)) == (["z", "a"], ["second", "first"])


def test_several_arguments() -> None:
    graph = load_graph(TwoArguments(), shapes={"p": (1, 3), "q": (1, 3)})
    assert names(graph) == (["q", "p"], ["output_0", "output_1"])
    with pytest.raises(ModelError, match="which shapes have q, p"):
        load_graph(TwoArguments())


def test_shared_weights_are_one_constant() -> None:
    left, right, dense = Input((5,)), Input((5,)), L.Dense(3, name="shared")
    graph = load_graph(Model([left, right], [dense(left), dense(right)]))
    first, second = graph.ops
    assert first.inputs[1:] == second.inputs[1:]
    assert first.operand(1).name == "shared/kernel"


def test_weights_are_named_by_their_path_and_laid_out_ours() -> None:
    model = keras.Sequential([Input((6, 6, 2)), L.Conv2D(3, (1, 2), name="c"), L.Flatten(), L.Dense(4, name="d")])
    constants = {v.name: v for v in load_graph(model).values() if v.is_constant}
    kernel = model.get_layer("c").kernel.numpy()
    np.testing.assert_array_equal(constants["c/kernel"].data, kernel.transpose(3, 0, 1, 2))
    np.testing.assert_array_equal(constants["d/kernel"].data, model.get_layer("d").kernel.numpy().T)
    assert {"c/bias", "d/bias"} < set(constants)


def test_arrays_that_a_layer_closes_over_are_named_after_it() -> None:
    offset = tf.constant([1.0, 2.0, 3.0])
    model = keras.Sequential([Input((3,)), L.Lambda(lambda x: x + offset, name="shift")])
    assert load_graph(model).ops[0].operand(1).name == "shift/constant"


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_keras_files(suffix: str, tmp_path: Path, evaluate: Evaluate) -> None:
    model = two_by_two()
    model.save(tmp_path / f"model{suffix}")
    graph = load_graph(tmp_path / f"model{suffix}")
    assert names(graph) == (["image", "extra"], ["zulu", "alpha"])
    same_numbers(graph, load_graph(model), evaluate)


def test_saved_model(tmp_path: Path, evaluate: Evaluate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by the v1 loader, which is asked when objects in the directory cannot be revived."""
    model = two_by_two()
    model.export(tmp_path / "exported", verbose=False)
    graph = load_graph(tmp_path / "exported")
    assert graph.input_names == ["image", "extra"]
    assert [value.shape for value in graph.outputs] == [(1, 2), (1, 3)]
    same_numbers(graph, load_graph(model), evaluate)

    def fails(path: str) -> None:
        raise AttributeError("'_UserObject' object has no attribute 'add_slot'")

    monkeypatch.setattr(tf.saved_model, "load", fails)
    frozen = load_graph(tmp_path / "exported")
    assert sorted(frozen.input_names) == ["extra", "image"]
    assert [op.name for op in frozen.ops] == [op.name for op in graph.ops]


def test_saved_model_with_batch(tmp_path: Path) -> None:
    """The signature was traced with an open batch; its shapes are worked out anew."""
    two_by_two().export(tmp_path / "exported", verbose=False)
    graph = load_graph(tmp_path / "exported", batch=2)
    assert {value.shape[0] for op in graph.ops for value in op.outputs} == {2}


def test_saved_model_with_several_signatures(tmp_path: Path) -> None:
    class Codec(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, 4), name="x")])
        def encode(self, x: Any) -> Any:
            return {"y": tf.nn.relu(x)}

        @tf.function(input_signature=[tf.TensorSpec((1, 2), name="z")])
        def decode(self, z: Any) -> Any:
            return {"w": tf.nn.tanh(z)}

    codec = Codec()
    tf.saved_model.save(codec, str(tmp_path), signatures={"encode": codec.encode, "decode": codec.decode})
    assert [op.name for op in load_graph(tmp_path, signature="decode").ops] == ["tanh"]
    with pytest.raises(ModelError, match=r"it has 'encode', 'decode'.*--signature"):
        load_graph(tmp_path)
    with pytest.raises(ModelError, match="give the function itself"):
        load_graph(codec.encode, signature="encode")


def test_saved_model_reads_a_table_by_rows(tmp_path: Path, evaluate: Evaluate) -> None:
    """Embeddings of Keras 2 gather from the variable itself."""
    table = tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3))

    @tf.function(input_signature=[tf.TensorSpec((None, 2), tf.int32, name="rows")])
    def lookup(rows: Any) -> Any:
        return tf.raw_ops.ResourceGather(resource=table.handle, indices=rows, dtype=tf.float32) * 2.0

    graph = load_graph(lookup)
    (result,) = evaluate(graph, [np.array([[3, 1]], np.int32)])
    np.testing.assert_array_equal(result, table.numpy()[[[3, 1]]] * 2)


@pytest.mark.parametrize(("layout", "channels"), [("NCHW", 3), ("NHWC", 5)])
def test_normalization_of_keras_2(layout: str, channels: int, evaluate: Evaluate) -> None:
    """SavedModels of Keras 2 have LayerNormalization as a batch norm in training, with the rows as channels."""
    gamma, beta = np.linspace(0.5, 2, channels).astype(np.float32), np.linspace(-1, 1, channels).astype(np.float32)

    def body(x: Any) -> Any:
        outputs = tf.raw_ops.FusedBatchNormV3(
            x=x, scale=gamma, offset=beta, mean=[], variance=[], epsilon=1e-3, data_format=layout, is_training=True
        )
        return outputs[0]

    function = tf.function(body, input_signature=[tf.TensorSpec((1, 3, 6, 5), name="x")])
    x = np.random.default_rng(0).normal(2, 3, (1, 3, 6, 5)).astype(np.float32)
    axes = (0, 2, 3) if layout == "NCHW" else (0, 1, 2)
    shape = (-1, 1, 1) if layout == "NCHW" else (-1,)
    deviation = np.sqrt(x.var(axes, keepdims=True) + 1e-3)
    expected = (x - x.mean(axes, keepdims=True)) / deviation * gamma.reshape(shape) + beta.reshape(shape)
    (result,) = evaluate(load_graph(function), [x])
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


def test_saved_model_without_signature(tmp_path: Path) -> None:
    tf.saved_model.save(tf.Module(), str(tmp_path))
    with pytest.raises(ModelError, match="no signature 'serving_default'"):
        load_graph(saved_model.load_saved_model(tmp_path))


def test_functions(evaluate: Evaluate) -> None:
    weights = tf.Variable(np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32), name="weights")

    @tf.function(input_signature=[tf.TensorSpec((None, 5), name="data")])
    def signed(x: Any) -> Any:
        return {"zulu": tf.nn.relu(x @ weights), "alpha": x * 2.0}

    for function in (signed, signed.get_concrete_function()):
        graph = load_graph(function)
        assert names(graph) == (["data"], ["zulu", "alpha"])
        x = np.random.default_rng(1).normal(size=(1, 5)).astype(np.float32)
        zulu, alpha = evaluate(graph, [x])
        np.testing.assert_allclose(zulu, np.maximum(x @ weights.numpy(), 0), rtol=1e-5)
        np.testing.assert_allclose(alpha, x * 2)
        assert graph.ops[0].operand(1).name == "weights"


def test_function_with_shapes() -> None:
    @tf.function
    def product(p: Any, q: Any) -> Any:
        return tf.nn.relu(p) * q

    graph = load_graph(product, shapes={"q": (1, 3), "p": (1, 3)})
    assert names(graph) == (["p", "q"], ["output_0"])
    with pytest.raises(ModelError, match="open shapes"):
        load_graph(product)


def test_factories(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import keras\ndef build():\n    return keras.Sequential([keras.Input((4,)), keras.layers.ReLU()])\n"
    )
    assert [op.name for op in load_graph(f"{file}:build").ops] == ["relu"]
    assert load_graph(two_by_two).input_names == ["image", "extra"]
    with pytest.raises(ModelError, match=r"mine\.py' defines no 'other'"):
        load_graph(f"{file}:other")
    with pytest.raises(ModelError, match="returned a int"):
        load_graph(lambda: 3)


def test_factories_in_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the working directory too; what goes wrong in them is said in one sentence."""
    (tmp_path / "my_factory.py").write_text(
        "import keras\ndef build():\n    return keras.Sequential([keras.Input((4,)), keras.layers.ReLU()])\n"
        "def broken():\n    raise KeyError('width')\nnumber = 3\n"
    )
    (tmp_path / "bad_factory.py").write_text("raise RuntimeError('no licence')\n")
    monkeypatch.chdir(tmp_path)
    assert [op.name for op in load_graph("my_factory:build").ops] == ["relu"]
    for place, message in {
        "my_factory:broken": "'my_factory:broken' fails: KeyError: 'width'",
        "my_factory:number": "is a int, no function",
        "absent_factory:build": "there is no module 'absent_factory'",
        "bad_factory:build": "'bad_factory' fails when it is run: RuntimeError: no licence",
        "absent.py:build": "there is no file",
    }.items():
        with pytest.raises(ModelError, match=message):
            load_graph(place)


def test_custom_layers(tmp_path: Path) -> None:
    model = keras.Sequential([Input((5,)), Shifted()])
    model.save(tmp_path / "model.keras")
    assert [op.name for op in load_graph(tmp_path / "model.keras", custom_objects={"Shifted": Shifted}).ops] == [
        "relu",
        "add",
    ]


def test_open_dimensions() -> None:
    source = Input((None, None, 3), name="picture")
    model = Model(source, L.GlobalAveragePooling2D()(L.Conv2D(2, 3)(source)))
    assert load_graph(model, shapes={"picture": (9, 7, 3)}).inputs[0].shape == (1, 9, 7, 3)
    assert load_graph(model, shapes={"picture": (2, 9, 7, 3)}).inputs[0].shape == (2, 9, 7, 3)


def test_never_built() -> None:
    model = keras.Sequential([L.Dense(3)])
    assert load_graph(model, shapes={"row": (1, 5)}).input_names == ["row"]


def same_numbers(one: Graph, other: Graph, evaluate: Evaluate) -> None:
    """Both graphs give the same outputs, by position."""
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=value.shape).astype(np.float32) for value in one.inputs]
    for left, right in zip(evaluate(one, inputs), evaluate(other, inputs), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-4)
