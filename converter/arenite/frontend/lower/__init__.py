"""From TensorFlow's operations to TFLite's, one function per operation."""

from __future__ import annotations

from ...errors import UnsupportedError
from ...graph import DTYPES, Graph
from ..idioms import undo_idioms
from ..problems import Problem, raise_if_any, unknown_operation
from ..program import Node, Program
from . import (  # noqa: F401 - they register lowerings
    composed,
    control_flow,
    conv,
    dense,
    einsum,
    elementwise,
    fake_quantization,
    functions,
    movement,
    recurrent,
    reduce,
    shape,
)
from .control_flow import initialize_variables
from .lowering import Lowering, Model
from .registry import LOWERINGS, Refusal


def lower(program: Program) -> Graph:
    """The float graph of ``program``. Raises UnsupportedError with every node that cannot be expressed."""
    _require_numbers(program)
    undo_idioms(program)
    lowering = Lowering(program, Model(_lower_nodes, program.variables))
    _lower_nodes(lowering)
    raise_if_any(lowering.model.problems)
    graph = lowering.finish()
    initialize_variables(graph, lowering.model)
    return graph


def _lower_nodes(lowering: Lowering) -> None:
    for node in lowering.program.nodes:
        if (problem := _lower_node(lowering, node)) is not None:
            lowering.model.problems.append(problem)


def _require_numbers(program: Program) -> None:
    strange = [f"'{name}' ({tensor.dtype})" for name, tensor in program.inputs if tensor.dtype not in DTYPES]
    if strange:
        raise UnsupportedError(f"inputs {', '.join(strange)} are no numbers: encode them before the model")


def _lower_node(lowering: Lowering, node: Node) -> Problem | None:
    function = LOWERINGS.get(node.type)
    try:
        if function is None:
            raise unknown_operation(node.type)
        function(lowering, node)
        return None
    except Refusal as refusal:
        is_consequence = function is not None and lowering.is_poisoned(node)
        lowering.poison(node)
        if is_consequence:
            return None
        return Problem(node.origin, node.type, refusal.reason, refusal.remedy)
