"""Bring equal graphs into one form, so that later passes need to know only one.

    %b = reshape(%a) : same shape                 →  %a                          operators that change nothing
    %c = reshape(reshape(%a))                     →  %c = reshape(%a)            chains of views
    %c = fully_connected(reshape(%a), …)          →  %c = fully_connected(%a, …) which flattens by itself
    %b = mul(const, %a)                           →  %b = mul(%a, const)         the constant stands second
    %b = mul(mul(%a, c1), c2)                     →  %b = mul(%a, c1·c2)         also add; sums and products in double
    %c = relu(reshape(%a)), mul(reshape(%a), c)   →  %c = reshape(relu(%a)), …   views sink below element-wise operators
    %c : [1,8] = add(reshape(%a : [1,8]), c)      →  %c = add(%a, c)             a view that broadcasting undoes

Not when: the operator joins a graph input to a graph output (each needs its own tensor); a value in between has other
readers, or is a variable, which may have changed where the new reader would look; a sunk constant varies along more than the
innermost axis, or the view changes that axis.
Why: Conv1D arrives as conv, reshape, add, relu; only with the reshape at the end can bias and activation be folded.
"""

from __future__ import annotations

import numpy as np

from ..errors import GraphError
from ..graph import Graph, Op, Value
from ..opdef import Affine, attribute, declaration
from .context import PassContext, Uses, set_constant

NAME = "canonicalize"


def run(graph: Graph, context: PassContext) -> None:
    while _step(graph, context):
        graph.remove_dead()
    share_equal_constants(graph)


def _step(graph: Graph, context: PassContext) -> bool:
    """Apply the first rewrite that fits; False when none does."""
    uses = Uses(graph)
    for op in graph.ops:
        if (
            _remove_identity(graph, op, context)
            or _order_operands(op)
            or _shorten_views(op, uses, context)
            or _merge_constants(graph, op, uses, context)
            or _skip_view(op, uses, context)
            or _sink_view(graph, op, uses, context)
        ):
            return True
    return False


def _remove_identity(graph: Graph, op: Op, context: PassContext) -> bool:
    decl = declaration(op.name)
    if len(op.outputs) != 1 or not decl.identity(op):
        return False
    source, result = op.operand(0), op.output
    if source.dtype != result.dtype or source.quant != result.quant or source.is_variable:
        return False
    if result in graph.outputs and (source in graph.inputs or source.is_constant or source in graph.outputs):
        context.refused(op.origin, f"{op.name} changes nothing, but gives the output '{result.name}' its own tensor")
        return False
    if result not in graph.outputs and not any(result in other.inputs for other in graph.ops):
        return False
    graph.replace_uses(result, source)
    context.applied(op.origin, f"removed {op.name}: it changes nothing")
    return True


def _order_operands(op: Op) -> bool:
    if not declaration(op.name).commutative or not op.operand(0).is_constant or op.operand(1).is_constant:
        return False
    op.inputs[0], op.inputs[1] = op.inputs[1], op.inputs[0]
    return True


def _shorten_views(op: Op, uses: Uses, context: PassContext) -> bool:
    decl = declaration(op.name)
    producer = uses.producer(op.operand(0)) if decl.view or decl.flattens else None
    if producer is None or not declaration(producer.name).view or producer.keeps_state:
        return False
    direct = Op(op.name, [producer.operand(0), *op.inputs[1:]], op.outputs, op.attrs, op.origin)
    if _shapes(direct) != [value.shape for value in op.outputs]:
        return False
    op.inputs[0] = producer.operand(0)
    context.applied(op.origin, f"{op.name} reads what stands before {producer.name}")
    return True


def _shapes(op: Op) -> list[tuple[int, ...]] | None:
    try:
        return declaration(op.name).shape(op)
    except GraphError:
        return None


