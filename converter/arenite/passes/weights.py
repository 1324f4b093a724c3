"""Integers for the weights and bias of one operator, with the bias corrected for what rounding the weights does."""

from __future__ import annotations

import numpy as np

from ..evaluate import dequantize
from ..graph import Graph, Op, Quantization
from ..opdef import data_operands, declaration
from .context import PassContext, set_constant
from .scheme import bias_scale, quantize_bias, quantize_weights, weight_quantization


def quantize_weighted(graph: Graph, op: Op, grid: Quantization, context: PassContext) -> None:
    """Replace float weights and bias of ``op`` by int8 and int32 (16x8: int64) ones. ``grid``: of its activation operand."""
    decl = declaration(op.name)
    assert decl.weight is not None and decl.bias is not None
    index, axis = decl.weight
    weight = op.operand(index)
    bias = op.inputs[decl.bias] if len(op.inputs) > decl.bias else None
    assert weight.data is not None
    quant, widened = weight_quantization(
        weight.data, axis, float(grid.scale[0]), None if bias is None else bias.data, context.bias
    )
    if widened.any():
        context.applied(op.origin, f"widened the weight scale of {int(widened.sum())} channels so that their bias fits")
    steps = quantize_weights(weight.data, quant)
    real = np.zeros(quant.scale.size) if bias is None or bias.data is None else bias.data.astype(np.float64)
    corrected = real - mean_error(op, dequantize(steps, quant) - weight.data, context)
    step = bias_scale(grid.scale, quant)
    op.inputs += [None] * (decl.bias + 1 - len(op.inputs))
    set_constant(graph, op, index, steps, quant=quant)
    if bias is not None or np.rint(corrected / step).any():
        # LiteRT compares a bias' scale with input · weight when the weights have one scale; per channel it does not look.
        stated = None if quant.is_per_channel else Quantization.per_tensor(float(step[0]), 0)
        set_constant(
            graph, op, decl.bias, quantize_bias(corrected, step, context.bias), f"{op.output.name}/bias", stated
        )


def mean_error(op: Op, error: np.ndarray, context: PassContext) -> np.ndarray:
    """Mean change of each output channel over the calibration data when the weights change by ``error``: [out].

    The operator is linear in both, so its response to the mean sample is the mean of its responses.
    """
    decl, (index, data) = declaration(op.name), data_operands(op)[0]
    assert decl.weight is not None and decl.bias is not None
    operands = [None if value is None else value.data for value in op.inputs[: decl.bias]]
    operands[index], operands[decl.weight[0]] = context.statistics[data].mean, error
    bare = Op(op.name, op.inputs[: decl.bias], op.outputs, {**op.attrs, "fused_activation_function": "NONE"})
    (answer,) = decl.reference(bare, operands)
    mean: np.ndarray = answer.reshape(-1, answer.shape[-1]).mean(axis=0, dtype=np.float64)
    return mean
