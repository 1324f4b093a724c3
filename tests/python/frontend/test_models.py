"""Small models, each against Keras: the same numbers with random weights and statistics, by the right operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from arenite.graph import Graph

pytest.importorskip("tensorflow")
import keras
import tensorflow as tf
from keras import Input, Model, ops
from keras import layers as L

from arenite.frontend import load_graph

Check = Callable[..., Graph]
IMAGE, SERIES, ROW = (9, 8, 4), (20, 4), (5,)


def chain(shape: tuple[int, ...], *parts: Any, **options: Any) -> Model:
    """A functional model: the layers one after the other."""
    x = source = Input(shape, **options)
    for part in parts:
        x = part(x)
    return Model(source, x)


def digits() -> Model:
    """The shape of a small image classifier: convolution, separable block, residual, pooling, dense."""
    source = Input((8, 8, 1), name="image")
    x = L.Conv2D(8, 3, padding="same", use_bias=False)(source)
    x = skip = L.ReLU(6)(L.BatchNormalization()(x))
    x = L.ReLU()(L.BatchNormalization()(L.DepthwiseConv2D(3, padding="same", use_bias=False)(x)))
    x = L.BatchNormalization()(L.Conv2D(8, 1, use_bias=False)(x))
    x = L.MaxPooling2D()(L.ReLU()(L.Add()([x, skip])))
    return Model(source, L.Dense(10, activation="softmax", name="probabilities")(L.Flatten()(x)))


def squeeze_and_excite() -> Model:
    source = Input(IMAGE)
    x = L.Conv2D(2, 1, activation="relu")(L.GlobalAveragePooling2D(keepdims=True)(source))
    return Model(source, L.Multiply()([source, L.Conv2D(4, 1, activation="sigmoid")(x)]))


def two_tensors(merge: L.Layer) -> Model:
    """Tensors of batch one: Keras adds them as a bias that is not constant."""
    left, right = Input(ROW), Input(ROW)
    return Model([left, right], merge([left, right]))


def two_series(function: Callable[[Any], Any]) -> Model:
    left, right = Input(SERIES), Input(SERIES)
    return Model([left, right], L.Lambda(function)([left, right]))


def attention() -> Model:
    query, memory = Input(SERIES), Input(SERIES)
    return Model([query, memory], L.MultiHeadAttention(2, 3)(query, memory))


def shared_layer() -> Model:
    left, right, dense = Input(ROW), Input(ROW), L.Dense(3)
    return Model([left, right], L.Concatenate()([dense(left), dense(right)]))


def nested() -> Model:
    inner = chain((6,), L.Dense(5, "relu"), L.BatchNormalization())
    return chain((6,), inner, keras.Sequential([L.Dense(3), L.BatchNormalization()]), L.Dense(2))


def fused_batch_norm(x: Any) -> Any:
    """As Keras 2 and TensorFlow's own layers normalize."""
    statistics = {"mean": [0.1, 0.2, 0.3, 0.4], "variance": [0.5, 1.0, 1.5, 2.0]}
    scale, offset = [1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]
    return tf.raw_ops.FusedBatchNormV3(x=x, scale=scale, offset=offset, is_training=False, **statistics)[0]


