"""Where the other interpreters cannot be asked, or answer otherwise. Each entry is a fact about them, with its reason."""

from __future__ import annotations

import numpy as np

from arenite.cases import weight_dtype
from arenite.graph import Op, Value
from arenite.opdef import WHOLE, data_operands, declaration, rows, weight_operand

#: engine → operator → the dtypes of its first data operand that the engine has no kernel for; None: any.
LACKS: dict[str, dict[str, set[str] | None]] = {
    "tflm": {
        "arenite_gru": None,
        "arenite_lstm": None,
        "arenite_packed_conv_2d": None,
        "arenite_packed_fully_connected": None,
        "arenite_rnn": None,
        "arenite_table": None,
        "abs": {"int32"},
        "add": {"int64"},
        "add_n": {"int32"},
        "arg_max": {"int16", "int32"},
        "arg_min": {"int16", "int32"},
        "batch_to_space_nd": {"int16", "int32", "int64", "bool", "uint8"},
        "bidirectional_sequence_lstm": None,
        "bitcast": None,
        "bitwise_xor": None,
        "cast": {"int64", "uint8"},
        "concatenation": {"uint8"},
        "cumsum": {"int16", "int32", "int64"},
        "depth_to_space": {"int32", "int64", "uint8"},
        "div": {"int16"},
        "dynamic_update_slice": {"int16", "int64", "bool", "uint8"},
        "embedding_lookup": {"int16", "int32", "int64", "bool", "uint8"},
        "equal": {"int16"},
        "expand_dims": {"int32", "int64", "bool", "uint8"},
        "exp": {"int8", "int16"},
        "fill": {"int16", "int64", "bool", "uint8"},
        "floor_div": {"int8", "int16", "int32", "int64"},
        "floor_mod": {"int8", "int16", "int32", "int64"},
        "gather": {"int16", "int32", "int64", "bool", "uint8"},
        "gather_nd": {"int16", "int32", "int64", "bool", "uint8"},
        "gelu": None,
        "greater": {"int16"},  # it takes them and computes nothing
        "greater_equal": {"int16"},
        "less": {"int16"},
        "less_equal": {"int16"},
        "log": {"int8", "int16"},
        "mean": {"int32", "int64"},
        "mirror_pad": {"int16", "int32", "int64", "bool", "uint8"},
        "mul": {"int64"},
        "neg": {"int32", "int64"},
        "not_equal": {"int16"},
        "one_hot": None,
        "pack": {"uint8"},
        "pad": {"int64", "bool", "uint8"},
        "padv2": {"int64", "bool", "uint8"},
        "pow": None,
        "range": None,
        "rank": None,
        "reduce_any": None,
        "reduce_prod": None,
        "reduce_max": {"int16", "int32", "int64"},
        "reduce_min": {"int16", "int32", "int64"},
        "relu_0_to_1": None,
        "relu_n1_to_1": None,
        "resize_bilinear": {"int16"},
        "resize_nearest_neighbor": {"int32", "bool", "uint8"},
        "reverse_sequence": None,
        "right_shift": None,
        "scatter_nd": None,
        "select": None,
        "select_v2": {"int32", "int64", "uint8", "bool"},
        "sign": None,
        "slice": {"int64", "uint8"},
        "space_to_batch_nd": {"int16", "int32", "int64", "bool", "uint8"},
        "space_to_depth": {"int32", "int64", "uint8"},
        "split": {"int64", "uint8"},
        "split_v": {"int64", "uint8"},
        "strided_slice": {"int64", "uint8"},
        "sub": {"int64"},
        "sum": {"int32", "int64"},
        "tile": None,
        "topk_v2": None,
        "transpose": {"int32", "int64", "bool", "uint8"},
        "unidirectional_sequence_rnn": None,
        "unpack": {"bool", "uint8"},
    },
    "litert": {
        "arenite_gru": None,
        "arenite_table": None,
        "add_n": {"int8"},
        "arg_max": {"int16"},
        "arg_min": {"int16"},
        "ceil": None,
        "cumsum": {"int8", "int16"},
        "depthwise_conv_2d": {"int8/int4", "float32/int4"},  # the reference kernels end with version 6
        "div": {"int16"},  # shifts by more than 31 bits where the quotient is small, which means the bits less 32
        "elu": None,
        "floor_div": {"int64"},
        "greater": {"int16"},
        "less_equal": {"int16"},
        "one_hot": {"int16"},
        "prelu": {"int16"},  # where slopes lead beyond int16 it does not saturate
        "reverse_sequence": {"int8"},
        "round": None,
        "rsqrt": {"int16"},
        "squared_difference": {"int16"},
        "unidirectional_sequence_lstm": {"int8", "int16"},  # int8: gates by gemmlowp's functions; no int16
        "sum": {"int8", "int16"},  # it adds codes rescaled one by one and saturates on the way: other sums than SUM's
        "zeros_like": {"int8"},
    },
}


