"""Integers for operators with several matrices and with state: each matrix has one scale, each variable a grid of its own."""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Op, Quantization, Value
from ..opdef import Matrix, StateGrid, declaration
from .context import PassContext, set_constant
from .scheme import BIAS_MAX, HEADROOM, INT16_MAX, WEIGHT_MAX, quantize_bias, quantize_weights

#: Exponents of a state's scale for which the kernels have room.
SMALLEST_EXPONENT, LARGEST_EXPONENT = -15, 0


def state_dtype(op: Op, grid: StateGrid, context: PassContext) -> str:
    """dtype of a variable of ``op``."""
    return context.activations_of(op) if grid is StateGrid.OUTPUT else "int16"


def quantize_states(op: Op, grids: dict[Value, Quantization], context: PassContext) -> None:
    """Give the variables of ``op`` their dtype and grid; those on the output's grid have it in ``grids``."""
    for index, grid in declaration(op.name).states.items():
        if grid is StateGrid.POWER_OF_TWO:
            value = op.operand(index)
            seen = context.statistics[value]
            value.dtype, value.quant = state_dtype(op, grid, context), _power_of_two(max(-seen.low, seen.high))


def _power_of_two(largest: float) -> Quantization:
    """The smallest power of two at which int16 holds ±``largest`` with headroom."""
    exponent = int(np.ceil(np.log2(largest * HEADROOM / INT16_MAX))) if largest > 0 else SMALLEST_EXPONENT
    return Quantization.per_tensor(2.0 ** int(np.clip(exponent, SMALLEST_EXPONENT, LARGEST_EXPONENT)), 0)


def quantize_matrices(graph: Graph, op: Op, grids: dict[Value, Quantization], context: PassContext) -> None:
    """Replace the float weights and biases of ``op`` by int8 and int32 (16x8: int64) ones."""
    for matrix in declaration(op.name).matrices:
        if matrix.index < len(op.inputs) and op.inputs[matrix.index] is not None:
            _quantize_matrix(graph, op, matrix, float(grids[op.operand(matrix.of)].scale[0]), context)


def quantize_matrices_alone(graph: Graph, op: Op) -> None:
    """Replace the float weights of ``op`` by int8 ones; activations and biases stay float."""
    for matrix in declaration(op.name).matrices:
        if matrix.index < len(op.inputs) and (value := op.inputs[matrix.index]) is not None and value.data is not None:
            quant = _quantization(float(np.abs(value.data).max(initial=0)) / WEIGHT_MAX)
            set_constant(graph, op, matrix.index, quantize_weights(value.data, quant), quant=quant)


def _quantization(scale: float) -> Quantization:
    """Of weights; those that are all zero have some scale."""
    return Quantization.per_tensor(float(np.float32(max(scale or 1 / WEIGHT_MAX, float(np.finfo(np.float32).tiny)))), 0)


def _quantize_matrix(graph: Graph, op: Op, matrix: Matrix, input_scale: float, context: PassContext) -> None:
    weights = op.operand(matrix.index).data
    bias = None if matrix.bias is None else op.inputs[matrix.bias]
    assert weights is not None
    scale = float(np.abs(weights).max(initial=0)) / WEIGHT_MAX
    if bias is not None and bias.data is not None:  # so large that the bias fits its integers
        scale = max(
            scale,
            float(np.abs(bias.data).max(initial=0)) / (input_scale * BIAS_MAX[context.bias_of(op)]) * (1 + 2**-20),
        )
    quant = _quantization(scale)
    set_constant(graph, op, matrix.index, quantize_weights(weights, quant), quant=quant)
    if bias is not None and bias.data is not None and matrix.bias is not None:
        step = Quantization.per_tensor(input_scale * float(quant.scale[0]), 0)
        steps = quantize_bias(bias.data, step.scale.astype(np.float64), context.bias_of(op))
        set_constant(graph, op, matrix.bias, steps, quant=step)
