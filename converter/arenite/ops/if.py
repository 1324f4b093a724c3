"""IF: one of two subgraphs on operands 1, 2 …, as operand 0 says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..calls import callee, chain, check_operands, refuse_reference, result_shapes
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, QuantRule, Run
from ..places import Holder, Place

THEN, ELSE = "then_subgraph_index", "else_subgraph_index"


def shape(op: Op) -> list[tuple[int, ...]]:
    for branch in (THEN, ELSE):
        check_operands(op, 1, callee(op, branch))
    shapes = result_shapes(callee(op, THEN))
    if shapes != result_shapes(callee(op, ELSE)):
        raise GraphError(f"the branches of {op.name} of {op.origin} give different shapes")
    return shapes


def calls(op: Op, inputs: Sequence[np.ndarray | None], run: Run) -> list[np.ndarray]:
    condition, *operands = (np.asarray(x) for x in inputs)
    return run(callee(op, THEN if condition.reshape(-1)[0] else ELSE), operands)


def carried(op: Op) -> list[list[Holder]]:
    """An operand with what both branches take for it; a result with what both give."""
    branches = [callee(op, branch) for branch in (THEN, ELSE)]
    taken: list[list[Holder]] = [
        [Place(op, "inputs", i + 1), *(Place(branch, "inputs", i) for branch in branches)]
        for i in range(len(op.inputs) - 1)
    ]
    given: list[list[Holder]] = [
        [Place(op, "outputs", i), *(Place(branch, "outputs", i) for branch in branches)] for i in range(len(op.outputs))
    ]
    return taken + given


def case(draw: Draw, dtype: str) -> Op:
    kind = draw.choice(["int8", "float32"])
    x = cases.tensor(draw, kind, cases.shape(draw))
    y = Value("y", x.dtype, x.shape, quant=x.quant)
    branches = {THEN: chain(draw, "then", x), ELSE: chain(draw, "else", x)}
    return Op("if", [Value("condition", dtype, draw.choice([(), (1,)])), x], [y], branches)


OP = Declaration(
    shape=shape,
    reference=refuse_reference,
    calls=calls,
    decided_by=lambda op: [op.operand(0)],
    carried=carried,
    case=case,
    data=(0,),
    moves=True,
    quant=QuantRule.PLAIN,
)
