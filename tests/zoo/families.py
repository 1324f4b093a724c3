"""Networks as they are built for microcontrollers."""

from __future__ import annotations

from typing import Any

from keras import Input, Model
from keras import layers as L

from .building import block, chain, classifier, depthwise, image, relu6, row
from .registry import register


def resnet8() -> Model:
    """MLPerf Tiny's image classifier."""
    source = Input((32, 32, 3))
    x = block(source, 16)
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        y = block(block(x, filters, 3, stride), filters, relu=None)
        shortcut = x if stride == 1 else L.Conv2D(filters, 1, stride, padding="same")(x)
        x = L.ReLU()(L.Add()([y, shortcut]))
    x = L.Flatten()(L.AveragePooling2D(8)(x))
    return Model(source, L.Dense(10, activation="softmax")(x))


def resnet_v2() -> Model:
    source = Input((16, 16, 3))
    x = L.Conv2D(12, 3, padding="same")(source)
    for _ in range(3):
        y = L.ReLU()(L.BatchNormalization()(x))
        x = L.Add()([x, L.Conv2D(12, 3, padding="same")(y)])
    return classifier(source, L.ReLU()(L.BatchNormalization()(x)))


def ds_cnn() -> Model:
    """MLPerf Tiny's keyword spotter."""
    source = Input((49, 10, 1))
    x = L.Dropout(0.2)(block(source, 32, (10, 4), 2))
    for _ in range(4):
        x = block(depthwise(x), 32, 1)
    x = L.Flatten()(L.AveragePooling2D((25, 5))(L.Dropout(0.4)(x)))
    return Model(source, L.Dense(12, activation="softmax")(x))


def mobilenet_v2_blocks() -> Model:
    source = Input((24, 24, 3))
    x = block(source, 8, 3, 2, relu6)
    for filters, stride in ((8, 1), (12, 2), (12, 1)):
        y = block(depthwise(block(x, x.shape[-1] * 4, 1, relu=relu6), 3, stride, relu6), filters, 1, relu=None)
        x = L.Add()([x, y]) if y.shape == x.shape else y
    return classifier(source, x)


def squeezenet() -> Model:
    source = Input((32, 32, 3))
    x = L.MaxPooling2D(3, 2)(L.Conv2D(16, 3, 2, activation="relu")(source))
    for squeeze, expand in ((4, 8), (6, 12), (8, 16)):
        x = L.Conv2D(squeeze, 1, activation="relu")(x)
        parts = [L.Conv2D(expand, kernel, padding="same", activation="relu")(x) for kernel in (1, 3)]
        x = L.Concatenate()(parts)
    return Model(source, L.Softmax()(L.GlobalAveragePooling2D()(L.Conv2D(10, 1, activation="relu")(x))))


def densenet() -> Model:
    source = Input((16, 16, 3))
    x = L.Conv2D(8, 3, padding="same")(source)
    for _ in range(3):
        y = L.Conv2D(6, 3, padding="same")(L.ReLU()(L.BatchNormalization()(x)))
        x = L.Concatenate()([x, y])
    return classifier(source, L.AveragePooling2D(2)(x))


def inception() -> Model:
    source = Input((16, 16, 3))
    x = block(source, 12)
    parts = [block(x, 6, 1), block(block(x, 4, 1), 8, 3), block(block(x, 4, 1), 8, 5)]
    return classifier(source, L.Concatenate()([*parts, block(L.MaxPooling2D(3, 1, padding="same")(x), 4, 1)]))


def shufflenet() -> Model:
    """Grouped convolutions with their channels shuffled between."""
    source = Input((16, 16, 3))
    x = block(source, 16)
    for _ in range(2):
        y = L.ReLU()(L.BatchNormalization()(L.Conv2D(16, 1, groups=4)(x)))
        y = L.Reshape((16, 16, 16))(L.Permute((1, 2, 4, 3))(L.Reshape((16, 16, 4, 4))(y)))
        y = L.Conv2D(16, 1, groups=4)(depthwise(y, relu=None))
        x = L.ReLU()(L.Add()([x, y]))
    return classifier(source, x)


def convnext() -> Model:
    source = Input((16, 16, 3))
    x = L.LayerNormalization()(L.Conv2D(16, 2, 2)(source))
    for _ in range(2):
        y = L.LayerNormalization()(L.DepthwiseConv2D(7, padding="same")(x))
        x = L.Add()([x, L.Dense(16)(L.Dense(32, "gelu")(y))])
    return classifier(source, x)


def unet() -> Model:
    source = Input((32, 32, 1))
    first = block(source, 8)
    second = block(L.MaxPooling2D()(first), 16)
    x = block(L.MaxPooling2D()(second), 24)
    x = block(L.Concatenate()([L.Conv2DTranspose(16, 2, 2)(x), second]), 16)
    x = block(L.Concatenate()([L.UpSampling2D()(x), first]), 8)
    return Model(source, L.Conv2D(1, 1, activation="sigmoid")(x))


def unet_bilinear() -> Model:
    source = Input((24, 24, 3))
    first = block(source, 8)
    x = block(L.AveragePooling2D(2)(first), 16)
    x = L.UpSampling2D(interpolation="bilinear")(x)
    return Model(source, L.Conv2D(4, 1, activation="softmax")(block(L.Concatenate()([x, first]), 8)))


