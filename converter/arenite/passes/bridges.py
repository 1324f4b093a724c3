"""Changes of type inside a quantized graph, where operators of different types meet, and at its ends.

%b = conv_2d(%a)  in int8; %c = add(%b, …)  in int16   →  %b16 = quantize(%b); %c = add(%b16, …)
uint8 at the ends:  %x : i8                             →  %x8 : u8; %x = quantize(%x8)   at the same scale
"""

from __future__ import annotations

from ..graph import Graph, Op, Origin, Quantization, Value
from ..opdef import Role, name_of
from ..places import Place, readers, sources
from .boundaries import Boundaries
from .context import PassContext

#: Between the zero points of uint8 and int8.
UINT8_SHIFT = 128


def bridge(graph: Graph, integer: set[Op], boundaries: Boundaries, context: PassContext) -> dict[Value, str]:
    """Put quantize and dequantize where types meet, in all subgraphs; all values are still float32.

    Returns the type that each value that is float32 now and no constant will have: after this it is written and read in that.
    """
    kinds: dict[Value, str] = {}
    for part in graph.subgraphs():
        _Bridging(part, integer, boundaries, kinds, context).run(is_model=part is graph)
    return kinds


class _Bridging:
    """Of one graph; ``kinds`` is filled."""

    def __init__(
        self, graph: Graph, integer: set[Op], boundaries: Boundaries, kinds: dict[Value, str], context: PassContext
    ) -> None:
        self._graph, self._integer, self._boundaries, self._kinds = graph, integer, boundaries, kinds
        self._context = context
        self._ends = context.activations if context.io == "uint8" else context.io

    def run(self, is_model: bool) -> None:
        read = readers(self._graph)
        for value, source in sources(self._graph).items():
            if value.dtype != "float32":
                continue
            producer = source.holder if isinstance(source.holder, Op) else None
            self._kinds[value] = own = self._kind(source)
            wanted = {place: self._kind(place) for place in read.get(value, []) if not is_model or _is_operand(place)}
            for kind in dict.fromkeys(wanted.values()):
                if kind != own:
                    there = [place for place in wanted if wanted[place] == kind]
                    copy = _copy(self._graph, value, own, kind, producer, there, self._context)
                    self._kinds[copy] = kind
            if is_model and value in self._graph.outputs and own != self._ends:
                end = _end(self._graph, value, own, self._ends, producer, self._kinds, self._context)
                self._kinds[end] = self._ends
        for op in self._graph.ops:
            for state in (v for v in op.inputs if v is not None and v.is_variable):
                self._kinds[state] = self._kind_of(op)

    def _kind(self, place: Place) -> str:
        """What ``place`` is written or read in."""
        carried = self._boundaries.kind(place)
        if carried is not None:
            return carried
        return self._kind_of(place.holder) if isinstance(place.holder, Op) else self._ends

    def _kind_of(self, op: Op) -> str:
        return self._context.activations_of(op) if op in self._integer else "float32"


def _is_operand(place: Place) -> bool:
    return isinstance(place.holder, Op)


def _copy(
    graph: Graph, value: Value, own: str, kind: str, producer: Op | None, there: list[Place], context: PassContext
) -> Value:
    """``value`` in another type, which is read at the places ``there``."""
    copy = Value(graph.unique_name(f"{value.name}_{kind}"), "float32", value.shape)
    role = Role.DEQUANTIZE if kind == "float32" else Role.QUANTIZE
    operators = [place.holder for place in there if isinstance(place.holder, Op)]
    op = Op(name_of(role), [value], [copy], origin=producer.origin if producer else _first_origin(operators))
    for place in there:
        place.put(copy)
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