def constant_operand(op: Op) -> Value | None:
    """The constant of an element-wise operator with one activation and one constant, after operands are ordered."""
    if declaration(op.name).affine is None or op.operand(0).is_constant or not op.operand(1).is_constant:
        return None
    return op.operand(1)


def _merge_constants(graph: Graph, op: Op, uses: Uses, context: PassContext) -> bool:
    """op(inner(x, a), b) → op(x, a∘b) for two operators of the same kind."""
    outer = constant_operand(op)
    producer = uses.producer(op.operand(0)) if outer is not None else None
    if outer is None or producer is None or producer.name != op.name or constant_operand(producer) is None:
        return False
    if uses.only_reader(producer.output) is None or producer.output.shape != op.output.shape:
        return False
    if attribute(producer, "fused_activation_function") != "NONE" or outer.dtype != "float32":
        return False
    inner = producer.operand(1)
    assert inner.data is not None and outer.data is not None
    a, b = inner.data.astype(np.float64), outer.data.astype(np.float64)
    merged = (a * b if declaration(op.name).affine is Affine.SCALE else a + b).astype(np.float32)
    if not np.isfinite(merged).all():
        context.refused(op.origin, f"merging two constants of {op.name} overflows float32")
        return False
    set_constant(graph, op, 1, merged)
    op.inputs[0] = producer.operand(0)
    context.applied(op.origin, f"merged two {op.name} with constants")
    return True


def _skip_view(op: Op, uses: Uses, context: PassContext) -> bool:
    """op(view(x), c) → op(x, c) where the result has the shape of x again, and c knows only the innermost axis."""
    constant = constant_operand(op)
    view = uses.producer(op.operand(0)) if constant is not None else None
    if constant is None or view is None or not declaration(view.name).view or view.keeps_state:
        return False
    source = view.operand(0)
    channels = constant.shape[-1] if constant.shape else 1
    keeps_channels = source.shape[-1:] == view.output.shape[-1:] == (channels,)
    if source.shape != op.output.shape or (constant.size != 1 and not (constant.size == channels and keeps_channels)):
        return False
    if len(constant.shape) > len(source.shape):
        return False
    op.inputs[0] = source
    context.applied(op.origin, f"{op.name} reads what stands before {view.name}, which it undoes")
    return True


def _sink_view(graph: Graph, op: Op, uses: Uses, context: PassContext) -> bool:
    """op(view(x)) → view(op(x)) for an element-wise operator whose constant knows only the innermost axis."""
    decl = declaration(op.name)
    if decl.fuses_as is None and constant_operand(op) is None:
        return False
    view = uses.producer(op.operand(0))
    if view is None or not declaration(view.name).view or uses.only_reader(view.output) is not op:
        return False
    source, result = view.operand(0), op.output
    if result.shape != view.output.shape or uses.producer(source) is None:
        return False
    constant = constant_operand(op)
    if constant is not None:
        channels = constant.shape[-1] if constant.shape else 1
        keeps_channels = source.shape[-1:] == result.shape[-1:] == (channels,)
        if constant.size != 1 and not (constant.size == channels and keeps_channels):
            return False
        assert constant.data is not None
        set_constant(graph, op, 1, constant.data.reshape(-1))
    inner = Value(graph.unique_name(f"{result.name}_before_view"), result.dtype, source.shape)
    op.inputs[0], op.outputs = source, [inner]
    view.inputs[0], view.outputs = inner, [result]
    graph.ops.remove(view)
    graph.ops.insert(graph.ops.index(op) + 1, view)
    context.applied(op.origin, f"moved {view.name} behind {op.name}")
    return True


def share_equal_constants(graph: Graph) -> None:
    """Constants of equal dtype, shape, bytes and quantization become one value."""
    first: dict[object, Value] = {}
    for value in list(graph.values()):
        if value.data is None or value in graph.outputs:
            continue
        key = (value.dtype, value.shape, value.data.tobytes(), value.quant)
        if first.setdefault(key, value) is not value:
            graph.replace_uses(value, first[key])
