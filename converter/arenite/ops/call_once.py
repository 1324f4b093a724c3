"""CALL_ONCE: a subgraph without operands, in the first run only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..calls import callee, check_operands, refuse_reference, result_shapes
from ..graph import Op
from ..opdef import Declaration, QuantRule, Run


def shape(op: Op) -> list[tuple[int, ...]]:
    check_operands(op, 0, callee(op, "init_subgraph_index"))
    return result_shapes(callee(op, "init_subgraph_index"))


def resource(
    op: Op, inputs: Sequence[np.ndarray | None], resources: dict[str, np.ndarray], run: Run
) -> list[np.ndarray]:
    init = callee(op, "init_subgraph_index")
    done = f"call_once {init.name}"  # no name of a variable: those hold their container too
    if done not in resources:
        resources[done] = np.array(True)
        run(init, [])
    return []


OP = Declaration(shape=shape, reference=refuse_reference, quant=QuantRule.PLAIN, resource=resource)
