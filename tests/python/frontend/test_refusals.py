"""What cannot be converted or loaded: the message says what, where, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arenite.errors import ModelError, UnsupportedError

pytest.importorskip("tensorflow")
import h5py
import keras
import tensorflow as tf
from keras import Input, Model
from keras import layers as L

from arenite.frontend import load_graph


def chain(shape: tuple[int, ...], *parts: Any, **options: Any) -> Model:
    return keras.Sequential([Input(shape, **options), *parts])


def fake_quantized(x: Any) -> Any:
    return tf.quantization.fake_quant_with_min_max_args(x, -1.0, 1.0, num_bits=4)


def listed(x: Any) -> Any:
    """Rows are gathered until their sum is large: how many, only the data tells."""
    rows = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=(1, 4))
    _, rows = tf.while_loop(
        lambda y, _: tf.reduce_sum(y) < 9.0, lambda y, r: (y + 1.0, r.write(r.size(), y)), (x, rows)
    )
    return rows.stack()


def cell_state() -> Any:
    x = keras.Input((5, 3), batch_size=1)
    return keras.Model(x, L.LSTM(4, stateful=True, return_state=True, name="memory")(x)[2])


#: what → (model, what the message must say).
REFUSED: dict[str, tuple[Callable[[], Model], tuple[str, ...]]] = {
    "spectrum": (
        lambda: chain((8,), L.Lambda(lambda x: tf.abs(tf.signal.rfft(x)), name="spectrum")),
        ("layer 'spectrum' (Lambda, test_refusals.py:", "uses TensorFlow RFFT", "compute them before the model"),
    ),
    "cell state": (lambda: cell_state(), ("'memory' (LSTM)", "final cell state is read")),
    "fake quantization": (
        lambda: chain((4,), L.Lambda(fake_quantized, name="fq")),
        ("layer 'fq' (Lambda", "FakeQuantWithMinMaxArgs", "all 256 of their codes", "num_bits=8"),
    ),
    "list of unknown length": (
        lambda: chain((4,), L.Lambda(listed, name="until")),
        ("layer 'until' (Lambda", "While over lists: the number of rounds depends on the data", "fix the length"),
    ),
    "upsampling": (
        lambda: chain((4, 4, 1), L.UpSampling2D(interpolation="bicubic", name="up")),
        ("'up' (UpSampling2D)", "resizing"),
    ),
    "nested layer": (
        lambda: chain((4,), keras.Sequential([L.Dense(3), L.Activation(tf.math.lgamma, name="leak")], name="block")),
        ("layer 'block/leak' (Activation)", "Lgamma"),
    ),
    "channels first": (
        lambda: chain((3, 6, 6), L.Lambda(lambda x: tf.nn.bias_add(x, [1.0, 2.0, 3.0], "NCHW"), name="first")),
        ("'first'", "channels first", "data_format='channels_last'"),
    ),
    "noise": (
        lambda: chain((4,), L.Lambda(lambda x: x + tf.random.normal((1, 4)), name="noise")),
        ("'noise'", "random numbers", "give the noise as an input"),
    ),
    "whole numbers": (
        lambda: chain((4,), L.Lambda(lambda x: tf.cast(tf.cast(x, tf.uint16), tf.float32), name="counts")),
        ("'counts'", "converts to uint16", "use float32 or int32"),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusal(what: str) -> None:
    build, fragments = REFUSED[what]
    with pytest.raises(UnsupportedError) as caught:
        load_graph(build())
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_all_refusals_at_once_one_line_per_layer() -> None:
    parts = [
        L.Conv2D(2, 3),
        L.Activation(tf.math.lgamma, name="one"),
        L.Conv2D(2, 3),
        L.Activation(tf.math.lgamma, name="two"),
        L.UpSampling2D(interpolation="bicubic", name="three"),
    ]
    with pytest.raises(UnsupportedError) as caught:
        load_graph(chain((9, 9, 1), *parts))
    heading, *lines = str(caught.value).splitlines()
    assert "3 things" in heading
    assert [line.split("'")[1] for line in lines] == ["one", "two", "three"]


def test_what_follows_from_a_refusal_is_not_refused_too() -> None:
    """The result of unknown shape is read by a product, which is not to blame; the spectrum behind it is."""

    def some(x: Any) -> Any:
        rows = tf.boolean_mask(x, x[:, 0] > 0)
        return tf.signal.rfft(rows * 2.0 @ tf.ones((8, 8)))

    with pytest.raises(UnsupportedError) as caught:
        load_graph(chain((8,), L.Lambda(some, name="some"), L.Lambda(tf.abs)))
    text = str(caught.value)
    assert "uses TensorFlow Where" in text and "RFFT" in text and "MatMul" not in text and "Mul" not in text


def test_quantized_by_keras() -> None:
    model = chain((4,), L.Dense(3, name="dense"))
    model.quantize("int8")
    with pytest.raises(UnsupportedError, match=r"'dense' \(int8\).*give the float model"):
        load_graph(model)


def test_strings() -> None:
    @tf.function(input_signature=[tf.TensorSpec((1,), tf.string, name="words")])
    def numbers(words: Any) -> Any:
        return tf.strings.to_number(words)

    with pytest.raises(UnsupportedError, match=r"inputs 'words' \(string\) are no numbers"):
        load_graph(numbers)


def test_the_line_in_a_subclassed_model() -> None:
    """Of the call in the user's ``call``, not of the conversion."""

    class Mine(Model):
        def __init__(self) -> None:
            super().__init__(name="mine")
            self.leak = L.Activation(tf.math.lgamma, name="leak")

        def call(self, x: Any) -> Any:
            return self.leak(tf.math.digamma(x))

    line = Mine.call.__code__.co_firstlineno + 1
    with pytest.raises(UnsupportedError) as caught:
        load_graph(Mine(), shapes={"x": (1, 4)})
    assert f"layer 'mine' (Mine, test_refusals.py:{line}) uses TensorFlow Digamma" in str(caught.value)
    assert f"layer 'leak' (Activation, test_refusals.py:{line}) uses TensorFlow Lgamma" in str(caught.value)


