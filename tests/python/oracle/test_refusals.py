"""What prepare refuses: one thing made wrong in an instance that runs. After prepare a kernel checks nothing, so each of
these would read or write where it must not, or give a wrong answer without a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from oracle import engines
from seeded import SeededDraw

from arenite import _core
from arenite.errors import ModelError
from arenite.graph import Op, Quantization, Value
from arenite.opdef import QuantRule, case_dtypes, data_dtypes, data_operands, declaration, rows

VARIANTS = [(name, dtype) for name in rows() for dtype in case_dtypes(name)]
IDS = [f"{name}-{dtype}" for name, dtype in VARIANTS]
CODED = [n for n, dtype in VARIANTS if dtype == "int8" and declaration(n).quant is not QuantRule.PLAIN]
MOVING = [n for n in CODED if declaration(n).moves and declaration(n).quant is QuantRule.SAME_AS_INPUT]
CLAMPING = [name for name in CODED if declaration(name).attrs.get("fused_activation_function") == "NONE"]


def instance(name: str, dtype: str | None = None, accept: Callable[[Op], bool] = lambda op: True) -> Op:
    """The first generated instance that ``accept`` takes; it opens. Of int8 unless given, or of what there is."""
    case = declaration(name).case
    assert case is not None
    dtype = dtype or ("int8" if "int8" in data_dtypes(name) else data_dtypes(name)[0])
    op = next(op for seed in range(1000) if accept(op := case(SeededDraw(seed), dtype)))
    assert failure(op) == "Ok"
    return op


def failure(op: Op) -> str:
    """Name of the status with which the runtime refuses ``op``, or Ok."""
    interpreter = _core.Interpreter(engines.model_of(op), False)
    refused = interpreter.open() or interpreter.allocate(engines.ARENA)
    return refused[0] if refused else "Ok"


def with_output(op: Op, **changes: object) -> Op:
    return replace(op, outputs=[replace(op.outputs[0], **changes), *op.outputs[1:]])  # type: ignore[arg-type]


def with_input(op: Op, index: int, value: Value) -> Op:
    return replace(op, inputs=[value if i == index else v for i, v in enumerate(op.inputs)])


def with_option(op: Op, **options: object) -> Op:
    return replace(op, attrs={**op.attrs, **options})


def other_scale(value: Value) -> Quantization:
    assert value.quant is not None
    return Quantization.per_tensor(float(value.quant.scale[0]) * 1.5, int(value.quant.zero_point[0]))


@pytest.mark.parametrize(("name", "dtype"), VARIANTS, ids=IDS)
@pytest.mark.parametrize("axis", [0, -1])
def test_output_of_another_size(name: str, dtype: str, axis: int) -> None:
    op = instance(name, dtype, lambda op: len(op.outputs[0].shape) > 0 or op.name == "rank")
    shape = list(op.outputs[0].shape) or [1]  # one element is another rank
    shape[axis] += len(op.outputs[0].shape) > 0
    assert failure(with_output(op, shape=tuple(shape))) == "BadShape"


@pytest.mark.parametrize("name", CODED)
def test_int8_without_scale(name: str) -> None:
    op = instance(name)
    index, value = data_operands(op)[0]
    assert failure(with_input(op, index, replace(value, quant=None))) == "BadQuantization"
    if op.outputs[0].dtype == "int8":
        assert failure(with_output(op, quant=None)) == "BadQuantization"


@pytest.mark.parametrize("name", CLAMPING)
def test_activation_that_no_clamp_is(name: str) -> None:
    assert failure(with_option(instance(name), fused_activation_function="TANH")) == "BadOption"


@pytest.mark.parametrize("name", ["average_pool_2d", "max_pool_2d", "concatenation", "pad", "reshape", *MOVING])
def test_result_of_another_scale_than_the_input(name: str) -> None:
    op = instance(name)
    assert failure(with_output(op, quant=other_scale(op.outputs[0]))) == "BadQuantization"


@pytest.mark.parametrize("name", ["softmax", "logistic", "tanh", "log_softmax", "l2_normalization"])
def test_scale_that_is_not_the_operators_own(name: str) -> None:
    op = instance(name)
    assert failure(with_output(op, quant=other_scale(op.output))) == "BadQuantization"
    assert failure(with_output(op, quant=Quantization.per_tensor(1 / 256, 0))) == "BadQuantization"


@pytest.mark.parametrize("name", ["average_pool_2d", "max_pool_2d", "l2_pool_2d", "conv_2d", "depthwise_conv_2d"])
@pytest.mark.parametrize("value", [0, -1, 2**20, -(2**31)])
def test_window_that_no_image_has(name: str, value: int) -> None:
    op = instance(name)
    fields = [f for f in declaration(name).attrs if f.startswith(("stride", "dilation", "filter"))]
    assert len(fields) >= 4
    for field in fields:
        assert failure(with_option(op, **{field: value})) == "BadOption", field


@pytest.mark.parametrize("beta", [0.0, -1.0, float("nan"), float("inf")])
def test_softmax_beta(beta: float) -> None:
    assert failure(with_option(instance("softmax"), beta=beta)) == "BadOption"


@pytest.mark.parametrize("axis", [4, -5, 2**31 - 1, -(2**31)])
def test_axis_out_of_range(axis: int) -> None:
    for name in ("mean", "sum", "reduce_max", "reduce_prod", "arg_max"):
        op = instance(name, accept=lambda op: len(op.operand(0).shape) == 4)
        axes = replace(op.operand(1), shape=(1,), data=np.array([axis], np.int32))
        assert failure(with_input(op, 1, axes)) == "BadOption"
    op = instance("concatenation", accept=lambda op: len(op.operand(0).shape) == 4)
    assert failure(with_option(op, axis=axis)) == "BadOption"


def test_negative_padding() -> None:
    op = instance("pad", accept=lambda op: op.operand(0).shape[0] > 1)
    data = np.array(op.operand(1).data)
    data[0] = (-1, 1)
    assert failure(with_input(op, 1, replace(op.operand(1), data=data))) in ("BadOption", "BadShape")


COMPUTED = ["mean", "sum", "reduce_min", "arg_min", "pad", "transpose", "strided_slice", "split_v", "expand_dims"]
COMPUTED += ["reverse_v2", "tile", "broadcast_to", "mirror_pad", "padv2", "space_to_batch_nd", "batch_to_space_nd"]
COMPUTED += ["resize_nearest_neighbor", "cumsum", "one_hot", "topk_v2", "range"]


@pytest.mark.parametrize("name", COMPUTED)
def test_shape_operand_that_is_computed(name: str) -> None:
    op = instance(name)
    assert failure(with_input(op, 1, replace(op.operand(1), data=None))) == "BadOption"


OUTSIDE = [("transpose", 1), ("strided_slice", 3), ("split_v", 2), ("split", 0), ("expand_dims", 1), ("reverse_v2", 1)]
OUTSIDE += [("cumsum", 1)]


@pytest.mark.parametrize(("name", "index"), OUTSIDE)
@pytest.mark.parametrize("value", [9, -9, 2**31 - 1, -(2**31)])
def test_axis_or_stride_out_of_range(name: str, index: int, value: int) -> None:
    """A wild stride is no error of its own; it leaves one element, which is not the result's shape."""
    op = instance(name, accept=lambda op: op.operand(index).size > 0 and max(op.outputs[0].shape) > 1)
    data = np.full_like(op.operand(index).data, value)
    refused = failure(with_input(op, index, replace(op.operand(index), data=data)))
    assert refused == "BadOption" or (name == "strided_slice" and refused in ("BadShape", "Ok"))


