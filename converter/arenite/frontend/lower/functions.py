"""Element-wise operations that have an operator of their own: one table."""

from __future__ import annotations

from ..program import Node
from .lowering import Lowering
from .registry import lowers

#: TensorFlow operation → our operator with the same operands.
_OPERATORS = {
    "Abs": "abs",
    "BitwiseXor": "bitwise_xor",
    "Ceil": "ceil",
    "Cos": "cos",
    "Elu": "elu",
    "Exp": "exp",
    "Floor": "floor",
    "FloorDiv": "floor_div",
    "FloorMod": "floor_mod",
    "Log": "log",
    "Pow": "pow",
    "RightShift": "right_shift",
    "Rint": "round",
    "Round": "round",
    "Rsqrt": "rsqrt",
    "Sign": "sign",
    "Sin": "sin",
    "Sqrt": "sqrt",
    "SquaredDifference": "squared_difference",
}
#: The same for results of bool.
_PREDICATES = {
    "Equal": "equal",
    "Greater": "greater",
    "GreaterEqual": "greater_equal",
    "Less": "less",
    "LessEqual": "less_equal",
    "LogicalAnd": "logical_and",
    "LogicalNot": "logical_not",
    "LogicalOr": "logical_or",
    "NotEqual": "not_equal",
}


@lowers(*_OPERATORS)
def function(lowering: Lowering, node: Node) -> None:
    """The operator of the table."""
    operands = [lowering.value(tensor) for tensor in node.inputs]
    shape = Lowering.shape(node.outputs[0])
    lowering.bind(node.outputs[0], lowering.emit(_OPERATORS[node.type], operands, shape, node.origin))


@lowers(*_PREDICATES)
def predicate(lowering: Lowering, node: Node) -> None:
    """The operator of the table, with a result of bool."""
    operands = [lowering.value(tensor) for tensor in node.inputs]
    shape = Lowering.shape(node.outputs[0])
    result = lowering.emit(_PREDICATES[node.type], operands, shape, node.origin, dtype="bool")
    lowering.bind(node.outputs[0], result)