def tcn(norm: bool) -> Model:
    """Dilated causal convolutions with residual sums."""
    source = Input((40, 4))
    x = L.Conv1D(12, 1)(source)
    for dilation in (1, 2, 4):
        y = L.Conv1D(12, 3, padding="causal", dilation_rate=dilation)(x)
        y = L.ReLU()(L.BatchNormalization()(y)) if norm else L.ReLU()(y)
        x = L.Add()([x, L.SpatialDropout1D(0.1)(y)])
    return Model(source, L.Dense(5)(L.Lambda(lambda t: t[:, -1])(x)))


def wavenet() -> Model:
    source = Input((32, 2))
    x, skips = L.Conv1D(8, 1)(source), []
    for dilation in (1, 2, 4):
        options: dict[str, Any] = {"padding": "causal", "dilation_rate": dilation}
        y = L.Multiply()([L.Conv1D(8, 2, activation=f, **options)(x) for f in ("tanh", "sigmoid")])
        y = L.Conv1D(8, 1)(y)
        skips.append(y)
        x = L.Add()([x, y])
    return Model(source, L.Conv1D(4, 1)(L.ReLU()(L.Add()(skips))))


def conv_lstm_keyword() -> Model:
    """Convolutions, then a recurrent layer."""
    source = Input((40, 10, 1))
    x = L.Reshape((20, 5 * 8))(block(source, 8, 3, 2))
    return Model(source, L.Dense(6, activation="softmax")(L.GRU(12)(x)))


def dense_autoencoder() -> Model:
    """MLPerf Tiny's anomaly detector, narrower."""
    parts: list[Any] = []
    for units in (32, 32, 8, 32, 32):
        parts += [L.Dense(units), L.BatchNormalization(), L.ReLU()]
    return chain((64,), *parts, L.Dense(64))


def conv_autoencoder() -> Model:
    down = [L.Conv2D(8, 3, 2, padding="same", activation="relu"), L.Conv2D(4, 3, 2, padding="same", activation="relu")]
    up = [L.Conv2DTranspose(n, 3, 2, padding="same", activation="relu") for n in (4, 8)]
    return chain((16, 16, 1), *down, *up, L.Conv2D(1, 3, padding="same", activation="sigmoid"))


def lstm_autoencoder() -> Model:
    return chain(
        (12, 3), L.LSTM(8), L.RepeatVector(12), L.LSTM(8, return_sequences=True), L.TimeDistributed(L.Dense(3))
    )


def squeeze_and_excite() -> Model:
    source = Input((16, 16, 3))
    x = block(source, 16)
    gate = L.GlobalAveragePooling2D(keepdims=True)(x)
    gate = L.Conv2D(16, 1, activation="hard_sigmoid")(L.Conv2D(4, 1, activation="relu")(gate))
    return classifier(source, L.Multiply()([x, gate]))


def mixer() -> Model:
    """MLP over places, then over channels."""
    source = Input((16, 16, 3))
    x = L.Reshape((16, 12))(L.Conv2D(12, 4, 4)(source))
    y = L.Permute((2, 1))(L.Dense(16)(L.Dense(24, "gelu")(L.Permute((2, 1))(L.LayerNormalization()(x)))))
    x = L.Add()([x, y])
    x = L.Add()([x, L.Dense(12)(L.Dense(24, "gelu")(L.LayerNormalization()(x)))])
    return Model(source, L.Dense(10)(L.GlobalAveragePooling1D()(x)))


def detector() -> Model:
    """Two scales of boxes and classes, as single-shot detectors have."""
    source = Input((32, 32, 3))
    x = block(block(source, 8, 3, 2, relu6), 16, 3, 2, relu6)
    y = block(x, 24, 3, 2, relu6)
    boxes = [L.Reshape((-1, 4))(L.Conv2D(8, 3, padding="same")(t)) for t in (x, y)]
    kinds = [L.Reshape((-1, 3))(L.Conv2D(6, 3, padding="same")(t)) for t in (x, y)]
    scores = L.Activation("sigmoid")(L.Concatenate(axis=1)(kinds))
    return Model(source, {"boxes": L.Concatenate(axis=1)(boxes), "scores": scores})


def vgg() -> Model:
    parts = [L.Conv2D(8, 3, padding="same", activation="relu"), L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D()]
    return image(*parts, L.Flatten(), L.Dense(16, "relu"), L.Dropout(0.5), L.Dense(5, "softmax"))


def sine() -> Model:
    return chain((1,), L.Dense(16, "relu"), L.Dense(16, "relu"), L.Dense(1))


def mlp_with_selu() -> Model:
    return row(L.Dense(16, "selu"), L.AlphaDropout(0.1), L.Dense(16, "selu"), L.Dense(3, "softmax"))


register("network", {
    "VGG": vgg,
    "ResNet-8": resnet8,
    "ResNet V2": resnet_v2,
    "DS-CNN": ds_cnn,
    "MobileNet V2 blocks": mobilenet_v2_blocks,
    "SqueezeNet": squeezenet,
    "DenseNet": densenet,
    "Inception": inception,
    "ShuffleNet": shufflenet,
    "ConvNeXt": convnext,
    "squeeze and excite": squeeze_and_excite,
    "U-Net": unet,
    "U-Net bilinear": unet_bilinear,
    "MLP-Mixer": mixer,
    "detector": detector,
    "TCN": lambda: tcn(norm=False),
    "TCN with BatchNorm": lambda: tcn(norm=True),
    "WaveNet": wavenet,
    "convolutions and GRU": conv_lstm_keyword,
    "dense autoencoder": dense_autoencoder,
    "convolutional autoencoder": conv_autoencoder,
    "LSTM autoencoder": lstm_autoencoder,
    "sine": sine,
    "MLP with SELU": mlp_with_selu,
})  # fmt: skip