def lacks(engine: str, op: Op) -> bool:
    """Whether the engine has no kernel for the operator, or none for these operands."""
    if engine == "litert" and rows()[op.name].custom_code is not None:
        return True
    if engine == "tflm" and is_hybrid(op):
        return True
    dtypes = LACKS[engine].get(op.name, set())
    if engine == "tflm" and op.name == "fully_connected" and has_int4_weights(op) and is_per_channel(op):
        return True  # it wants one scale for all
    return dtypes is None or case_dtype(op) in dtypes


def case_dtype(op: Op) -> str:
    """The entry of ``case_dtypes`` that this instance is of."""
    data, weight = data_operands(op)[0][1].dtype, weight_operand(op.name)
    if weight is None or (held := op.operand(weight).dtype) in (data, weight_dtype(data)):
        return data
    return f"{data}/{held}"


def is_hybrid(op: Op) -> bool:
    """Whether float activations meet integer weights; TFLite Micro has no such kernels."""
    return case_dtype(op) in ("float32/int8", "float32/int4")


def has_int4_weights(op: Op) -> bool:
    weight = declaration(op.name).weight
    return weight is not None and op.operand(weight[0]).dtype == "int4"


def is_per_channel(op: Op) -> bool:
    quant = op.operand(1).quant
    return quant is not None and quant.is_per_channel


def is_coded(op: Op) -> bool:
    """Whether integers stand for real numbers: compared step by step."""
    return op.operand(0).quant is not None or op.outputs[0].quant is not None


def is_exact(op: Op) -> bool:
    """Whether nothing is rounded, or all by integer arithmetic: engines agree in every bit."""
    return declaration(op.name).moves or is_hybrid(op) or is_coded(op) or op.outputs[0].dtype != "float32"


def same_quant(op: Op) -> bool:
    return op.operand(0).quant == op.output.quant


def zero_of(value: Value) -> int:
    return 0 if value.quant is None else int(value.quant.zero_point[0])


def product_over_output(op: Op) -> float:
    """Real multiplier of a per-tensor fully_connected or a mul."""
    x, w, y = op.operand(0).quant, op.operand(1).quant, op.output.quant
    assert x is not None and w is not None and y is not None
    return float(x.scale[0]) * float(w.scale[0]) / float(y.scale[0])


def largest_bias(op: Op) -> float:
    """In steps of the result; 0 unless the bias has 64 bits."""
    x, w, y = op.operand(0).quant, op.operand(1).quant, op.output.quant
    if len(op.inputs) < 3 or op.operand(2).dtype != "int64" or x is None or w is None or y is None:
        return 0.0
    bias = op.operand(2).data
    assert bias is not None
    return float((np.abs(bias) * (float(x.scale[0]) * w.scale.astype(np.float64) / float(y.scale[0]))).max())


def unscaled_bias_refused(op: Op) -> bool:
    """Both compare the bias's scale, which our files leave out, with that of the products, up to 2 % of the output's."""
    if op.name != "fully_connected" or len(op.inputs) < 3 or not is_coded(op):
        return False
    w = op.operand(1).quant
    return w is not None and not w.is_per_channel and product_over_output(op) > 0.02