#: name → (model, the operators it becomes, in order).
MODELS: dict[str, tuple[Callable[[], Model], str]] = {
    "digits": (
        digits,
        "conv_2d mul add relu6 depthwise_conv_2d mul add relu conv_2d mul add add relu max_pool_2d reshape"
        " fully_connected softmax",
    ),
    "squeeze and excite": (squeeze_and_excite, "mean conv_2d relu conv_2d logistic mul"),
    # convolutions
    "conv valid": (lambda: chain(IMAGE, L.Conv2D(4, 3)), "conv_2d"),
    "conv strides": (lambda: chain(IMAGE, L.Conv2D(4, (3, 2), strides=2, padding="same")), "conv_2d"),
    "conv without bias": (lambda: chain(IMAGE, L.Conv2D(3, 1, use_bias=False)), "conv_2d"),
    "conv dilated same": (lambda: chain(IMAGE, L.Conv2D(4, 3, padding="same", dilation_rate=2)), "conv_2d"),
    "conv dilated valid": (lambda: chain(IMAGE, L.Conv2D(4, 2, dilation_rate=3)), "conv_2d"),
    "conv dilated unequally": (lambda: chain(IMAGE, L.Conv2D(4, 3, padding="same", dilation_rate=(1, 3))), "conv_2d"),
    "conv grouped": (lambda: chain(IMAGE, L.Conv2D(6, 3, groups=2)), "conv_2d"),
    "conv one group per channel": (lambda: chain(IMAGE, L.Conv2D(8, 3, groups=4)), "depthwise_conv_2d"),
    "depthwise multiplier": (lambda: chain(IMAGE, L.DepthwiseConv2D(3, depth_multiplier=2)), "depthwise_conv_2d"),
    "depthwise dilated": (
        lambda: chain(IMAGE, L.DepthwiseConv2D(3, padding="same", dilation_rate=2)),
        "depthwise_conv_2d",
    ),
    "separable": (lambda: chain(IMAGE, L.SeparableConv2D(5, 3, padding="same")), "depthwise_conv_2d conv_2d"),
    "conv 1-D": (lambda: chain(SERIES, L.Conv1D(6, 3, strides=2, padding="same")), "reshape conv_2d reshape"),
    "conv 1-D causal": (
        lambda: chain(SERIES, L.Conv1D(6, 3, padding="causal", dilation_rate=2)),
        "pad reshape conv_2d reshape",
    ),
    "conv 1-D dilated": (
        lambda: chain(SERIES, L.Conv1D(6, 3, padding="same", dilation_rate=3)),
        "reshape conv_2d reshape",
    ),
    "conv 1-D grouped": (lambda: chain(SERIES, L.Conv1D(6, 3, groups=2)), "reshape conv_2d reshape"),
    "depthwise 1-D": (
        lambda: chain(SERIES, L.DepthwiseConv1D(3, depth_multiplier=2)),
        "reshape depthwise_conv_2d reshape",
    ),
    "separable 1-D": (lambda: chain(SERIES, L.SeparableConv1D(5, 3)), "reshape depthwise_conv_2d conv_2d reshape"),
    "conv transposed": (lambda: chain(IMAGE, L.Conv2DTranspose(5, 3, strides=2, padding="same")), "transpose_conv"),
    "conv transposed valid": (
        lambda: chain(IMAGE, L.Conv2DTranspose(5, (3, 2), strides=(1, 2), use_bias=False)),
        "transpose_conv",
    ),
    "conv transposed 1-D": (
        lambda: chain(SERIES, L.Conv1DTranspose(3, 4, strides=2)),
        "reshape transpose_conv reshape",
    ),
    # products
    "product of two": (lambda: two_series(lambda xs: tf.matmul(*xs, transpose_b=True)), "batch_matmul"),
    "product of two, swapped": (lambda: two_series(lambda xs: tf.matmul(*xs, transpose_a=True)), "batch_matmul"),
    "matrices of their own": (
        lambda: chain((3, 4, 2), L.Lambda(lambda x: ops.matmul(x, tf.reshape(tf.range(18.0) / 9, (1, 3, 2, 3))))),
        "batch_matmul",
    ),
    "dense": (
        lambda: chain(ROW, L.Dense(4, "relu"), L.Dense(3, "sigmoid")),
        "fully_connected relu fully_connected logistic",
    ),
    "dense rank 3": (lambda: chain(SERIES, L.Dense(3, "relu")), "fully_connected relu"),
    "dense rank 4": (lambda: chain(IMAGE, L.Dense(3, use_bias=False)), "fully_connected"),
    "einsum": (
        lambda: chain(SERIES, L.EinsumDense("btc,cd->btd", output_shape=(20, 7), bias_axes="d")),
        "fully_connected",
    ),
    "einsum of two axes": (
        lambda: chain((3, 4, 2), L.EinsumDense("bijk,jkd->bid", output_shape=(3, 5))),
        "reshape fully_connected",
    ),
    "einsum, axis in the middle": (
        lambda: chain(SERIES, L.EinsumDense("btc,td->bdc", output_shape=(7, 4))),
        "transpose fully_connected transpose",
    ),
    "einsum of heads": (
        lambda: chain(SERIES, L.EinsumDense("btc,cnh->btnh", output_shape=(20, 2, 3), bias_axes="nh")),
        "fully_connected reshape",
    ),
    "einsum, a matrix for each place": (
        lambda: chain(SERIES, L.EinsumDense("btc,tcd->btd", output_shape=(20, 3))),
        "reshape batch_matmul reshape",
    ),
    "einsum of two": (lambda: two_series(lambda xs: tf.einsum("btc,bsc->bts", *xs)), "batch_matmul"),
    "einsum of two, swapped": (lambda: two_series(lambda xs: tf.einsum("btc,btd->bdc", *xs)), "batch_matmul"),
    "einsum with an ellipsis": (
        lambda: two_series(lambda xs: tf.einsum("...c,...c->...", *xs)),
        "reshape reshape batch_matmul reshape",
    ),
    "attention of heads": (
        attention,
        "fully_connected reshape fully_connected reshape fully_connected reshape transpose transpose batch_matmul mul"
        " softmax transpose batch_matmul transpose reshape fully_connected",
    ),
    "matmul": (lambda: chain(SERIES, L.Lambda(lambda x: ops.matmul(x, tf.ones((1, 4, 3))))), "fully_connected"),
    # normalization and scaling
    "batch norm first": (lambda: chain(IMAGE, L.BatchNormalization(), L.Conv2D(2, 1)), "mul add conv_2d"),
    "batch norm after dense": (
        lambda: chain(ROW, L.Dense(4, use_bias=False), L.BatchNormalization(scale=False)),
        "fully_connected mul add",
    ),
    "batch norm fused": (lambda: chain(IMAGE, L.Lambda(fused_batch_norm)), "mul add"),
    "layer normalization": (
        lambda: chain(SERIES, L.LayerNormalization()),
        "mean squared_difference mean add rsqrt sub mul mul add",
    ),
    "layer normalization without constants": (
        lambda: chain(SERIES, L.LayerNormalization(center=False, scale=False)),
        "mean squared_difference mean add rsqrt sub mul",
    ),
    "group normalization": (
        lambda: chain(IMAGE, L.GroupNormalization(2)),
        "reshape mean squared_difference mean add rsqrt sub mul mul add reshape",
    ),
    "normalization": (
        lambda: chain(ROW, L.Normalization(mean=[1.0, 2, 3, 4, 5], variance=[1.0, 2, 3, 4, 5])),
        "add mul",
    ),
    "rescaled bytes": (lambda: chain(IMAGE, L.Rescaling(1 / 255, -1), dtype="uint8", name="bytes"), "mul add"),
    # pooling
    "average pool": (lambda: chain(IMAGE, L.AveragePooling2D(2, padding="same")), "average_pool_2d"),
    "max pool": (lambda: chain(IMAGE, L.MaxPooling2D(3, strides=2)), "max_pool_2d"),
    "pools 1-D": (
        lambda: chain(SERIES, L.MaxPooling1D(2), L.AveragePooling1D(3, padding="same")),
        "reshape max_pool_2d reshape reshape average_pool_2d reshape",
    ),
    "global average": (lambda: chain(IMAGE, L.GlobalAveragePooling2D()), "mean"),
    "global average 1-D": (lambda: chain(SERIES, L.GlobalAveragePooling1D(keepdims=True)), "mean"),
    "global max": (lambda: chain(IMAGE, L.GlobalMaxPooling2D()), "max_pool_2d reshape"),
    "global max 1-D": (lambda: chain(SERIES, L.GlobalMaxPooling1D()), "reshape max_pool_2d reshape"),
    "sum": (lambda: chain(IMAGE, L.Lambda(lambda x: ops.sum(x, axis=(1, 2)))), "sum"),
    "maximum of channels": (lambda: chain(IMAGE, L.Lambda(lambda x: ops.max(x, axis=-1))), "reduce_max"),
    "minimum": (lambda: chain(IMAGE, L.Lambda(lambda x: ops.min(x, axis=(1, 3), keepdims=True))), "reduce_min"),
    "any": (lambda: chain(IMAGE, L.Lambda(lambda x: tf.reduce_any(x > 2.0, axis=1))), "greater reduce_any"),
    "all": (lambda: chain(IMAGE, L.Lambda(lambda x: tf.reduce_all(x < 2.0, axis=-1))), "less reduce_all"),
    "index of the maximum": (lambda: chain(ROW, L.Lambda(lambda x: tf.argmax(x, -1, tf.int32))), "arg_max"),
    "index of the minimum": (lambda: chain(SERIES, L.Lambda(lambda x: tf.argmin(x, axis=1))), "arg_min"),
    # activations
    "clip": (lambda: chain(IMAGE, L.Lambda(lambda x: ops.clip(x, 0, 6))), "relu6"),
    "maximum": (lambda: chain(IMAGE, L.Lambda(lambda x: ops.maximum(0.0, x))), "relu"),
    "nested clips": (lambda: chain(IMAGE, L.Lambda(lambda x: ops.minimum(ops.relu(ops.maximum(x, -1)), 6))), "relu6"),
    "silu": (lambda: chain(IMAGE, L.Activation("silu")), "logistic mul"),
    "hard swish": (lambda: chain(IMAGE, L.Activation("hard_swish")), "hard_swish"),
    "prelu": (lambda: chain(IMAGE, L.PReLU(shared_axes=[1, 2])), "prelu"),
    "hard swish of MobileNetV3": (
        lambda: chain(IMAGE, L.Lambda(lambda x: (ops.relu6(x + 3.0) * (1.0 / 6.0)) * x)),
        "hard_swish",
    ),
    "leaky relu": (lambda: chain(IMAGE, L.LeakyReLU(0.2)), "leaky_relu"),
    "elu": (lambda: chain(IMAGE, L.ELU()), "elu"),
    "reciprocal square root": (lambda: chain(IMAGE, L.Lambda(lambda x: ops.rsqrt(x * x + 1.0))), "mul add rsqrt"),
    "tanh": (lambda: chain(IMAGE, L.Activation("tanh")), "tanh"),
    "relu with a maximum": (lambda: chain(IMAGE, L.ReLU(3)), "relu minimum"),
    "clip on both sides": (lambda: chain(IMAGE, L.Lambda(lambda x: ops.clip(x, -0.5, 1))), "maximum minimum"),
    "softmax": (lambda: chain(SERIES, L.Softmax()), "softmax"),
    "softmax over two axes": (
        lambda: chain(IMAGE, L.Softmax(axis=(1, 2))),
        "transpose reshape softmax reshape transpose",
    ),
    "sum of exponentials": (
        lambda: chain(SERIES, L.Lambda(lambda x: ops.logsumexp(x, axis=-1))),
        "reduce_max sub exp sum log reshape add",
    ),
    "softplus": (lambda: chain(IMAGE, L.Activation("softplus")), "abs mul exp relu add log add"),
    "softsign": (lambda: chain(IMAGE, L.Activation("softsign")), "abs add div"),
    "selu": (lambda: chain(IMAGE, L.Activation("selu")), "relu mul minimum elu mul add"),
    "expm1": (lambda: chain(IMAGE, L.Activation("celu")), "relu minimum mul exp add add"),
    "log1p": (lambda: chain(ROW, L.Lambda(lambda x: ops.log1p(x * x))), "mul add log"),
    "reciprocal": (lambda: chain(ROW, L.Lambda(lambda x: ops.reciprocal(x * x + 1.0))), "mul add div"),
    "erf": (
        lambda: chain(ROW, L.Lambda(lambda x: tf.math.erf(x) - tf.math.erfc(x))),
        "sign abs mul add div mul add mul add mul add mul add mul mul mul exp mul mul add mul"
        " sign abs mul add div mul add mul add mul add mul add mul mul mul exp mul mul add mul mul add sub",
    ),
    # arithmetic
    "arithmetic": (
        lambda: chain(ROW, L.Lambda(lambda x: (1 - x) * x + x / 4.0 - 2)),
        "sub mul mul add add",
    ),
    "functions": (
        lambda: chain(ROW, L.Lambda(lambda x: ops.sqrt(ops.abs(ops.sin(ops.exp(x)))) + ops.log(ops.cos(x) + 2.0))),
        "exp sin abs sqrt cos add log add",
    ),
    "division by what is computed": (
        lambda: two_tensors(L.Lambda(lambda xs: xs[0] / (xs[1] * xs[1] + 1.0))),
        "mul add div",
    ),
    "rounding": (
        lambda: chain(ROW, L.Lambda(lambda x: ops.floor(x) + ops.ceil(x) * ops.round(x))),
        "floor ceil round mul add",
    ),
    "add": (lambda: two_tensors(L.Add()), "add"),
    "subtract": (lambda: two_tensors(L.Subtract()), "sub"),
    "maximum of two": (lambda: two_tensors(L.Maximum()), "maximum"),
    "minimum of two": (lambda: two_tensors(L.Minimum()), "minimum"),
    "average": (lambda: two_tensors(L.Average()), "add mul"),
    "concatenate": (lambda: two_tensors(L.Concatenate()), "concatenation"),
    "stack": (lambda: two_tensors(L.Lambda(lambda xs: ops.stack(xs, axis=-1))), "pack"),
    # shapes
    "roll": (lambda: chain(SERIES, L.Lambda(lambda x: ops.roll(x, 3, axis=1))), "slice slice concatenation"),
    "boundaries": (lambda: chain(ROW, L.Discretization([-1.0, 0.0, 0.5])), "reshape greater_equal cast sum"),
    "reshapes": (
        lambda: chain(IMAGE, L.Flatten(), L.Reshape((8, -1)), L.Lambda(lambda x: ops.expand_dims(x, 1))),
        "reshape reshape reshape",
    ),
    "zero padding": (lambda: chain(IMAGE, L.ZeroPadding2D(((1, 2), (0, 3)))), "pad"),
    "zero padding 1-D": (lambda: chain(SERIES, L.ZeroPadding1D((1, 2))), "pad"),
    "nothing in inference": (lambda: chain(ROW, L.Dropout(0.5), L.Dense(2), L.GaussianNoise(1.0)), "fully_connected"),
    # structure
    "shared layer": (shared_layer, "fully_connected fully_connected concatenation"),
    "nested models": (nested, "fully_connected relu mul add fully_connected mul add fully_connected"),
}


