"""Places of a graph's values: where one is written or read, so that another can be put there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .errors import GraphError
from .graph import Graph, Op, Value


@dataclass(frozen=True)
class Place:
    """Operand or result number ``index`` of an operator, input or output number ``index`` of a graph."""

    holder: Op | Graph
    side: Literal["inputs", "outputs"]
    index: int

    @property
    def value(self) -> Value:
        """What stands there. Raises GraphError when the operand is absent."""
        value = getattr(self.holder, self.side)[self.index]
        if not isinstance(value, Value):
            raise GraphError(f"{self.holder!r} lacks one of its {self.side}, number {self.index}")
        return value

    def put(self, value: Value) -> None:
        getattr(self.holder, self.side)[self.index] = value

    @property
    def reads(self) -> bool:
        """Whether the value comes from elsewhere: operands of operators, and what a graph gives."""
        return isinstance(self.holder, Op) == (self.side == "inputs")


#: What holds the same elements as others do: places, values that name a resource variable, and the variable's name.
Holder = Place | Value | str


def sources(graph: Graph) -> dict[Value, Place]:
    """Where each value that is no constant and no variable comes from."""
    table = {value: Place(graph, "inputs", i) for i, value in enumerate(graph.inputs)}
    table |= {value: Place(op, "outputs", i) for op in graph.ops for i, value in enumerate(op.outputs)}
    return table


def readers(graph: Graph) -> dict[Value, list[Place]]:
    """Where each value is read, operators first."""
    table: dict[Value, list[Place]] = {}
    for op in graph.ops:
        for i, value in enumerate(op.inputs):
            if value is not None:
                table.setdefault(value, []).append(Place(op, "inputs", i))
    for i, value in enumerate(graph.outputs):
        table.setdefault(value, []).append(Place(graph, "outputs", i))
    return table