@pytest.mark.parametrize("begin", [[3, 0], [-1, 0], [2**31 - 1, 0], [0, -(2**31)]])
def test_slice_that_starts_outside(begin: list[int]) -> None:
    """Known when the model is opened or only when it runs: never read outside."""
    x, y = Value("", "float32", (4, 3)), Value("", "float32", (2, 3))
    known = Value("", "int32", (2,), np.array(begin, np.int32))
    op = Op("slice", [x, known, Value("", "int32", (2,), np.array([2, 3], np.int32))], [y])
    assert failure(op) == "BadShape"
    content = engines.model_of(with_input(op, 1, replace(known, data=None)))
    feed = [np.arange(12, dtype=np.float32).reshape(4, 3), np.array([1, 0], np.int32)]
    np.testing.assert_array_equal(engines.ours(content, feed)[0], feed[0][1:3])
    with pytest.raises(ModelError, match="out of range"):
        engines.ours(content, [feed[0], np.array(begin, np.int32)])


def test_reshape_to_what_the_operand_does_not_say() -> None:
    op = instance("reshape", accept=lambda op: len(op.inputs) == 2 and op.operand(0).size > 1)
    data = np.array([op.operand(0).size + 1], np.int32)
    assert failure(with_input(op, 1, replace(op.operand(1), shape=(1,), data=data))) == "BadShape"


