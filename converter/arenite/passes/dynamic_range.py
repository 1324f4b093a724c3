"""Weights to integers while activations stay float: TFLite's dynamic range quantization.

    %b : f32 = conv_2d(%a : f32, %w : f32, %bias : f32)  →  %b : f32 = conv_2d(%a : f32, %w : i8 per channel, %bias : f32)

The kernels bring each input to eight bits when they meet it, by its own range, so no calibration is needed.

Not when: the operator has no such signature, its weights are computed, or they are fewer than ``LEAST``: rounding costs
accuracy and saves nothing there. Why asymmetric inputs: behind a relu half of the codes would stay unused.
"""

from __future__ import annotations

from ..graph import Graph, Op
from ..opdef import case_dtypes, declaration, weight_operand
from .context import PassContext
from .recurrent import quantize_matrices_alone
from .weights import quantize_weights_alone

NAME = "dynamic_range"

#: Weights of an operator below which they stay float, as LiteRT's converter has it.
LEAST = 1024


def run(graph: Graph, context: PassContext) -> None:
    if context.quantize != "dynamic":
        return
    for op in graph.ops:
        if weight_operand(op.name) is None:
            continue
        if reason := _refusal(op):
            context.refused(op.origin, f"the weights of {op.name} stay float: {reason}")
            continue
        if not declaration(op.name).matrices:
            quantize_weights_alone(graph, op, context)
        quantize_matrices_alone(graph, op)
        if "asymmetric_quantize_inputs" in declaration(op.name).attrs:
            op.attrs["asymmetric_quantize_inputs"] = True


def _refusal(op: Op) -> str:
    place = declaration(op.name).weight or declaration(op.name).factor
    places = [place[0]] if place is not None else [matrix.index for matrix in declaration(op.name).matrices]
    weights = [value for i in places if i < len(op.inputs) and (value := op.inputs[i]) is not None]
    if "float32/int8" not in case_dtypes(op.name):
        return "it has no kernel for integer weights beside float activations"
    if any(v.data is None or v.dtype != "float32" for v in weights) or op.outputs[0].dtype != "float32":
        return "they are no constants of float32"
    size = sum(value.size for value in weights)
    return "" if size >= LEAST else f"they are {size}, below {LEAST}"