@pytest.mark.parametrize("name", MODELS)
def test_model(name: str, against_keras: Check) -> None:
    build, operators = MODELS[name]
    graph = against_keras(build())
    assert [op.name for op in graph.ops] == operators.split()


def test_batch(against_keras: Check) -> None:
    graph = against_keras(chain(IMAGE, L.Conv2D(2, 3), L.Flatten(), L.Dense(3)), batch=3)
    assert graph.inputs[0].shape == (3, *IMAGE)
    assert graph.outputs[0].shape == (3, 3)


def test_mixed_precision(against_keras: Check) -> None:
    """Computed in float32 here, so it agrees as far as Keras's half precision reaches."""
    half = {"dtype": "mixed_float16"}
    parts = [L.Dense(4, **half), L.BatchNormalization(**half), L.ReLU(**half), L.Dense(2, dtype="float32")]
    graph = against_keras(chain(ROW, *parts), tolerance=5e-3)
    assert [op.name for op in graph.ops] == ["fully_connected", "mul", "add", "relu", "fully_connected"]
    assert {value.dtype for value in graph.values()} == {"float32"}


def test_whole_numbers_do_not_pass_through_floats() -> None:
    """CategoryEncoding casts to float and back; a quantized float would not hold the number."""
    graph = load_graph(chain((1,), L.CategoryEncoding(6, "one_hot"), dtype="int32"))
    assert [op.name for op in graph.ops] == ["reshape", "one_hot"]
    assert graph.inputs[0].dtype == "int32"
