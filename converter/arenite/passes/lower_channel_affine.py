"""Compute a product and a sum per channel that no weights could take in as one operator with weights of its own.

    %b = mul(%a, s); %c = add(%b, t); %d = relu(%c)   →  %d = depthwise_conv_2d(%a, s as 1×1 filter, t) {"RELU"}

Of an input that is no NHWC image, and of constants that vary along more than the innermost axis, a view is taken in which they
do, and another view behind.

Not when: float32 is wanted (two element-wise operators are as exact), or 16x8 (their constants have 16 bits, weights 8); the
constants vary along outer axes alone, or are one number; the product alone has other readers; there is a product alone, and
views would be needed for it.
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
        if scale is not None and op not in context.floating:
            _lower(graph, op, scale, context)


def _channel_constant(op: Op, kind: Affine) -> np.ndarray | None:
    """The constant [C] of an element-wise operator, or None when it is not one number for each place of its inner axes.

    C is the product of these axes: their elements are the channels.
    """
    if declaration(op.name).affine is not kind or (constant := constant_operand(op)) is None:
        return None
    x, shape = op.operand(0), constant.shape
    while shape and shape[0] == 1:
        shape = shape[1:]
    inner = constant.size > 1 and x.shape[-len(shape) :] == shape
    if not inner or x.shape != op.output.shape or x.dtype != "float32":
        return None
    assert constant.data is not None
    return constant.data.reshape(-1)


def _lower(graph: Graph, scale_op: Op, scale: np.ndarray, context: PassContext) -> None:
    """Replace ``scale_op``, and the sum behind it if there is one, by the operator for Role.CHANNEL_AFFINE."""
    last, shift = scale_op, np.zeros_like(scale)
    follower = Uses(graph).only_reader(scale_op.output)
    if follower is not None and attribute(scale_op, "fused_activation_function") == "NONE":
        behind = _channel_constant(follower, Affine.SHIFT)
        last, shift = (scale_op, shift) if behind is None or behind.size != scale.size else (follower, behind)
    source = scale_op.operand(0)
    is_image = len(source.shape) == 4 and source.shape[-1] == scale.size
    if not is_image and last is scale_op:
        return
    op = _affine(graph, source, last, scale, shift)
    steps = [op] if is_image else _between_views(graph, op, scale.size)
    place = graph.ops.index(last)
    graph.ops[place : place + 1] = steps
    if last is not scale_op:
        graph.ops.remove(scale_op)
    context.applied(
        last.origin, f"{op.name} instead of {scale_op.name}{' and ' + last.name if last is not scale_op else ''}"
    )


def _affine(graph: Graph, source: Value, last: Op, scale: np.ndarray, shift: np.ndarray) -> Op:
    """The operator that gives the result of ``last``."""
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
    return Op(name, [source, *constants], list(last.outputs), attrs, last.origin)


def _between_views(graph: Graph, op: Op, channels: int) -> list[Op]:
    """``op`` on an image of one row whose pixels have ``channels``, and the views around it."""
    source, result = op.operand(0), op.output
    batch = source.shape[0] if source.size // source.shape[0] % channels == 0 else 1
    image = (batch, 1, source.size // batch // channels, channels)
    before = _view(graph, source, image, f"{result.name}_channels", op)
    op.inputs[0] = before.output
    inner = Value(graph.unique_name(f"{result.name}_before_view"), result.dtype, image)
    op.outputs = [inner]
    after = _view(graph, inner, result.shape, "", op)
    after.outputs = [result]
    return [before, op, after]


def _view(graph: Graph, value: Value, shape: tuple[int, ...], name: str, op: Op) -> Op:
    stated = np.array(shape, np.int32)
    constant = Value(graph.unique_name(f"{value.name}/shape"), "int32", stated.shape, stated)
    result = Value(graph.unique_name(name or f"{value.name}_view"), value.dtype, shape)
    return Op(name_of(Role.VIEW), [value, constant], [result], {}, op.origin)
