"""The traced model on its way to our graph: flat, folded, with fixed shapes, still in TensorFlow's operations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..graph import Origin

#: Floating types that TensorFlow may compute in; all become float32 here (mixed precision is a training matter).
FLOATS = ("float16", "bfloat16", "float32", "float64")


@dataclass(eq=False)
class Tensor:
    """A result of a TensorFlow operation.

    name    of the variable or operation that it stems from.
    dtype   numpy name; TensorFlow's own for what numpy lacks ("resource", "variant", "string").
    shape   None when TensorFlow cannot tell all dimensions before running.
    data    set when the value does not depend on the model's inputs.
    handle  the eager resource handle of a captured variable, else None.
    items   of a list of tensors, its parts; None where one was not set yet.
    symbol  the tensor that stands for it in the shape-inference graph, made when first needed.
    """

    name: str
    dtype: str
    shape: tuple[int, ...] | None
    data: np.ndarray | None = None
    handle: Any = None
    items: tuple[Tensor | None, ...] | None = None
    symbol: Any = None

    @property
    def is_constant(self) -> bool:
        return self.data is not None


@dataclass(eq=False)
class Node:
    """A TensorFlow operation that depends on the model's inputs.

    attrs   by TensorFlow's attribute names; strings decoded, types and shapes as TensorFlow gives them. Branches and
            loops hold Programs.
    """

    type: str
    inputs: list[Tensor]
    outputs: list[Tensor]
    attrs: dict[str, Any]
    origin: Origin

    @property
    def programs(self) -> list[Program]:
        """Those that it calls."""
        return [value for value in self.attrs.values() if isinstance(value, Program)]

    @property
    def writes_state(self) -> bool:
        """Whether it changes a variable, itself or in a program that it calls."""
        return self.type in STATE_WRITERS or any(node.writes_state for part in self.programs for node in part.nodes)


@dataclass(eq=False)
class Program:
    """Nodes in topological order; inputs and outputs with the user's names in the user's order.

    variables  those that the model changes: handle's id → name and first value.
    trained_weights  layer pattern → dtype of the weights that the model was trained for.
    """

    inputs: list[tuple[str, Tensor]] = field(default_factory=list)
    outputs: list[tuple[str, Tensor]] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    variables: dict[int, Tensor] = field(default_factory=dict)
    trained_weights: dict[str, str] = field(default_factory=dict)

    def consumers(self) -> dict[Tensor, list[Node]]:
        """Tensor → nodes that read it, in order. Built anew on each call."""
        table: dict[Tensor, list[Node]] = {}
        for node in self.nodes:
            for tensor in node.inputs:
                table.setdefault(tensor, []).append(node)
        return table

    def producers(self) -> dict[Tensor, Node]:
        """Tensor → the node that computes it. Built anew on each call."""
        return {tensor: node for node in self.nodes for tensor in node.outputs}

    def remove_dead(self) -> None:
        """Drop nodes that no output needs; nodes that write state stay."""
        live = {tensor for _, tensor in self.outputs}
        kept = []
        for node in reversed(self.nodes):
            if node.writes_state or any(tensor in live for tensor in node.outputs):
                live.update(node.inputs)
                kept.append(node)
        self.nodes = kept[::-1]


#: Operations that change a variable: dropping one silently would change what the model computes on the next run.
STATE_WRITERS = ("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp")
