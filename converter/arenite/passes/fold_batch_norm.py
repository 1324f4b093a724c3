"""Fold products and sums with constants, such as an inference-time BatchNorm, into the weights and bias beside them.

    %b = conv_2d(%a, w, b); %c = mul(%b, s); %d = add(%c, t)   →  %d = conv_2d(%a, w·s, b·s + t)
    %b = mul(%a, s); %c = add(%b, t); %d = conv_2d(%c, w, b)   →  %d = conv_2d(%a, w·s, b + Σ w·t)

Not when: the value in between has other readers or is an output; an activation stands in between; the constant varies
along more than the channels; a shift before padded convolution (padding is zero after the shift, not before it); weights
that are not constant; a result beyond float32.
Why: exact up to float rounding, saves an operator, its activation memory and, in int8, a rounding to 256 steps.
"""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Op, Value
from ..opdef import Affine, attribute, declaration
from .canonicalize import constant_operand
from .context import PassContext, Uses
from .parameters import float_parameters, set_parameters

NAME = "fold_batch_norm"


def run(graph: Graph, context: PassContext) -> None:
    graph.remove_dead()
    while _sweep(graph, context):
        pass


def _sweep(graph: Graph, context: PassContext) -> bool:
    """Go once over the operators and fold what can be folded; whether anything was."""
    uses, changed = Uses(graph), False
    for op in list(graph.ops):
        constant = constant_operand(op)
        if constant is None:
            continue
        if _fold_behind(graph, op, constant, uses, context) or _fold_before(graph, op, constant, uses, context):
            graph.remove_dead()
            uses, changed = Uses(graph), True
    return changed


def _per_channel(constant: Value, channels: int) -> np.ndarray | None:
    """The constant as a float64 vector [channels], or None when it varies along other axes."""
    assert constant.data is not None
    flat = constant.data.astype(np.float64).reshape(-1)
    if flat.size == 1:
        return np.full(channels, flat[0])
    return flat if flat.size == channels and constant.shape[-1] == channels else None


def _fold_behind(graph: Graph, affine: Op, constant: Value, uses: Uses, context: PassContext) -> bool:
    """affine(weighted(x)) → weighted'(x)."""
    op = uses.producer(affine.operand(0))
    if op is None or (decl := declaration(op.name)).weight is None:
        return False
    why = _reason_behind(op, affine, constant, uses)
    parts = float_parameters(op)
    if why or parts is None:
        context.refused(affine.origin, f"{affine.name} stays behind {op.name}: {why or 'its weights are not constant'}")
        return False
    _, weights, bias = parts
    factors = _per_channel(constant, bias.size)
    assert factors is not None
    if declaration(affine.name).affine is Affine.SCALE:
        axis = decl.weight[1]
        weights = weights * factors.reshape([-1 if i == axis else 1 for i in range(weights.ndim)])
        bias = bias * factors
    else:
        bias = bias + factors
    if not set_parameters(graph, op, weights, bias):
        context.refused(affine.origin, f"folding {affine.name} into {op.name} overflows float32")
        return False
    op.attrs["fused_activation_function"] = attribute(affine, "fused_activation_function")
    op.outputs = [affine.output]
    graph.ops.remove(affine)
    context.applied(affine.origin, f"folded {affine.name} into the {op.name} before it")
    return True


def _reason_behind(op: Op, affine: Op, constant: Value, uses: Uses) -> str:
    """Why ``affine`` cannot be folded into ``op`` before it; "" when it can."""
    result = op.output
    if uses.only_reader(result) is None:
        return uses.shared(result)
    if attribute(op, "fused_activation_function") != "NONE":
        return f"{attribute(op, 'fused_activation_function')} stands in between"
    if affine.output.shape != result.shape or _per_channel(constant, result.shape[-1]) is None:
        return f"its constant {list(constant.shape)} varies along more than the channels"
    return ""


def _fold_before(graph: Graph, affine: Op, constant: Value, uses: Uses, context: PassContext) -> bool:
    """weighted(affine(x)) → weighted'(x)."""
    op = uses.only_reader(affine.output)
    decl = declaration(op.name) if op is not None else None
    if op is None or decl is None or decl.weight is None or op.inputs[0] is not affine.output:
        return False
    why = _reason_before(op, affine, constant)
    parts = float_parameters(op)
    if why or parts is None:
        context.refused(affine.origin, f"{affine.name} stays before {op.name}: {why or 'its weights are not constant'}")
        return False
    weight, weights, bias = parts
    factors = _per_channel(constant, affine.output.shape[-1])
    assert factors is not None and decl.scale_input is not None
    if declaration(affine.name).affine is Affine.SCALE:
        weights = weights * decl.scale_input(op, factors)
    else:
        bias = bias + _response(op, factors, weight)
    if not set_parameters(graph, op, weights, bias):
        context.refused(affine.origin, f"folding {affine.name} into {op.name} overflows float32")
        return False
    op.inputs[0] = affine.operand(0)
    context.applied(affine.origin, f"folded {affine.name} into the {op.name} behind it")
    return True


def _reason_before(op: Op, affine: Op, constant: Value) -> str:
    """Why ``affine`` cannot be folded into ``op`` behind it; "" when it can."""
    if attribute(affine, "fused_activation_function") != "NONE":
        return f"{attribute(affine, 'fused_activation_function')} stands in between"
    if affine.operand(0).shape != affine.output.shape:
        return "its constant enlarges the shape"
    factors = _per_channel(constant, affine.output.shape[-1])
    if factors is None:
        return f"its constant {list(constant.shape)} varies along more than the channels"
    window = declaration(op.name).window
    if declaration(affine.name).affine is Affine.SHIFT and window is not None and factors.any():
        pads = window(op).pads((affine.output.shape[1], affine.output.shape[2]))
        if pads != ((0, 0), (0, 0)):
            return f"{op.name} pads with zeros that the shift does not reach"
    return ""


def _response(op: Op, level: np.ndarray, weight: Value) -> np.ndarray:
    """What ``op`` answers, without bias and activation, to an image whose channels are constant: [out]."""
    flat = np.broadcast_to(level.astype(np.float64), op.operand(0).shape)
    bare = Op(op.name, op.inputs[:2], op.outputs, {**op.attrs, "fused_activation_function": "NONE"})
    assert weight.data is not None
    (answer,) = declaration(op.name).reference(bare, [flat, weight.data.astype(np.float64)])
    result: np.ndarray = answer.reshape(-1, answer.shape[-1])[0]
    return result
