"""What operators that call subgraphs share: shape rules, and generated subgraphs for test cases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cases import Draw
from .errors import GraphError
from .graph import Graph, Op, Value

#: WHILE in numpy gives up after as many rounds as the runtime does by default (interpreter.h).
ITERATION_LIMIT = 1_000_000


def callee(op: Op, attribute: str) -> Graph:
    """The subgraph that an attribute of ``op`` names."""
    graph = op.attrs.get(attribute)
    if not isinstance(graph, Graph):
        raise GraphError(f"{op.name} of {op.origin} lacks the subgraph {attribute}")
    return graph


def check_operands(op: Op, first: int, graph: Graph) -> None:
    """GraphError unless the operands from ``first`` on are what the subgraph takes."""
    given = [None if value is None else (value.dtype, value.shape) for value in op.inputs[first:]]
    if given != [(value.dtype, value.shape) for value in graph.inputs]:
        taken = ", ".join(f"{value.dtype}{list(value.shape)}" for value in graph.inputs)
        raise GraphError(f"{op.name} of {op.origin}: subgraph '{graph.name}' takes {taken or 'nothing'}, not {given}")


def result_shapes(graph: Graph) -> list[tuple[int, ...]]:
    return [value.shape for value in graph.outputs]


def refuse_reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    """The reference of operators that numpy has no state for."""
    raise GraphError(f"{op.name} of {op.origin} needs the interpreter: it keeps or calls what numpy has not")


def resource_name(op: Op) -> np.ndarray:
    """What a VAR_HANDLE stands for: container and name."""
    return np.array(f"{op.attrs.get('container', '')}/{op.attrs.get('shared_name', '')}")


def read_resource(
    op: Op, inputs: Sequence[np.ndarray | None], resources: dict[str, np.ndarray], run: object
) -> list[np.ndarray]:
    """What a variable holds; zeros before it is assigned."""
    value = op.output
    kind = value.dtype if value.quant is None else "float32"
    return [resources.get(str(inputs[0]), np.zeros(value.shape, kind)).copy()]


def assign_resource(
    op: Op, inputs: Sequence[np.ndarray | None], resources: dict[str, np.ndarray], run: object
) -> list[np.ndarray]:
    """Keep operand 1."""
    resources[str(inputs[0])] = np.array(inputs[1])
    return []


def chain(draw: Draw, name: str, x: Value) -> Graph:
    """A generated subgraph: one value of the type of ``x`` in, the same out, some copies in between."""
    inner = Value("x", x.dtype, x.shape, quant=x.quant)
    graph = Graph(name, [inner], [inner], [], ["x"], ["x"])
    for i in range(draw.integer(0, 3) if x.dtype in ("float32", "int8", "int16") else 0):
        result = Value(f"y{i}", x.dtype, x.shape, quant=x.quant)
        graph.ops.append(Op("reshape", [graph.outputs[0]], [result], {"new_shape": list(x.shape)}))
        graph.outputs = [result]
    graph.output_names = [graph.outputs[0].name]
    return graph
