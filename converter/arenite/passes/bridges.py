"""Changes of type inside a quantized graph, where operators of different types meet, and at its ends.

%b = conv_2d(%a)  in int8; %c = add(%b, …)  in int16   →  %b16 = quantize(%b); %c = add(%b16, …)
uint8 at the ends:  %x : i8                             →  %x8 : u8; %x = quantize(%x8)   at the same scale
"""

from __future__ import annotations

from ..graph import Graph, Op, Origin, Quantization, Value
from ..opdef import Role, name_of
from .context import PassContext

#: Between the zero points of uint8 and int8.
UINT8_SHIFT = 128


def bridge(graph: Graph, integer: set[Op], context: PassContext) -> dict[Value, str]:
    """Put quantize and dequantize where types meet; all values are still float32.

    Returns the type that each value that is float32 now and no constant will have: after this it is written and read in that.
    """
    kinds: dict[Value, str] = {}
    producers = graph.producers()
    ends = context.activations if context.io == "uint8" else context.io
    for value in [v for v in graph.values() if not (v.is_constant or v.is_variable) and v.dtype == "float32"]:
        producer = producers.get(value)
        kinds[value] = own = ends if producer is None else _kind(producer, integer, context)
        wanted = {op: _kind(op, integer, context) for op in graph.ops if value in op.inputs}
        for kind in dict.fromkeys(wanted.values()):
            if kind != own:
                copy = _copy(graph, value, own, kind, producer, [op for op in wanted if wanted[op] == kind], context)
                kinds[copy] = kind
        if value in graph.outputs and own != ends:
            kinds[_end(graph, value, own, ends, producer, kinds, context)] = ends
    for op in graph.ops:
        for value in (v for v in op.inputs if v is not None and v.is_variable):
            kinds[value] = _kind(op, integer, context)
    return kinds


def _kind(op: Op, integer: set[Op], context: PassContext) -> str:
    return context.activations_of(op) if op in integer else "float32"


def _copy(
    graph: Graph, value: Value, own: str, kind: str, producer: Op | None, readers: list[Op], context: PassContext
) -> Value:
    """``value`` in another type, which ``readers`` read."""
    copy = Value(graph.unique_name(f"{value.name}_{kind}"), "float32", value.shape)
    role = Role.DEQUANTIZE if kind == "float32" else Role.QUANTIZE
    op = Op(name_of(role), [value], [copy], origin=producer.origin if producer else _first_origin(readers))
    for reader in readers:
        reader.inputs = [copy if v is value else v for v in reader.inputs]
    graph.ops.insert(graph.ops.index(producer) + 1 if producer else 0, op)
    context.statistics[copy] = context.statistics[value]
    if own != "float32" and kind != "float32":
        context.applied(op.origin, f"'{value.name}' changes from {own} to {kind}")
    return copy


def _end(
    graph: Graph,
    value: Value,
    own: str,
    ends: str,
    producer: Op | None,
    kinds: dict[Value, str],
    context: PassContext,
) -> Value:
    """The output ``value`` in the type of the ends; it has the output's name."""
    name = value.name
    copies = [v for v, kind in kinds.items() if kind == ends and v.name.startswith(f"{name}_{ends}")]
    made = [op.outputs[0] for op in graph.ops if op.inputs == [value] and op.outputs[0] in copies]
    copy = made[0] if made else _copy(graph, value, own, ends, producer, [], context)
    graph.outputs = [copy if v is value else v for v in graph.outputs]
    if producer is not None:
        copy.name = graph.unique_name(f"{name}_renamed")
        value.name = graph.unique_name(f"{name}_{own}")
        copy.name = name
    return copy


def _first_origin(readers: list[Op]) -> Origin:
    return readers[0].origin if readers else Origin()


def turn_ends(graph: Graph, context: PassContext) -> None:
    """Make int8 inputs and outputs uint8, as the user's code may hold them: the same steps, 128 higher."""
    if context.io != "uint8":
        return
    for value in [v for v in graph.inputs if v.dtype == "int8"]:
        outside = _shifted(graph, value)
        graph.inputs = [outside if v is value else v for v in graph.inputs]
        graph.ops.insert(0, Op(name_of(Role.QUANTIZE), [outside], [value], origin=Origin()))
        if value in graph.outputs:
            graph.outputs = [outside if v is value else v for v in graph.outputs]
    for value in dict.fromkeys(v for v in graph.outputs if v.dtype == "int8"):
        outside = _shifted(graph, value)
        graph.outputs = [outside if v is value else v for v in graph.outputs]
        producer = graph.producers().get(value)
        origin = producer.origin if producer is not None else Origin()
        graph.ops.append(Op(name_of(Role.QUANTIZE), [value], [outside], origin=origin))


def _shifted(graph: Graph, value: Value) -> Value:
    """A uint8 value of the same grid; it takes the name."""
    assert value.quant is not None
    quant = Quantization(value.quant.scale, value.quant.zero_point + UINT8_SHIFT, value.quant.axis)
    name, value.name = value.name, graph.unique_name(f"{value.name}_int8")
    return Value(name, "uint8", value.shape, None, quant)
