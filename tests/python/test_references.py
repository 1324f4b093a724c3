"""The numpy references and shape rules of the operators against TensorFlow's own kernels, over generated shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from arenite.errors import GraphError
from arenite.graph import Op, Value
from arenite.opdef import attribute, data_operands, declaration, rows

tf = pytest.importorskip("tensorflow")

seeds = st.integers(0, 2**32 - 1)
small = settings(max_examples=25, deadline=None)


def make_op(name: str, operands: Sequence[np.ndarray | None], constant: Sequence[int] = (), **attrs: Any) -> Op:
    """An operator over operands of these shapes; those at the indices ``constant`` keep their data."""
    inputs = [
        None if x is None else Value(f"v{i}", x.dtype.name, x.shape, x if i in constant else None)
        for i, x in enumerate(operands)
    ]
    op = Op(name, inputs, [], attrs)
    op.outputs = [Value(f"y{i}", "float32", s) for i, s in enumerate(declaration(name).shape(op))]
    return op


def check(op: Op, operands: Sequence[np.ndarray | None], expected: np.ndarray) -> None:
    """The shape rule and the reference agree with TensorFlow; a batch of three gives the samples one by one."""
    (result,) = declaration(op.name).reference(op, operands)
    assert result.dtype == np.float32
    assert op.output.shape == result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)


def image(draw: st.DrawFn, channels: int) -> tuple[np.random.Generator, np.ndarray]:
    rng = np.random.default_rng(draw(seeds))
    shape = (draw(st.integers(1, 2)), draw(st.integers(3, 9)), draw(st.integers(3, 9)), channels)
    return rng, rng.standard_normal(shape, np.float32)


def sliding(draw: st.DrawFn, dilated: bool = True) -> dict[str, Any]:
    stride = draw(st.integers(1, 3))
    dilation = draw(st.integers(1, 2)) if dilated and stride == 1 else 1
    attrs = {"stride_h": stride, "stride_w": stride, "padding": draw(st.sampled_from(["SAME", "VALID"]))}
    return attrs | ({"dilation_h_factor": dilation, "dilation_w_factor": dilation} if dilated else {})


@small
@given(st.data())
def test_conv_2d(data: st.DataObject) -> None:
    groups, depth = data.draw(st.sampled_from([1, 1, 2, 3])), data.draw(st.integers(1, 3))
    rng, x = image(data.draw, groups * depth)
    attrs = sliding(data.draw)
    kernel = data.draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    w = rng.standard_normal((*kernel, depth, 2 * groups), np.float32)
    bias = rng.standard_normal(2 * groups).astype(np.float32)
    dilation = attrs["dilation_h_factor"]
    parts = [
        tf.nn.conv2d(a, b, attrs["stride_h"], attrs["padding"], dilations=dilation)
        for a, b in zip(np.split(x, groups, 3), np.split(w, groups, 3), strict=True)
    ]
    operands = [x, np.ascontiguousarray(w.transpose(3, 0, 1, 2)), bias]
    check(make_op("conv_2d", operands, **attrs), operands, np.concatenate(parts, 3) + bias)


@small
@given(st.data())
def test_depthwise_conv_2d(data: st.DataObject) -> None:
    channels, multiplier = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    rng, x = image(data.draw, channels)
    attrs = sliding(data.draw)
    w = rng.standard_normal((2, 2, channels, multiplier)).astype(np.float32)
    strides = [1, attrs["stride_h"], attrs["stride_w"], 1]
    expected = tf.nn.depthwise_conv2d(x, w, strides, attrs["padding"], dilations=[attrs["dilation_h_factor"]] * 2)
    operands = [x, w.reshape(1, 2, 2, -1)]
    op = make_op("depthwise_conv_2d", operands, depth_multiplier=multiplier, fused_activation_function="RELU6", **attrs)
    check(op, operands, np.clip(expected.numpy(), 0, 6))


@small
@given(st.data())
def test_pools(data: st.DataObject) -> None:
    _, x = image(data.draw, 3)
    attrs = sliding(data.draw, dilated=False)
    size = data.draw(st.integers(1, 3))
    window = {"filter_height": size, "filter_width": size}
    for name, pool in (("max_pool_2d", tf.nn.max_pool2d), ("average_pool_2d", tf.nn.avg_pool2d)):
        expected = pool(x, size, attrs["stride_h"], attrs["padding"]).numpy()
        check(make_op(name, [x], **attrs, **window), [x], expected)


@small
@given(seeds, st.booleans())
def test_fully_connected(seed: int, keep: bool) -> None:
    rng = np.random.default_rng(seed)
    operands = [rng.standard_normal(s).astype(np.float32) for s in ((2, 3, 5), (4, 5), (4,))]
    expected = operands[0] @ operands[1].T + operands[2]
    op = make_op("fully_connected", operands, keep_num_dims=keep)
    check(op, operands, expected if keep else expected.reshape(6, 4))


@small
@given(seeds, st.sampled_from([((2, 3, 4), (4,)), ((1, 3, 1), (2, 1, 4)), ((2, 3), (2, 3)), ((), (2,))]))
def test_add_and_mul_broadcast(seed: int, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    rng = np.random.default_rng(seed)
    operands = [np.asarray(rng.standard_normal(s), np.float32) for s in shapes]
    check(make_op("add", operands), operands, operands[0] + operands[1])
    check(make_op("mul", operands), operands, operands[0] * operands[1])


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("relu", tf.nn.relu),
        ("relu6", tf.nn.relu6),
        ("logistic", tf.nn.sigmoid),
        ("softmax", tf.nn.softmax),
        ("quantize", tf.identity),
        ("dequantize", tf.identity),
    ],
)
def test_unary(name: str, function: Callable[[np.ndarray], Any]) -> None:
    x = np.random.default_rng(0).standard_normal((2, 7)).astype(np.float32) * 30
    check(make_op(name, [x]), [x], function(x).numpy())


@small
@given(seeds, st.sets(st.integers(-3, 2), min_size=1), st.booleans())
def test_mean(seed: int, axes: set[int], keep: bool) -> None:
    x = np.random.default_rng(seed).standard_normal((2, 3, 4)).astype(np.float32)
    operands = [x, np.array(sorted(axes), np.int32)]
    unique = tuple({a % 3 for a in axes})
    op = make_op("mean", operands, constant=[1], keep_dims=keep)
    check(op, operands, np.asarray(tf.reduce_mean(x, unique, keepdims=keep)))


def test_shape_operators() -> None:
    x = np.arange(24, dtype=np.float32).reshape(1, 4, 6)
    target = np.array([1, -1, 8], np.int32)
    reshape = make_op("reshape", [x, target], constant=[1])
    check(reshape, [x, target], x.reshape(1, 3, 8))
    paddings = np.array([[0, 0], [1, 2], [0, 3]], np.int32)
    check(make_op("pad", [x, paddings], constant=[1]), [x, paddings], tf.pad(x, paddings).numpy())
    check(make_op("concatenation", [x, x], axis=-1), [x, x], np.concatenate([x, x], -1))


def test_a_batch_gives_the_samples_one_by_one() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3, 5, 5, 2)).astype(np.float32)
    shapes = {"conv_2d": [(4, 3, 3, 2)], "depthwise_conv_2d": [(1, 3, 3, 2)], "add": [(2,)]}
    options = {"stride_h": 1, "stride_w": 1}
    for name, others in shapes.items():
        rest = [rng.standard_normal(s).astype(np.float32) for s in others]
        op = make_op(name, [x[:1], *rest], **(options if name != "add" else {}))
        reference = declaration(name).reference
        singles = [reference(op, [x[i : i + 1], *rest])[0] for i in range(3)]
        np.testing.assert_allclose(reference(op, [x, *rest])[0], np.concatenate(singles), rtol=1e-5, atol=1e-6)
    reshape = make_op("reshape", [x[:1], np.array([1, 50], np.int32)], constant=[1])
    np.testing.assert_array_equal(declaration("reshape").reference(reshape, [x, None])[0], x.reshape(3, 50))
    bounds = [np.array(entry, np.int32) for entry in ([0, 1], [1, 4], [1, 2])]
    part = make_op("strided_slice", [x[:1], *bounds], constant=[1, 2, 3])
    np.testing.assert_array_equal(declaration("strided_slice").reference(part, [x, *bounds])[0], x[:, 1:4:2])


@pytest.mark.parametrize("name", rows())
def test_every_declaration_is_whole(name: str) -> None:
    """Traits that depend on each other stand together."""
    decl = declaration(name)
    assert (decl.weight is None) == (decl.bias is None) == (decl.scale_input is None)
    assert (decl.quant.value == "fixed") == (decl.fixed is not None)
    assert not decl.activation or "fused_activation_function" in decl.attrs


def test_attribute_falls_back_to_the_declared_default() -> None:
    op = make_op("softmax", [np.zeros((1, 2), np.float32)])
    assert attribute(op, "beta") == 1.0
    assert [i for i, _ in data_operands(op)] == [0]


def test_shape_rules_refuse_what_does_not_fit() -> None:
    x, w = np.zeros((1, 4, 4, 3), np.float32), np.zeros((2, 3, 3, 2), np.float32)
    with pytest.raises(GraphError, match="does not fit input"):
        make_op("conv_2d", [x, w], stride_h=1, stride_w=1)
    with pytest.raises(GraphError, match="does not fit an image"):
        make_op("max_pool_2d", [x], stride_h=1, stride_w=1, filter_height=5, filter_width=1, padding="VALID")
    with pytest.raises(GraphError, match="cannot hold"):
        make_op("reshape", [x, np.array([5, -1], np.int32)], constant=[1])
    with pytest.raises(GraphError, match="do not broadcast"):
        make_op("add", [x, np.zeros(2, np.float32)])
