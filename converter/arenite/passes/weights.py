"""Integers for the weights and bias of one operator, with the bias corrected for what rounding the weights does."""

from __future__ import annotations

import numpy as np

from ..errors import QuantizationError
from ..evaluate import dequantize
from ..graph import Graph, Op, Quantization
from ..opdef import data_operands, declaration
from ..packing import BITS
from . import few_levels
from .context import PassContext, set_constant
from .scheme import BIAS_MAX, bias_scale, quantize_bias, quantize_weights, weight_quantization, weight_scales


def quantize_weighted(graph: Graph, op: Op, grid: Quantization, context: PassContext) -> None:
    """Replace float weights and bias of ``op`` by int8 or int4 and int32 (16x8: int64) ones.

    grid  of its activation operand.
    """
    decl = declaration(op.name)
    assert decl.weight is not None and decl.bias is not None
    index, axis = decl.weight
    weight = op.operand(index)
    bias = op.inputs[decl.bias] if len(op.inputs) > decl.bias else None
    assert weight.data is not None
    dtype = context.weight_dtype(op, context.activations_of(op))
    real_bias = None if bias is None else bias.data
    if dtype in BITS:
        steps, quant = few_levels.exact(weight.data, axis, dtype)
        dtype = "int8"
        _require_bias(op, real_bias, bias_scale(grid.scale, quant))
    else:
        quant, widened = weight_quantization(
            weight.data, axis, float(grid.scale[0]), real_bias, context.bias_of(op), dtype, importance(op, context)
        )
        if widened.any():
            context.applied(
                op.origin, f"widened the weight scale of {int(widened.sum())} channels so that their bias fits"
            )
        steps = quantize_weights(weight.data, quant, dtype)
    real = np.zeros(quant.scale.size) if bias is None or bias.data is None else bias.data.astype(np.float64)
    corrected = real - mean_error(op, dequantize(steps, quant) - weight.data, context)
    step = bias_scale(grid.scale, quant)
    op.inputs += [None] * (decl.bias + 1 - len(op.inputs))
    set_constant(graph, op, index, steps, quant=quant, dtype=dtype)
    if bias is not None or np.rint(corrected / step).any():
        # LiteRT compares a bias' scale with input · weight when the weights have one scale; per channel it does not look.
        stated = None if quant.is_per_channel else Quantization.per_tensor(float(step[0]), 0)
        set_constant(
            graph, op, decl.bias, quantize_bias(corrected, step, context.bias_of(op)), f"{op.output.name}/bias", stated
        )


def _require_bias(op: Op, bias: np.ndarray | None, step: np.ndarray) -> None:
    """Scales of few levels cannot be widened: QuantizationError when a bias does not fit beside them."""
    if bias is not None and (np.abs(bias.astype(np.float64)) > step * BIAS_MAX["int32"]).any():
        raise QuantizationError(
            f"{op.origin}: a bias is more than {BIAS_MAX['int32']:,} times the smallest product of its input and its weights;"
            " keep the layer's weights in eight bits"
        )


def importance(op: Op, context: PassContext) -> np.ndarray | None:
    """How much the squared error of each weight weighs: the mean square of the input channel that it multiplies."""
    decl, data = declaration(op.name), data_operands(op)[0][1]
    statistics = context.statistics.get(data)
    assert decl.weight is not None
    if decl.scale_input is None or statistics is None or statistics.power is None:
        return None
    power = statistics.power / max(statistics.count, 1)
    least = 1e-6 * power.max(initial=0) or 1.0  # channels that calibration saw silent count a little
    return np.broadcast_to(decl.scale_input(op, np.maximum(power, least)), op.operand(decl.weight[0]).shape)


def quantize_weights_alone(graph: Graph, op: Op, context: PassContext) -> None:
    """Replace the float weights of ``op`` by int8 or int4 ones; activations and bias stay float."""
    decl = declaration(op.name)
    place = decl.weight if decl.factor is None else (decl.factor[0], decl.factor[1](op))
    assert place is not None
    index, axis = place
    weight = op.operand(index)
    assert weight.data is not None
    dtype = context.weight_dtype(op, "float32")
    scale = np.maximum(weight_scales(weight.data, axis, dtype), np.finfo(np.float32).tiny).astype(np.float32)
    quant = Quantization(scale, np.zeros(scale.size, np.int64), axis if scale.size > 1 else 0)
    set_constant(graph, op, index, quantize_weights(weight.data, quant, dtype), quant=quant, dtype=dtype)


def mean_error(op: Op, error: np.ndarray, context: PassContext) -> np.ndarray:
    """Mean change of each output channel over the calibration data when the weights change by ``error``: [out].

    The operator is linear in both, so its response to the mean sample is the mean of its responses.
    """
    decl, (index, data) = declaration(op.name), data_operands(op)[0]
    assert decl.weight is not None and decl.bias is not None
    if context.statistics[data].total is None:  # ranges of training, without samples: the weights lie on their grid
        return np.zeros(op.operand(decl.weight[0]).shape[decl.weight[1]])
    operands = [None if value is None else value.data for value in op.inputs[: decl.bias]]
    operands[index], operands[decl.weight[0]] = context.statistics[data].mean, error
    bare = Op(op.name, op.inputs[: decl.bias], op.outputs, {**op.attrs, "fused_activation_function": "NONE"})
    (answer,) = decl.reference(bare, operands)
    mean: np.ndarray = answer.reshape(-1, answer.shape[-1]).mean(axis=0, dtype=np.float64)
    return mean
