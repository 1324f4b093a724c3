"""Which function lowers which TensorFlow operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..program import Node
    from .lowering import Lowering

LoweringFunction = Callable[["Lowering", "Node"], None]

#: TensorFlow operation type → its lowering. Filled by :func:`lowers` when the modules of this package are imported.
LOWERINGS: dict[str, LoweringFunction] = {}


class Refusal(Exception):
    """This operation cannot be expressed; ``reason`` and ``remedy`` are what the user reads."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


def lowers(*op_types: str) -> Callable[[LoweringFunction], LoweringFunction]:
    """Register a function ``(lowering, node) -> None`` that binds every output of the node to a graph value."""

    def register(function: LoweringFunction) -> LoweringFunction:
        for op_type in op_types:
            if op_type in LOWERINGS:
                raise ValueError(f"{op_type} is lowered twice")
            LOWERINGS[op_type] = function
        return function

    return register