def compares_codes_of_two_scales(op: Op) -> bool:
    """Comparisons of int16."""
    return (
        op.outputs[0].dtype == "bool"
        and len(op.inputs) == 2
        and op.operand(0).dtype == op.operand(1).dtype == "int16"
        and op.operand(0).quant != op.operand(1).quant
    )


def shifts_too_far(op: Op) -> bool:
    """Quotients of int8 that are small are shifted right by more than 31 bits: by the bits less 32 on this processor, to
    nothing on an ARM core."""
    if op.name != "div" or op.operand(0).dtype != "int8":
        return False
    a, b, y = op.operand(0).quant, op.operand(1).quant, op.output.quant
    assert a is not None and b is not None and y is not None
    return float(a.scale[0]) / (float(b.scale[0]) * float(y.scale[0])) < 2.0**6


def softmax_wraps(op: Op) -> bool:
    """In int16, differences of codes leave 32 bits where they stand for more than 2¹⁵ · 10 / 65535, about 5, each."""
    quant = op.operand(0).quant
    return op.operand(0).dtype == "int16" and quant is not None and op.attrs["beta"] * quant.scale[0] > 4.9


#: operator → operands that may be int64 for TFLite Micro
WIDE_INDICES = {"broadcast_to": (1,), "dynamic_update_slice": (2,), "fill": (0,), "slice": (1, 2)}


def reads_wide_indices_as_narrow(op: Op) -> bool:
    """Of operands that are int32 or int64 it reads the one type only, and does not look which it has."""
    whole = [i for s in rows()[op.name].signatures for i, (dtype, _, _) in enumerate(s.inputs) if dtype == WHOLE]
    return any(op.operand(i).dtype == "int64" for i in set(whole) - set(WIDE_INDICES.get(op.name, ())))


def tflm_limit(op: Op) -> str | None:
    """Why TFLite Micro has no say about this instance, or None."""
    if reads_wide_indices_as_narrow(op):
        return "takes int32 indices only"
    if op.name == "quantize" and (op.operand(0).dtype, op.output.dtype) in (
        ("float32", "uint8"), ("uint8", "uint8"), ("uint8", "int16"),
    ):  # fmt: skip
        return "has no kernel for these types"
    if op.name == "softmax" and softmax_wraps(op):
        return "wraps"
    if op.name == "add" and op.operand(0).dtype == "int32" and op.attrs["fused_activation_function"] != "NONE":
        return "ignores the activation"
    if unscaled_bias_refused(op):
        return "wants a scale on the bias"
    if op.name == "relu6" and is_coded(op) and not same_quant(op):
        return "clamps the input's codes and ignores the output's scale"
    if op.name in ("add_n", "cumsum") and is_coded(op) and zero_of(op.operand(0)) != 0:
        return "starts its sums from minus the zero point instead of 0"
    if op.name == "cast" and op.outputs[0].dtype in ("int64", "uint8"):
        return "has no such result"
    if op.name == "space_to_batch_nd" and np.any(op.operand(2).data):
        return "pads with a value that it never set, not with the zero point"
    if op.name == "strided_slice":
        entries, special = op.operand(1).size, op.attrs["ellipsis_mask"] | op.attrs["new_axis_mask"]
        rank = len(op.operand(0).shape)
        return "wants one entry for each of up to four axes" if entries != rank or rank > 4 or special else None
    if op.name == "svdf" and op.inputs[3] is None:
        return "reads the absent bias"
    if op.name == "svdf" and op.operand(4).dtype == "int8" and zero_of(op.operand(4)) != 0:
        return "adds the state's zero point after the limits of int8, and wraps"
    if op.name in ("arg_max", "arg_min", "shape") and op.outputs[0].dtype == "int64":
        return "gives int32 only"
    if shifts_too_far(op):
        return "shifts by more than 31 bits"
    if op.name == "prelu" and op.operand(1).dtype == "int16":
        return "wants int8 slopes"
    if op.name == "embedding_lookup" and is_per_channel(op):
        return "multiplies all rows by the scale of the first"
    if compares_codes_of_two_scales(op):
        return "compares codes, whatever they stand for"
    return None


