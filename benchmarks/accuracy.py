"""SQNR of int8 files against Keras float on unseen data: our converter beside LiteRT's, over eleven small models.

    python benchmarks/accuracy.py [model …]

Weights are random from fixed seeds, BatchNorm statistics come from the calibration data, "outliers" spreads BatchNorm's
gamma over a factor of about 30. Both files run in our interpreter. Needs arenite[keras]; docs/quantization.md holds the
table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

import arenite

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from digits.peer import convert_int8

L = keras.layers
IMAGE = (16, 16, 3)


def block(x: Any, filters: int, kernel: int = 3, stride: int = 1, relu: Any = L.ReLU, depthwise: bool = False) -> Any:
    """Convolution, BatchNorm, activation."""
    options = {"padding": "same", "use_bias": False}
    layer = L.DepthwiseConv2D if depthwise else L.Conv2D
    x = layer(*(() if depthwise else (filters,)), kernel, stride, **options)(x)
    x = L.BatchNormalization()(x)
    return relu()(x) if relu else x


def classifier(image: Any, x: Any, softmax: bool = False) -> Any:
    return keras.Model(image, L.Dense(10, activation="softmax" if softmax else None)(L.GlobalAveragePooling2D()(x)))


def cnn() -> Any:
    image = L.Input(IMAGE)
    return classifier(image, block(L.MaxPooling2D()(block(image, 16)), 32), softmax=True)


def mobilenet_v1(relu: Any = L.ReLU) -> Any:
    image = L.Input(IMAGE)
    x = block(image, 16, relu=relu)
    for filters, stride in ((32, 2), (32, 1), (64, 2), (64, 1)):
        x = block(block(x, 0, 3, stride, relu, depthwise=True), filters, 1, relu=relu)
    return classifier(image, x)


def relu6() -> Any:
    return L.ReLU(6.0)


def mobilenet_v2() -> Any:
    image = L.Input(IMAGE)
    x = block(image, 16, relu=relu6)
    for filters, stride in ((16, 1), (24, 2), (24, 1), (32, 2)):
        y = block(block(x, x.shape[-1] * 4, 1, relu=relu6), 0, 3, stride, relu6, depthwise=True)
        y = block(y, filters, 1, relu=None)
        x = L.Add()([x, y]) if y.shape == x.shape else y
    return classifier(image, x)


def resnet() -> Any:
    image = L.Input(IMAGE)
    x = block(image, 16)
    for filters, stride in ((16, 1), (32, 2), (32, 1), (64, 2)):
        y = block(block(x, filters, 3, stride), filters, relu=None)
        x = L.ReLU()(L.Add()([y, x if stride == 1 else block(x, filters, 1, stride, relu=None)]))
    return classifier(image, x, softmax=True)


def resnet_v2() -> Any:
    image = L.Input(IMAGE)
    x = L.Conv2D(16, 3, padding="same")(image)
    for _ in range(3):
        y = L.Conv2D(16, 3, padding="same")(L.ReLU()(L.BatchNormalization()(x)))
        x = L.Add()([x, y])
    return classifier(image, L.ReLU()(L.BatchNormalization()(x)))


def densenet() -> Any:
    image = L.Input(IMAGE)
    x = block(image, 16)
    for _ in range(3):
        x = L.Concatenate()([x, block(x, 12)])
    return classifier(image, x)


def mlp() -> Any:
    table = L.Input((20,))
    x = table
    for _ in range(3):
        x = L.Dense(64, activation="relu")(x)
    return keras.Model(table, L.Dense(5)(x))


def conv1d() -> Any:
    series = L.Input((64, 4))
    x = L.MaxPooling1D(2)(L.Conv1D(16, 5, padding="same", activation="relu")(series))
    x = L.Conv1D(32, 3, activation="relu")(x)
    return keras.Model(series, L.Dense(6)(L.GlobalAveragePooling1D()(x)))


#: name → (build, how far BatchNorm's gamma spreads: standard deviation of its logarithm).
MODELS: dict[str, tuple[Callable[[], Any], float]] = {
    "CNN": (cnn, 0),
    "MobileNetV1": (mobilenet_v1, 0),
    "MobileNetV1, outliers": (mobilenet_v1, 1.2),
    "MobileNetV1, relu6": (lambda: mobilenet_v1(relu6), 0.5),
    "MobileNetV2": (mobilenet_v2, 0.5),
    "ResNet": (resnet, 0),
    "ResNet, outliers": (resnet, 1.2),
    "ResNetV2": (resnet_v2, 0.5),
    "DenseNet": (densenet, 0.3),
    "MLP": (mlp, 0),
    "Conv1D": (conv1d, 0),
}


def samples(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """100 inputs: images of 4×4 patches with noise, or standard normal features."""
    rng = np.random.default_rng(seed)
    if len(shape) != 3:
        return rng.standard_normal((100, *shape)).astype(np.float32)
    patches = rng.random((100, shape[0] // 4, shape[1] // 4, shape[2]))
    return (np.kron(patches, np.ones((1, 4, 4, 1))) + 0.1 * rng.random((100, *shape))).astype(np.float32)


def set_batch_norms(model: Any, data: np.ndarray, spread: float) -> None:
    """Random gamma and beta; mean and variance as training would have left them."""
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, L.BatchNormalization):
            channels = layer.gamma.shape[0]
            layer.gamma.assign(rng.uniform(0.5, 1.5, channels) * np.exp(spread * rng.standard_normal(channels)))
            layer.beta.assign(0.3 * rng.standard_normal(channels))
            x = np.asarray(keras.Model(model.inputs[0], layer.input)(data))
            layer.moving_mean.assign(x.mean(axis=(0, 1, 2)))
            layer.moving_variance.assign(x.var(axis=(0, 1, 2)) + 1e-6)


def run(content: bytes, inputs: np.ndarray) -> np.ndarray:
    """Real outputs of an int8 file in our interpreter."""
    interpreter = arenite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    scale, zero_point = source["quantization"]
    steps = np.clip(np.rint(inputs / scale) + zero_point, -128, 127).astype(np.int8)
    outputs = []
    for sample in steps:
        interpreter.set_tensor(source["index"], sample[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result["index"])[0])
    scale, zero_point = result["quantization"]
    return (np.array(outputs, np.float64) - zero_point) * scale


def sqnr(reference: np.ndarray, actual: np.ndarray) -> float:
    return float(10 * np.log10((reference**2).sum() / ((reference - actual) ** 2).sum()))


def measure(name: str) -> str:
    """One row of the table."""
    build, spread = MODELS[name]
    keras.utils.set_random_seed(1)
    model = build()
    calibration, unseen = (samples(model.input_shape[1:], seed) for seed in (0, 5))
    set_batch_norms(model, calibration, spread)
    reference = np.asarray(model(unseen))
    ours = arenite.convert(model, "int8", calibration).content
    theirs = convert_int8(model, calibration)
    ratios = [sqnr(reference, run(content, unseen)) for content in (ours, theirs)]
    return f"| {name} | {ratios[0]:.1f} | {ratios[1]:.1f} | {len(ours):,} | {len(theirs):,} |"


if __name__ == "__main__":
    print("| model | SQNR dB, arenite | LiteRT converter | file B, arenite | LiteRT converter |\n|---|---|---|---|---|")
    for chosen in sys.argv[1:] or MODELS:
        print(measure(chosen), flush=True)
