"""Turn the calibrated float graph into TFLite's int8 or 16x8 scheme.

    %b : f32 = conv_2d(%a : f32, %w : f32, %bias : f32)
      →  %b : i8 scale, zero_point = conv_2d(%a : i8, %w : i8 per channel, %bias : i32)

* activations: int8, one scale and zero point from the calibrated range;
* weights: int8 symmetric in [−127, 127], one scale per output channel (fully connected too);
* bias: int32 at input scale · weight scale, corrected by the mean error that rounding the weights causes on the
  calibration data;
* recurrent operators: weights with one scale per matrix, the hidden state on the output's grid, a cell state int16 at a
  power of two, from every value that it takes in calibration;
* 16x8: activations int16 without zero point, bias int64, all else alike;
* operators that move or select elements share one scale with their inputs, the union of the ranges; a fixed-scale
  operand of a concatenation is requantized instead;
* layers may have a type of their own, int8, int16 or float32: where it changes stands a quantize or dequantize;
* graph inputs and outputs become integers, or stay float32 behind quantize and dequantize (``io="float32"``).

Not when: an operator has no such signature in the table: the model is refused, or, if the user allows it, the operator stays
float between dequantize and quantize, and is reported.
Why symmetric, per channel, fixed: the integer kernels of TFLite and TFLite Micro accept nothing else.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from ..errors import CalibrationError
from ..evaluate import quantize as to_steps
from ..graph import Graph, Op, Quantization, Value
from ..opdef import QuantRule, Role, data_operands, declaration, rows
from ..tabulation import table
from . import few_levels, float_fallback, precision
from .boundaries import Boundaries, quantize_carried_constants
from .bridges import bridge, turn_ends
from .context import PassContext, set_constant
from .grids import assign_grids
from .recurrent import quantize_matrices, quantize_states, state_dtype
from .scheme import activation_quantization
from .weights import quantize_weighted

NAME = "quantize"


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer:
        return
    context.exact = graph.copy()
    context.twins = dict(zip(_operators(graph), _operators(context.exact), strict=True))
    for op in _operators(graph):
        _take_integer_form(op, context)
    boundaries = Boundaries(graph, context)
    integer = {op for op in _operators(graph) if has_kernel(op, context)} | boundaries.integer_operators()
    _require_seen(graph, integer, context)
    float_fallback.settle(graph, integer, context)
    _warn_of_rounded_ends(graph, integer, context)
    if context.aim_db is not None:
        widenable = {op for op in integer if _takes_int16(op, context)}
        precision.choose(graph, integer, widenable, context)
    few_levels.require((op for part in graph.subgraphs() for op in part.ops if op in integer), context)
    kinds = bridge(graph, integer, boundaries, context)
    grids = assign_grids(graph, integer, kinds, boundaries, context)
    for part in graph.subgraphs():
        for op in [op for op in part.ops if op in integer]:
            quantize_states(op, grids, context)
            _quantize_constants(part, op, grids, context)
    quantize_carried_constants(boundaries, grids)
    for value, quant in grids.items():
        if not value.is_constant:
            value.dtype, value.quant = kinds[value], quant
    turn_ends(graph, context)
    context.applied(graph.name, f"{len(integer)} operators compute in integers, {_counts(integer, context)}")


def _operators(graph: Graph) -> list[Op]:
    return [op for part in graph.subgraphs() for op in part.ops]


def _require_seen(graph: Graph, integer: set[Op], context: PassContext) -> None:
    """Raise CalibrationError naming the subgraphs that integer operators stand in and that no sample came to."""
    lines = [
        f"{op.origin}: subgraph '{part.name}' of its {op.name}, with {len(part.ops)} operators"
        for op in _operators(graph)
        for part in op.callees
        if any(_is_unseen(value, context) for inner in part.ops if inner in integer for value in inner.outputs)
    ]
    if lines:
        raise CalibrationError(
            "no calibration sample takes these branches or enters these loops, so that the ranges inside are unknown:\n  "
            + "\n  ".join(lines)
            + "\nAdd samples that do, or leave the layers float (layers={'name': 'float'}, --layer 'name=float')"
        )


def _warn_of_rounded_ends(graph: Graph, integer: set[Op], context: PassContext) -> None:
    """Name the loops that end by what integers say of real values."""
    for op in _operators(graph):
        for part in op.callees:
            if not set(part.outputs).isdisjoint(declaration(op.name).decided_by(op)) and not integer.isdisjoint(
                part.ops
            ):
                context.warn(
                    f"{op.origin}: rounded values decide how often the {op.name} runs, so the last round may come earlier or"
                    " later than in float; count rounds in int32 where they are counted"
                )


def _is_unseen(value: Value, context: PassContext) -> bool:
    seen = context.statistics[value]
    return value.dtype == "float32" and value.size > 0 and seen.low > seen.high


def _takes_int16(op: Op, context: PassContext) -> bool:
    """Whether an integer operator could compute in int16; a table has as many entries as its codes, so it could not."""
    if declaration(op.name).table is not None or declaration(op.name).states or context.activations_of(op) != "int8":
        return False
    context.wide.add(op)
    possible = has_kernel(op, context)
    context.wide.remove(op)
    return possible


def _counts(integer: set[Op], context: PassContext) -> str:
    """``12 in int8, 3 in int16``."""
    counts = Counter(context.activations_of(op) for op in integer)
    return ", ".join(f"{count} in {dtype}" for dtype, count in counts.most_common())


def _take_integer_form(op: Op, context: PassContext) -> None:
    """Make ``op`` the operator that computes the same in integers, if it has one with a kernel."""
    form = declaration(op.name).integer_form(op)
    if form is not None and has_kernel(Op(form[0], op.inputs, op.outputs, form[1], op.origin), context):
        op.name, op.attrs = form


def has_kernel(op: Op, context: PassContext) -> bool:
    """Whether the table has a signature with the data, int8 weights and the bias that a float operator gets."""
    dtype = context.activations_of(op)
    decl, data = declaration(op.name), {i for i, _ in data_operands(op)}
    if dtype == "float32" or decl.role in (Role.QUANTIZE, Role.DEQUANTIZE) or decl.quant is QuantRule.PLAIN:
        return False
    if all(value.dtype != "float32" for value in (*op.outputs, *(value for _, value in data_operands(op)))):
        return False
    parameters = [i for i in (decl.weight[0] if decl.weight else None, decl.bias) if i is not None]
    parameters += [i for matrix in decl.matrices for i in (matrix.index, matrix.bias) if i is not None]
    if any(i < len(op.inputs) and (v := op.inputs[i]) is not None and not v.is_constant for i in parameters):
        return False
    inputs = [None if value is None else _dtype(op, i, value, i in data, context) for i, value in enumerate(op.inputs)]
    outputs = [dtype if value.dtype == "float32" else value.dtype for value in op.outputs]
    return any(signature.accepts(inputs, outputs) for signature in rows()[op.name].signatures)


def _dtype(op: Op, index: int, value: Value, is_data: bool, context: PassContext) -> str:
    """The dtype that operand ``index`` takes."""
    decl = declaration(op.name)
    if value.dtype != "float32":
        return value.dtype
    if index == decl.table:
        return context.activations_of(op)
    if index == decl.bias or any(index == matrix.bias for matrix in decl.matrices):
        return context.bias_of(op)
    if (decl.weight is not None and index == decl.weight[0]) or any(index == m.index for m in decl.matrices):
        return "int8"
    if index in decl.states:
        return state_dtype(op, decl.states[index], context)
    return _data_dtype(op, index, value, context) if is_data else value.dtype


def _data_dtype(op: Op, index: int, value: Value, context: PassContext) -> str:
    """The dtype of an operand that is an activation, or a constant in place of one."""
    return "int8" if value.is_constant and index == declaration(op.name).narrow else context.activations_of(op)


def _quantize_constants(graph: Graph, op: Op, grids: dict[Value, Quantization], context: PassContext) -> None:
    """Give an integer operator integer weights, bias and constant operands."""
    if declaration(op.name).weight is not None:
        quantize_weighted(graph, op, grids[data_operands(op)[0][1]], context)
    quantize_matrices(graph, op, grids, context)
    _fill_table(graph, op, grids, context)
    if declaration(op.name).quant is QuantRule.PLAIN:
        return  # what it carries is quantized at its place
    for index, value in data_operands(op):
        if value.data is not None and value.dtype == "float32":
            dtype = _data_dtype(op, index, value, context)
            quant = grids.get(value) or _constant_grid(op, value.data, grids, dtype)
            set_constant(graph, op, index, to_steps(value.data, quant, dtype), quant=quant)
    if context.activations_of(op) == "int16" and "pot_scale_int16" in declaration(op.name).attrs:
        op.attrs["pot_scale_int16"] = False  # LiteRT would take the scales for powers of two


def _constant_grid(op: Op, data: np.ndarray, grids: dict[Value, Quantization], dtype: str) -> Quantization:
    """A grid for the constant ``data``. Zeros lie on any: on that of an operand beside, since comparisons of TFLite and
    TFLite Micro take no step of 1 or more.
    """
    beside = [grids[value] for _, value in data_operands(op) if value in grids and not value.is_constant]
    if beside and not data.any():
        return beside[0]
    return activation_quantization(float(data.min()), float(data.max()), dtype)


def _fill_table(graph: Graph, op: Op, grids: dict[Value, Quantization], context: PassContext) -> None:
    """Give an operator that looks up a function its values."""
    index = declaration(op.name).table
    if index is not None:
        source, result = grids[op.operand(0)], grids[op.output]
        codes = table(op.attrs.pop("function"), source, result, context.activations_of(op))
        set_constant(graph, op, index, codes, quant=result)