@pytest.mark.parametrize(("name", "depth"), [("softmax", 8192), ("log_softmax", 4096), ("l2_normalization", 33026)])
def test_more_terms_than_the_sum_holds(name: str, depth: int) -> None:
    op = instance(name)
    huge = replace(op.operand(0), shape=(1, depth))
    assert failure(with_output(with_input(op, 0, huge), shape=huge.shape)) == "LimitExceeded"


@pytest.mark.parametrize("name", ["add", "add_n", "cumsum"])
def test_output_scale_far_below_the_operands(name: str) -> None:
    op = instance(name)
    assert op.output.quant is not None
    assert failure(with_output(op, quant=Quantization.per_tensor(1e-9, 0))) == "BadQuantization"


def test_add_n_of_operands_on_two_grids() -> None:
    op = instance("add_n")
    assert failure(with_input(op, 1, replace(op.operand(1), quant=other_scale(op.operand(1))))) == "BadQuantization"


def test_select_by_a_condition_of_another_shape() -> None:
    op = instance("select", accept=lambda op: op.operand(1).shape[:1] not in ((1,), op.operand(1).shape[-1:]))
    for shape in ((*op.operand(1).shape, 1), (op.operand(1).shape[0] + 1,), (1,)):
        assert failure(with_input(op, 0, replace(op.operand(0), shape=shape))) == "BadShape"


def test_product_whose_steps_grow_beyond_what_a_shift_expresses() -> None:
    op = instance("reduce_prod", accept=lambda op: op.operand(0).size == op.output.size)
    assert op.operand(0).quant is not None
    finer = Quantization.per_tensor(float(op.operand(0).quant.scale[0]) / 300, 0)
    assert failure(with_output(op, quant=finer)) == "BadQuantization"


@pytest.mark.parametrize("alpha", [float("nan"), float("inf"), -float("inf")])
def test_leaky_relu_with_a_slope_that_is_no_number(alpha: float) -> None:
    assert failure(with_option(instance("leaky_relu"), alpha=alpha)) == "BadOption"


def test_hard_swish_to_a_scale_far_below_the_operands() -> None:
    op = instance("hard_swish")
    assert failure(with_output(op, quant=Quantization.per_tensor(1e-9, 0))) == "BadQuantization"


def test_prelu_with_more_slopes_than_elements() -> None:
    op = instance("prelu", accept=lambda op: op.operand(0).shape[-1] == 1)
    assert failure(with_input(op, 1, replace(op.operand(1), shape=(*op.operand(1).shape[:-1], 2)))) == "BadShape"


@pytest.mark.parametrize(
    ("name", "outside"), [("gather", 5), ("gather", -1), ("gather_nd", 5), ("gather_nd", -(2**31))]
)
def test_index_outside(name: str, outside: int) -> None:
    """Indices are known when the model runs; TFLite Micro reads whatever lies there."""
    x, y = Value("", "float32", (5, 2)), Value("", "float32", (2, 2))
    op = Op(name, [x, Value("", "int32", (2,) if name == "gather" else (2, 1))], [y])
    data = np.arange(10, dtype=np.float32).reshape(5, 2)
    indices = np.array([4, 0], np.int32).reshape(op.operand(1).shape)
    np.testing.assert_array_equal(engines.ours(engines.model_of(op), [data, indices])[0], data[[4, 0]])
    indices.flat[1] = outside
    with pytest.raises(ModelError, match="out of range"):
        engines.ours(engines.model_of(op), [data, indices])


@pytest.mark.parametrize("name", ["space_to_depth", "depth_to_space"])
@pytest.mark.parametrize("size", [0, -1, 2**30])
def test_block_that_no_image_has(name: str, size: int) -> None:
    assert failure(with_option(instance(name), block_size=size)) == "BadOption"


def test_embedding_that_the_table_lacks() -> None:
    ids, table, y = Value("", "int32", (2,)), Value("", "float32", (3, 2)), Value("", "float32", (2, 2))
    content = engines.model_of(Op("embedding_lookup", [ids, table], [y]))
    rows_of = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.testing.assert_array_equal(engines.ours(content, [np.array([2, 0], np.int32), rows_of])[0], rows_of[[2, 0]])
    for outside in (3, -1):
        with pytest.raises(ModelError, match="out of range"):
            engines.ours(content, [np.array([0, outside], np.int32), rows_of])


