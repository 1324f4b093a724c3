"""Compute a product and a sum per channel that no weights could take in as one operator with weights of its own.

    %b = mul(%a, s); %c = add(%b, t); %d = relu(%c)   →  %d = depthwise_conv_2d(%a, s as 1×1 filter, t) {"RELU"}

Not when: float32 is wanted (two element-wise operators are as exact), or 16x8 (their constants have 16 bits, weights 8); the
input is not an NHWC image; the constants vary along more than the channels or are one number; the product alone has other
readers.
Why: BatchNorm before a relu, as in ResNetV2 and DenseNet. As mul and add, int8 gives all channels' constants one scale
and rounds twice; as weights each channel has its own scale, the sum is an int32 bias, and there is one rounding.
"""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Op, Value
from ..opdef import Affine, Role, attribute, declaration, name_of
from .canonicalize import constant_operand
from .context import PassContext, Uses

NAME = "lower_channel_affine"


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer:
        return
    for op in [op for op in graph.ops if context.activations_of(op) != "int16"]:
        scale = _channel_constant(op, Affine.SCALE)
        if scale is not None:
            _lower(graph, op, scale, context)


def _channel_constant(op: Op, kind: Affine) -> np.ndarray | None:
    """The constant [C] of an element-wise operator on an image, or None when it is not one number per channel."""
    if declaration(op.name).affine is not kind or (constant := constant_operand(op)) is None:
        return None
    x = op.operand(0)
    per_channel = constant.size > 1 and constant.shape[-1:] == x.shape[-1:] == (constant.size,)
    if len(x.shape) != 4 or x.shape != op.output.shape or x.dtype != "float32" or not per_channel:
        return None
    assert constant.data is not None
    return constant.data.reshape(-1)


def _lower(graph: Graph, scale_op: Op, scale: np.ndarray, context: PassContext) -> None:
    """Replace ``scale_op``, and the sum behind it if there is one, by the operator for Role.CHANNEL_AFFINE."""
    last, shift = scale_op, np.zeros_like(scale)
    follower = Uses(graph).only_reader(scale_op.output)
    if follower is not None and attribute(scale_op, "fused_activation_function") == "NONE":
        behind = _channel_constant(follower, Affine.SHIFT)
        last, shift = (scale_op, shift) if behind is None else (follower, behind)
    name = name_of(Role.CHANNEL_AFFINE)
    form = declaration(name).affine_form
    assert form is not None
    arrays, attrs = form(scale, shift)
    attrs["fused_activation_function"] = attribute(last, "fused_activation_function")
    names = (f"{last.output.name}/scale", f"{last.output.name}/shift")
    constants = [
        Value(graph.unique_name(n), array.dtype.name, array.shape, array)
        for n, array in zip(names, arrays, strict=True)
    ]
    op = Op(name, [scale_op.operand(0), *constants], list(last.outputs), attrs, last.origin)
    graph.ops[graph.ops.index(last)] = op
    if last is not scale_op:
        graph.ops.remove(scale_op)
    context.applied(
        last.origin, f"{name} instead of {scale_op.name}{' and ' + last.name if last is not scale_op else ''}"
    )
