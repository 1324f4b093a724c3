"""``make qat``: what quantization-aware training brings on scikit-learn's digits, and what an epoch of it takes.

Three seeds; one float model each, 80 epochs; the files that conversion makes of it with 100 calibration samples; then 20
epochs of quantization-aware training and the files of that, without calibration data. Accuracy on 400 samples that no
training saw.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from sklearn.datasets import load_digits

import arenite
import arenite.qat as qat
from arenite.samples import dequantize, quantize

L = keras.layers
SEEDS = (0, 1, 2)
FLOAT_EPOCHS, QAT_EPOCHS, TEST = 80, 20, 400


def classifier() -> Any:
    """3,200 parameters: a convolution, two separable ones with a residual sum, BatchNormalization, a mean."""
    image = keras.Input((8, 8, 1), name="image")
    x = L.ReLU()(L.BatchNormalization()(L.Conv2D(16, 3, padding="same", use_bias=False, name="stem")(image)))
    y = L.ReLU(6.0)(L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(x)))
    y = L.BatchNormalization()(L.Conv2D(16, 1, use_bias=False, name="pointwise")(y))
    x = L.MaxPooling2D()(L.ReLU()(L.Add(name="sum")([x, y])))
    x = L.GlobalAveragePooling2D()(L.Conv2D(16, 3, activation="relu", name="last")(x))
    return keras.Model(image, L.Dense(10, name="scores")(x))


def fit(model: Any, data: tuple[np.ndarray, np.ndarray], epochs: int, rate: float) -> float:
    """Train; seconds of an epoch, the fastest of those after the first."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, epochs * 44)), loss)
    times: list[float] = []
    begin = time.perf_counter()

    def note(epoch: int, logs: Any) -> None:
        nonlocal begin
        times.append(time.perf_counter() - begin)
        begin = time.perf_counter()

    model.fit(*data, epochs=epochs, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=note)])
    return min(times[1:])


def run(file: arenite.Conversion, images: np.ndarray) -> np.ndarray:
    """Real scores of the file."""
    interpreter = arenite.Interpreter(model_content=bytes(file.content))
    interpreter.allocate_tensors()
    given, found = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    rows = []
    for image in images:
        interpreter.set_tensor(given["index"], quantize(image[None], given))
        interpreter.invoke()
        rows.append(dequantize(interpreter.get_tensor(found["index"]), found)[0])
    return np.array(rows)


def one_seed(seed: int, note: Callable[[str, float], None]) -> None:
    keras.utils.set_random_seed(seed)
    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits.data))
    images, labels = (digits.data.reshape(-1, 8, 8, 1) / 16).astype(np.float32)[order], digits.target[order]
    train, test = (images[:-TEST], labels[:-TEST]), (images[-TEST:], labels[-TEST:])

    def accuracy(scores: np.ndarray) -> float:
        return 100 * float(np.mean(scores.argmax(axis=1) == test[1]))

    model = classifier()
    seconds = fit(model, train, FLOAT_EPOCHS, 3e-3)
    note("float32: accuracy", accuracy(model.predict(test[0], verbose=0)))
    for scheme, dtype in (("int8", "int8"), ("int4 weights", "int4")):
        plain = arenite.convert(model, "int8", train[0][:100], weights=dtype)
        note(f"{scheme}, converted: accuracy", accuracy(run(plain, test[0])))
        wrapped = qat.wrap(model, scheme)
        took = fit(wrapped, train, QAT_EPOCHS, 3e-4)
        file = arenite.convert(wrapped, **qat.options(wrapped))
        real = run(file, test[0])
        step = float(file.graph.outputs[0].quant.scale[0])  # type: ignore[union-attr]  # int8
        apart = np.abs(np.rint((real - wrapped.predict(test[0], verbose=0)) / step))
        note(f"{scheme}, trained: accuracy", accuracy(real))
        note(f"{scheme}, trained: scores equal to Keras, %", 100 * float(np.mean(apart == 0)))
        note(f"{scheme}, trained: most steps apart", float(apart.max()))
        note(f"{scheme}, trained: an epoch, times float", took / seconds)
        note(f"{scheme}: file, B", len(file.content))


def main() -> None:
    rows: dict[str, list[float]] = {}
    for seed in SEEDS:
        one_seed(seed, lambda name, value: rows.setdefault(name, []).append(value))
    print("| | " + " | ".join(f"seed {seed}" for seed in SEEDS) + " |")
    print("|---" * (len(SEEDS) + 1) + "|")
    for name, values in rows.items():
        print(f"| {name} | " + " | ".join(f"{value:,.2f}".rstrip("0").rstrip(".") for value in values) + " |")


if __name__ == "__main__":
    main()
