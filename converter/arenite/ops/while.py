"""WHILE: one subgraph, the body, again and again while another one, the condition, gives true."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..calls import ITERATION_LIMIT, callee, chain, check_operands, refuse_reference, result_shapes
from ..cases import Draw
from ..errors import GraphError
from ..graph import Graph, Op, Value
from ..opdef import Declaration, QuantRule, Run
from ..places import Holder, Place

CONDITION, BODY = "cond_subgraph_index", "body_subgraph_index"


def shape(op: Op) -> list[tuple[int, ...]]:
    for name in (CONDITION, BODY):
        check_operands(op, 0, callee(op, name))
    return result_shapes(callee(op, BODY))


def calls(op: Op, inputs: Sequence[np.ndarray | None], run: Run) -> list[np.ndarray]:
    state = [np.asarray(x) for x in inputs]
    for _ in range(ITERATION_LIMIT + 1):
        (again,) = run(callee(op, CONDITION), state)
        if not again.reshape(-1)[0]:
            return state
        state = run(callee(op, BODY), state)
    raise GraphError(f"{op.name} of {op.origin} does not end within {ITERATION_LIMIT:,} rounds")


def carried(op: Op) -> list[list[Holder]]:
    """A variable of the loop: operand, what condition and body take, what the body gives, and result."""
    condition, body = callee(op, CONDITION), callee(op, BODY)
    return [
        [
            Place(op, "inputs", i),
            Place(condition, "inputs", i),
            Place(body, "inputs", i),
            Place(body, "outputs", i),
            Place(op, "outputs", i),
        ]
        for i in range(len(op.inputs))
    ]


def case(draw: Draw, dtype: str) -> Op:
    """Up to five rounds: the counter is a float32, the loop's other variable is copied around."""
    count, x = Value("count", "float32", ()), cases.tensor(draw, dtype, cases.shape(draw))
    rounds = np.array(draw.integer(0, 5), np.float32)
    results = [Value("count_out", "float32", ()), Value("y", x.dtype, x.shape, quant=x.quant)]
    return Op("while", [x, count], results[::-1], {CONDITION: _condition(x, rounds), BODY: _body(draw, x)})


def _condition(x: Value, rounds: np.ndarray) -> Graph:
    inner, count = Value("x", x.dtype, x.shape, quant=x.quant), Value("count", "float32", ())
    again = Value("again", "bool", ())
    op = Op("less", [count, Value("rounds", "float32", (), rounds)], [again])
    return Graph("condition", [inner, count], [again], [op], ["x", "count"], ["again"])


def _body(draw: Draw, x: Value) -> Graph:
    graph = chain(draw, "body", x)
    count, more = Value("count", "float32", ()), Value("more", "float32", ())
    one = Value("one", "float32", (), np.ones((), np.float32))
    graph.ops.append(Op("add", [count, one], [more]))
    graph.inputs.append(count)
    graph.outputs.append(more)
    graph.input_names.append("count")
    graph.output_names.append("more")
    return graph


OP = Declaration(
    shape=shape,
    reference=refuse_reference,
    calls=calls,
    decided_by=lambda op: callee(op, CONDITION).outputs,
    carried=carried,
    case=case,
    data=(0,),
    moves=True,
    quant=QuantRule.PLAIN,
)