@pytest.mark.parametrize("dtype", ["float32", "int8", "int16"])
def test_lstms_that_only_litert_has(dtype: str) -> None:
    op = instance("unidirectional_sequence_lstm", dtype)
    units = op.output.shape[2]
    peephole = Value("", "float32" if dtype == "float32" else "int16", (units,), np.ones(units, np.int16))
    peephole.data = np.ones(units, peephole.dtype)
    inputs = list(op.inputs)
    inputs[10] = peephole
    assert failure(replace(op, inputs=inputs)) == "BadArity"
    assert failure(with_option(op, fused_activation_function="RELU")) == "BadOption"
    assert failure(with_option(op, cell_clip=-1.0)) == "BadOption"
    state = op.operand(19)
    constant = replace(state, is_variable=False, data=np.zeros(state.shape, state.dtype))
    assert failure(with_input(op, 19, constant)) == "BadArity"


@pytest.mark.parametrize("dtype", ["float32", "float32/int8"])
def test_bidirectional_lstms_that_do_not_fit(dtype: str) -> None:
    def with_both(op: Op) -> bool:
        return op.inputs[40] is not None and bool(op.attrs["merge_outputs"])

    op = instance("bidirectional_sequence_lstm", dtype, with_both)
    for absent in (39, 41, 47):  # the second sequence, one of its weights
        assert failure(replace(op, inputs=[None if i == absent else v for i, v in enumerate(op.inputs)])) == "BadArity"
    peephole = [op.operand(1) if i == 27 else v for i, v in enumerate(op.inputs)]
    assert failure(replace(op, inputs=peephole)) == "BadArity"
    assert failure(with_option(op, merge_outputs=False)) == "BadArity"
    assert failure(with_option(op, fused_activation_function="RELU")) == "BadOption"
    shape = op.outputs[0].shape
    assert failure(with_output(op, shape=(*shape[:2], shape[2] + 1))) == "BadShape"


@pytest.mark.parametrize(("name", "place"), [("arenite_gru", 12), ("arenite_lstm", 15), ("arenite_rnn", 5)])
def test_mask_of_other_steps(name: str, place: int) -> None:
    op = instance(name, accept=lambda op: op.inputs[place] is not None and op.operand(0).shape[0] > 1)
    mask = op.operand(place)
    for shape in ((mask.shape[0] - 1, mask.shape[1]), (mask.size,), (*mask.shape, 1)):
        assert failure(with_input(op, place, replace(mask, shape=shape))) == "BadShape"


def test_simple_rnns_that_do_not_fit() -> None:
    op = instance("unidirectional_sequence_rnn")
    assert failure(with_option(op, fused_activation_function="SIGN_BIT")) == "BadOption"
    for name, index in (("unidirectional_sequence_rnn", 4), ("arenite_rnn", 4)):
        op = instance(name)
        state = op.operand(index)
        constant = replace(state, is_variable=False, data=np.zeros(state.shape, state.dtype))
        assert failure(with_input(op, index, constant)) == "BadArity"
    fine = Quantization.per_tensor(2.0**-23, 0)
    assert failure(with_output(with_input(op, 4, replace(op.operand(4), quant=fine)), quant=fine)) == "BadQuantization"


@pytest.mark.parametrize("scale", [0.75 * 2.0**-9, 2.0**3, 2.0**-31])
def test_cell_state_on_a_scale_that_tanh_cannot_take(scale: float) -> None:
    op = instance("unidirectional_sequence_lstm")
    cell = replace(op.operand(19), quant=Quantization.per_tensor(scale, 0))
    assert failure(with_input(op, 19, cell)) == "BadQuantization"


@pytest.mark.parametrize("axis", [-2, 3, 2**31 - 1])
def test_one_hot_along_an_axis_that_is_none(axis: int) -> None:
    op = instance("one_hot", accept=lambda op: len(op.operand(0).shape) == 2)
    assert failure(with_option(op, axis=axis)) == "BadOption"


@pytest.mark.parametrize("dtype", ["float32", "int32", "int64"])
@pytest.mark.parametrize(
    ("start", "limit", "delta"), [(0, 5, 0), (0, 5, -1), (5, 0, 1), (-(2**31), 2**31 - 1, 1), (0, 1, 1)]
)
def test_range_of_another_count(dtype: str, start: int, limit: int, delta: int) -> None:
    """Two elements are none of these, however far apart the ends are."""
    operands = [Value("", dtype, (), np.array(x).astype(dtype)) for x in (start, limit, delta)]
    assert failure(Op("range", [*operands], [Value("", dtype, (2,))])) == "BadShape"