# --- shapes ---------------------------------------------------------------------------------------------------------
def open_model() -> Model:
    source = Input((None, 8, 3), name="picture")
    return Model(source, L.GlobalAveragePooling2D()(source))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (None, r"input 'picture' is \[\?, \?, 8, 3\]: which size .* shapes=\{'picture': \[4, 8, 3\]\}"),
        ({"photo": (4, 8, 3)}, "no input named 'photo'; its inputs are 'picture'"),
        ({"picture": (4, 8, 4)}, r"\[1, 4, 8, 4\] does not fit input 'picture', which is \[\?, \?, 8, 3\]"),
        ({"picture": (0, 8, 3)}, "does not fit"),
        ({"picture": (8,)}, "does not fit"),
    ],
)
def test_shapes(shapes: dict[str, tuple[int, ...]] | None, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_graph(open_model(), shapes=shapes)


def test_batch() -> None:
    with pytest.raises(ModelError, match="batch must be at least 1"):
        load_graph(chain((4,), L.ReLU()), batch=0)


def test_never_built() -> None:
    with pytest.raises(ModelError, match="never built"):
        load_graph(keras.Sequential([L.Dense(3)], name="empty"))


# --- files ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A directory with one model in both formats, and one with a Lambda."""
    model, scripted = chain((4,), L.Dense(3)), chain((4,), L.Lambda(lambda x: x * 2))
    for suffix in ("keras", "h5"):
        model.save(tmp_path / f"model.{suffix}")
        scripted.save(tmp_path / f"lambda.{suffix}")
    model.save_weights(tmp_path / "only.weights.h5")
    return tmp_path


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_truncated(suffix: str, saved: Path) -> None:
    content = (saved / f"model.{suffix}").read_bytes()
    for length in (0, 4, 100, len(content) // 2, len(content) - 50):
        (saved / f"cut.{suffix}").write_bytes(content[:length])
        with pytest.raises(ModelError, match=rf"cut\.{suffix}'"):
            load_graph(saved / f"cut.{suffix}")


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_damaged_bytes_are_read_or_told(suffix: str, saved: Path) -> None:
    """Weights have no checksum in .h5, so some damage is only a number; nothing else than ModelError comes out."""
    content, rng, told = (saved / f"model.{suffix}").read_bytes(), np.random.default_rng(0), 0
    for _ in range(12):
        damaged = bytearray(content)
        for place in rng.integers(len(content), size=40):
            damaged[place] = rng.integers(256)
        (saved / f"cut.{suffix}").write_bytes(damaged)
        try:
            load_graph(saved / f"cut.{suffix}")
        except ModelError:
            told += 1
    assert told > 5


def test_an_array_larger_than_its_file_is_not_read(saved: Path) -> None:
    with h5py.File(saved / "model.h5", "r+") as file:
        arrays: list[str] = []
        file.visititems(lambda name, item: arrays.append(name) if isinstance(item, h5py.Dataset) else None)
        del file[arrays[0]]
        file.create_dataset(arrays[0], (1 << 40,), "f4")  # nothing is written before it is filled
    with pytest.raises(ModelError, match=rf"the array '{arrays[0]}' says that it is larger than the file"):
        load_graph(saved / "model.h5")


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_lambda_needs_trust(suffix: str, saved: Path) -> None:
    with pytest.raises(ModelError, match=r"contains a Lambda layer.*trust=True"):
        load_graph(saved / f"lambda.{suffix}")
    assert [op.name for op in load_graph(saved / f"lambda.{suffix}", trust=True).ops] == ["mul"]


def test_not_a_model(saved: Path) -> None:
    (saved / "text.keras").write_text("hello, this is text")
    (saved / "done.tflite").write_bytes(b"\x1c\0\0\0TFL3")
    for name, message in {
        "absent.keras": "no file or directory",
        "text.keras": "neither a .keras archive nor an .h5 file",
        "done.tflite": "converted already",
        "only.weights.h5": "weights without a model",
        ".": "no saved_model.pb",
    }.items():
        with pytest.raises(ModelError, match=message):
            load_graph(saved / name)
    with pytest.raises(ModelError, match="cannot convert a int"):
        load_graph(3)


def test_damaged_saved_model(tmp_path: Path) -> None:
    chain((4,), L.Dense(3)).export(tmp_path, verbose=False)
    (tmp_path / "saved_model.pb").write_bytes((tmp_path / "saved_model.pb").read_bytes()[:200])
    with pytest.raises(ModelError, match="cannot load SavedModel"):
        load_graph(tmp_path)


@keras.saving.register_keras_serializable("refusals")
class Own(L.Layer):
    def call(self, x: Any) -> Any:
        return x + 1.0


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_unknown_class(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain((4,), Own()).save(tmp_path / f"model.{suffix}")
    monkeypatch.delitem(keras.saving.get_custom_objects(), "refusals>Own")
    monkeypatch.setattr(Own, "__module__", "nowhere")
    with pytest.raises(ModelError, match=r"class \S*Own, which is not known here: pass custom_objects"):
        load_graph(tmp_path / f"model.{suffix}")