def litert_limit(op: Op) -> str | None:
    """Why LiteRT has no say about this instance, or None."""
    if op.name == "quantize" and (op.operand(0).dtype, op.output.dtype) == ("int8", "int32"):
        return "has no kernel for these types"
    if shifts_too_far(op):
        return "shifts by more than 31 bits"
    if op.name == "floor_div" and op.operand(0).dtype in ("int8", "int16") and np.any(op.operand(1).data == -1):
        return "leaves it to the compiler what the lowest integer by -1 is"
    if compares_codes_of_two_scales(op):
        return "compares codes, whatever they stand for"
    if op.name == "softmax" and softmax_wraps(op):
        return "wraps"
    if op.name == "bidirectional_sequence_lstm" and op.operand(12).shape != op.operand(29).shape:
        return "compares the backward units with the forward ones"
    if op.name == "bidirectional_sequence_lstm" and op.attrs["merge_outputs"] and not op.attrs["time_major"]:
        return "finds the second entry's state by the merged width" if op.operand(0).shape[0] > 1 else None
    if unscaled_bias_refused(op):
        return "wants a scale on the bias"
    if op.name == "svdf" and op.operand(4).dtype == "int8":
        return "has no int8 state"
    if op.name == "svdf" and op.operand(4).dtype == "int16" and op.attrs["fused_activation_function"] != "RELU":
        return "wants RELU, and does not apply it"
    if op.name == "batch_matmul" and is_hybrid(op):
        batches = op.output.shape[:-2]
        mistaken = sum(n > 1 for n in batches) > 1 or len(batches) > 2
        return "takes scales and offsets of other batches where there are several batch axes" if mistaken else None
    if op.name == "conv_2d" and len(op.inputs) < 3:
        return "refuses a convolution without bias"
    if op.name == "conv_2d" and (op.operand(0).dtype, op.operand(2).dtype) == ("int16", "int32"):
        return "reads the 32-bit bias as one of 64 bits"
    if op.name == "fully_connected" and has_int4_weights(op) and zero_of(op.operand(1)):
        return "takes no zero point of int4 weights"
    if op.name == "scatter_nd" and not op.operand(1).shape:
        return "refuses a single element"
    if op.name == "fully_connected" and largest_bias(op) >= 2**30:
        return "cuts what leaves 32 bits instead of wrapping"
    if op.name == "mul" and op.operand(0).dtype == "int16" and product_over_output(op) > 1 - 2**-22:
        return "does not wrap in the left shift, which starts a little below 1: its product of scales is a float"
    return None


def litert_steps(op: Op) -> int:
    """Steps of the output's scale by which LiteRT's int8 reference kernels may be off."""
    if op.name == "fully_connected":
        return 1  # rounds once
    if op.name == "relu" and op.operand(0).dtype == "int16":
        return 1  # rounds once
    if op.name in ("logistic", "tanh") and op.operand(0).dtype == "int8":
        return 1  # reads a table made with floats
    if op.name == "softmax" and op.operand(0).dtype == "int16":
        return 1  # makes its tables in double
    if op.name == "gelu":
        return 1  # libm's float functions are off by some last places
    if op.name in ("abs", "batch_matmul", "leaky_relu", "mul"):
        return 1  # multiplies and divides the scales as floats
    return 0


def float_slack(op: Op) -> float:
    """Absolute error of their float kernels beyond rounding."""
    if op.name == "log_softmax":
        return 2.0**-24 * (op.output.shape[-1] + 8)  # of the sum's logarithm, which may cancel
    return 2.0**-25 if op.name == "logistic" else 0.0  # below −9 they give exp(x) for 1 / (1 + exp(−x))