def test_range_over_all_integers() -> None:
    """Differences that no integer of the type holds."""
    for dtype in ("int32", "int64"):
        ends = np.iinfo(dtype)
        operands = [Value("", dtype, (), np.array(x, dtype)) for x in (ends.min, ends.max, ends.max)]
        (y,) = engines.ours(engines.model_of(Op("range", [*operands], [Value("", dtype, (3,))])), [])
        np.testing.assert_array_equal(y, [ends.min, -1, ends.max - 1])


def test_more_of_the_largest_than_there_are() -> None:
    op = instance("topk_v2", "float32")
    k = op.operand(0).shape[-1] + 1
    wide = [replace(v, shape=(*v.shape[:-1], k)) for v in op.outputs]
    many = with_input(op, 1, replace(op.operand(1), data=np.array(k, np.int32)))
    assert failure(replace(many, outputs=wide)) == "BadShape"


def test_shapes_that_do_not_broadcast() -> None:
    """Known when the model runs."""
    a, b, y = (Value("", "int32", (2,)) for _ in range(3))
    content = engines.model_of(Op("broadcast_args", [a, b], [y]))
    first = np.array([4, 1], np.int32)
    np.testing.assert_array_equal(engines.ours(content, [first, np.array([1, 7], np.int32)])[0], [4, 7])
    with pytest.raises(ModelError, match="out of range"):
        engines.ours(content, [first, np.array([3, 7], np.int32)])


def test_place_outside_of_what_is_scattered_to() -> None:
    """LiteRT asks only whether the place lies inside of the whole tensor."""
    indices, updates, y = Value("", "int32", (2, 2)), Value("", "int32", (2,)), Value("", "int32", (2, 3))
    op = Op("scatter_nd", [indices, updates, Value("", "int32", (2,), np.array([2, 3], np.int32))], [y])
    content, parts = engines.model_of(op), np.array([5, 2**31 - 1], np.int32)
    (result,) = engines.ours(content, [np.array([[1, 2], [1, 2]], np.int32), parts])
    np.testing.assert_array_equal(result, [[0, 0, 0], [0, 0, 5 - 2**31 - 1]])
    for outside in ([0, 3], [-1, 2], [2, 0]):
        with pytest.raises(ModelError, match="out of range"):
            engines.ours(content, [np.array([[0, 0], outside], np.int32), parts])


def test_scattering_to_a_shape_that_is_computed() -> None:
    op = instance("scatter_nd")
    assert failure(with_input(op, 2, replace(op.operand(2), data=None))) == "BadOption"


@pytest.mark.parametrize(("shape", "parts"), [((2, 3), (2, 3)), ((2, 3), (2, 3, 2)), ((4,), (2, 2))])
def test_bitcast_to_another_number_of_parts(shape: tuple[int, ...], parts: tuple[int, ...]) -> None:
    op = Op("bitcast", [Value("", "int32", shape)], [Value("", "int8", parts)])
    assert failure(op) == "BadShape"
    assert failure(Op("bitcast", [Value("", "int8", parts)], [Value("", "int32", shape)])) == "BadShape"


def test_sign_of_nan() -> None:
    op = Op("sign", [Value("", "float32", (4,))], [Value("", "float32", (4,))])
    (y,) = engines.ours(engines.model_of(op), [np.array([np.nan, -0.0, -np.inf, 1e-45], np.float32)])
    np.testing.assert_array_equal(y, [0, 0, -1, 1])


def test_a_pool_of_plain_integers_has_no_activation() -> None:
    op = instance("max_pool_2d", "int16", lambda op: op.attrs["fused_activation_function"] == "RELU6")
    plain = replace(with_output(op, quant=None), inputs=[replace(op.operand(0), quant=None)])
    assert failure(plain) == "BadQuantization"
    assert failure(replace(plain, attrs={**op.attrs, "fused_activation_function": "NONE"})) == "Ok"


@pytest.mark.parametrize("name", ["logistic", "tanh"])
def test_a_scale_beyond_all_shifts(name: str) -> None:
    """Every code but that of 0 is at an end."""
    x = Value("", "int8", (3,), None, Quantization.per_tensor(1e30, 5))
    scale, zero_point = {"logistic": (1 / 256, -128), "tanh": (1 / 128, 0)}[name]
    op = Op(name, [x], [Value("", "int8", (3,), None, Quantization.per_tensor(scale, zero_point))])
    (y,) = engines.ours(engines.model_of(op), [np.array([4, 5, 6], np.int8)])
    np.testing.assert_array_equal(y, [-128, zero_point + (128 if name == "logistic" else 0), 127])
