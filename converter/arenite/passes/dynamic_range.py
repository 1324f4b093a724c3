"""Weights to integers while activations stay float: TFLite's dynamic range quantization.

    %b : f32 = conv_2d(%a : f32, %w : f32, %bias : f32)  →  %b : f32 = conv_2d(%a : f32, %w : i8 per channel, %bias : f32)

The kernels bring each input to eight bits when they meet it, by its own range, so no calibration is needed.

Not when: the operator has no such signature, its weights are computed, or they are fewer than ``LEAST``: rounding costs
accuracy and saves nothing there. Why asymmetric inputs: behind a relu half of the codes would stay unused.
"""

from __future__ import annotations

from ..graph import Graph, Op
from ..opdef import case_dtypes, declaration
from .context import PassContext
from .weights import quantize_weights_alone

NAME = "dynamic_range"

#: Weights of an operator below which they stay float, as LiteRT's converter has it.
LEAST = 1024


def run(graph: Graph, context: PassContext) -> None:
    if context.quantize != "dynamic":
        return
    for op in graph.ops:
        if declaration(op.name).weight is None:
            continue
        if reason := _refusal(op):
            context.refused(op.origin, f"the weights of {op.name} stay float: {reason}")
            continue
        quantize_weights_alone(graph, op, context)
        if "asymmetric_quantize_inputs" in declaration(op.name).attrs:
            op.attrs["asymmetric_quantize_inputs"] = True


def _refusal(op: Op) -> str:
    weight = declaration(op.name).weight
    assert weight is not None
    value = op.operand(weight[0])
    if "float32/int8" not in case_dtypes(op.name):
        return "it has no kernel for integer weights beside float activations"
    if value.data is None or value.dtype != "float32" or op.output.dtype != "float32":
        return "they are no constants of float32"
    return "" if value.size >= LEAST else f"they are {value.size}, below {LEAST}"
