"""Branches, loops and variables: subgraphs, and what names, reads and assigns a resource."""

from __future__ import annotations

import numpy as np

from ...graph import RESOURCE, Graph, Op, Origin, Value
from ..program import Node, Program, Tensor
from .lowering import Lowering, Model
from .registry import Refusal, lowers


@lowers("If")
def branch(lowering: Lowering, node: Node) -> None:
    """IF with a subgraph for each branch."""
    condition = lowering.value(node.inputs[0])
    if condition.shape != ():
        raise Refusal("its condition is no scalar", "decide by one number: reduce it with any or all")
    if condition.dtype != "bool":
        zero = lowering.new_constant("zero", np.zeros((), condition.dtype))
        condition = lowering.emit("not_equal", [condition, zero], (), node.origin, dtype="bool")
    programs = [node.attrs["then"], node.attrs["else"]]
    for first, second in zip(*(program.outputs for program in programs), strict=True):
        _require_alike(first[1], second[1], "branches give")
    attrs = {
        f"{name}_subgraph_index": _subgraph(lowering, node, name, program)
        for name, program in zip(("then", "else"), programs, strict=True)
    }
    _emit(lowering, node, "if", [condition, *map(lowering.value, node.inputs[1:])], attrs)


@lowers("While")
def loop(lowering: Lowering, node: Node) -> None:
    """WHILE with a subgraph for its condition and one for its body."""
    condition, body = node.attrs["cond"], node.attrs["body"]
    for (_, before), (_, after) in zip(body.inputs, body.outputs, strict=True):
        _require_alike(before, after, "rounds give")
    again = condition.outputs[0][1]
    if again.dtype != "bool" or again.shape != ():
        raise Refusal("its condition is no single truth value", "compare, and reduce with any or all")
    attrs = {
        f"{name}_subgraph_index": _subgraph(lowering, node, name, program)
        for name, program in (("cond", condition), ("body", body))
    }
    _emit(lowering, node, "while", [lowering.value(tensor) for tensor in node.inputs], attrs)


def _require_alike(first: Tensor, second: Tensor, what: str) -> None:
    if (first.dtype, first.shape) != (second.dtype, second.shape):
        raise Refusal(
            f"its {what} {first.dtype} {first.shape} and {second.dtype} {second.shape}",
            "give the value one type and one shape",
        )


def _subgraph(lowering: Lowering, node: Node, name: str, program: Program) -> Graph:
    place = node.origin.layer or lowering.graph.name
    return lowering.subgraph(program, f"{place}/{node.type.lower()}_{name}")


def _emit(lowering: Lowering, node: Node, name: str, operands: list[Value], attrs: dict[str, Graph]) -> None:
    shapes = [lowering.shape(tensor) for tensor in node.outputs]
    results = lowering.emit_all(name, operands, shapes, node.origin, attrs, [tensor.dtype for tensor in node.outputs])
    for tensor, value in zip(node.outputs, results, strict=True):
        lowering.bind(tensor, value)


# --- variables ------------------------------------------------------------------------------------------------------
@lowers("ReadVariableOp")
def read(lowering: Lowering, node: Node) -> None:
    """READ_VARIABLE."""
    handle, result = lowering.resource(node.inputs[0], node.origin), node.outputs[0]
    shape = lowering.shape(result)
    lowering.bind(result, lowering.emit("read_variable", [handle], shape, node.origin, dtype=result.dtype))


@lowers("AssignVariableOp")
def assign(lowering: Lowering, node: Node) -> None:
    """ASSIGN_VARIABLE."""
    handle, value = lowering.resource(node.inputs[0], node.origin), lowering.value(node.inputs[1])
    first = lowering.model.variables[id(node.inputs[0].handle)]
    if (value.dtype, value.shape) != (first.dtype, first.shape):
        raise Refusal(
            f"it assigns {value.dtype} {value.shape} to a variable that is {first.dtype} {first.shape}",
            "keep the variable's type and shape",
        )
    lowering.emit_all("assign_variable", [handle, value], [], node.origin, {}, value.dtype)


def initialize_variables(graph: Graph, model: Model) -> None:
    """Put a CALL_ONCE in front that gives the variables their first values."""
    if not model.used:
        return
    first = Graph("initialize")
    for key, name in model.used.items():
        data = model.variables[key].data
        assert data is not None
        handle = Value(f"{name}/handle", RESOURCE, ())
        value = Value(name, data.dtype.name, data.shape, data)
        first.ops.append(Op("var_handle", [], [handle], {"shared_name": name}, Origin(op=name)))
        first.ops.append(Op("assign_variable", [handle, value], [], origin=Origin(op=name)))
    graph.ops.insert(0, Op("call_once", [], [], {"init_subgraph_index": first}))
