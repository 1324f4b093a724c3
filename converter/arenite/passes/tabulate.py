"""Make one look-up of a chain of element-wise operators that int8 or int16 arithmetic would compute badly or not at all.

    %b = exp(%a); %c = add(%b, 1); %d = log(%c)   →  %d = arenite_table(%a, values)

A chain has one operand besides constants of one element, and one result; branches that meet again are part of it.
Replaced when it has an operator without a kernel in the scheme, which would stay float, or more than two operators, of
which each would round.
Not when: float32, or a file for other runtimes, is wanted; another operator or the model reads a value in between; one or
two operators that have kernels.
Why: in int8 a table of all 256 codes is the function itself, rounded once. TFLite Micro and LiteRT have no operator that
looks up values of the file, so such a model runs here only.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..graph import Graph, Op, Value
from ..opdef import Role, declaration, name_of
from ..tabulation import Function, entries_of
from .context import PassContext, Uses
from .quantize import has_kernel

NAME = "tabulate"
#: Chains of at most so many operators, all with kernels, stay as they are.
SHORT = 2


def run(graph: Graph, context: PassContext) -> None:
    if not context.is_integer or context.builtins_only:
        return
    for op in reversed(list(graph.ops)):
        if op in graph.ops and (found := _chain(op, Uses(graph))) is not None:
            source, chain = found
            if _gains(chain, context):
                _replace(graph, source, chain, context)


def _gains(chain: list[Op], context: PassContext) -> bool:
    """Whether a look-up is better than ``chain``, all of which computes in one integer type."""
    kinds = {context.activations_of(op) for op in chain}
    if len(kinds) > 1 or "float32" in kinds:
        return False
    return len(chain) > SHORT or not all(has_kernel(op, context) for op in chain)


def _chain(last: Op, uses: Uses) -> tuple[Value, list[Op]] | None:
    """The longest chain that ends with ``last``: its operand and its operators, in order; None when there is none."""
    if not _is_pointwise(last) or last.output.dtype != "float32":
        return None
    cone = _cone(last, uses)
    sources = dict.fromkeys(value for op in cone for value in _computed(op))
    for source in sources:
        chain = _between(source, last, cone, uses)
        if chain is not None and source.dtype == "float32":
            return source, chain
    return None


def _is_pointwise(op: Op) -> bool:
    """Whether it maps elements one by one: constants hold one number, and nothing broadcasts."""
    decl = declaration(op.name)
    if not (decl.elementwise or decl.by_element) or op.keeps_state or len(op.outputs) != 1:
        return False
    computed = _computed(op)
    one_number = all(_is_uniform(value) for value in op.inputs if value is not None and value.data is not None)
    return bool(computed) and one_number and all(value.shape == op.output.shape for value in computed)


def _is_uniform(value: Value) -> bool:
    return value.data is not None and value.size > 0 and bool((value.data == value.data.flat[0]).all())


def _computed(op: Op) -> list[Value]:
    return [value for value in op.inputs if value is not None and not value.is_constant]


def _cone(last: Op, uses: Uses) -> list[Op]:
    """``last`` and all operators of its kind before it whose results nobody outside reads, in order."""
    cone = [last]
    for op in cone:  # grows
        for value in _computed(op):
            producer = uses.producer(value)
            if producer is None or producer in cone or not _is_pointwise(producer):
                continue
            if uses.stays_within(value, cone):
                cone.append(producer)
    return _ordered(cone, uses)


def _ordered(ops: list[Op], uses: Uses) -> list[Op]:
    """``ops`` so that each stands behind what it reads."""
    done: list[Op] = []

    def visit(op: Op) -> None:
        for value in _computed(op):
            producer = uses.producer(value)
            if producer in ops and producer not in done:
                visit(producer)
        if op not in done:
            done.append(op)

    for op in ops:
        visit(op)
    return done


def _between(source: Value, last: Op, cone: list[Op], uses: Uses) -> list[Op] | None:
    """The operators of ``cone`` that lead from ``source`` to ``last``; None when they read anything else."""
    needed, wanted = [], [last]
    while wanted:
        op = wanted.pop()
        if op in needed:
            continue
        needed.append(op)
        for value in _computed(op):
            if value is source:
                continue
            producer = uses.producer(value)
            if producer not in cone:
                return None
            wanted.append(producer)
    return [op for op in cone if op in needed]


def _replace(graph: Graph, source: Value, chain: list[Op], context: PassContext) -> None:
    last = chain[-1]
    name = name_of(Role.TABLE)
    zeros = np.zeros(entries_of(context.activations_of(chain[-1])), np.float32)
    values = Value(graph.unique_name(f"{last.output.name}/values"), "float32", zeros.shape, zeros)
    table = Op(name, [source, values], [last.output], {"function": _function(source, chain)}, last.origin)
    graph.ops[graph.ops.index(last)] = table
    for op in chain[:-1]:
        graph.ops.remove(op)
    context.applied(last.origin, f"{name} instead of {', '.join(op.name for op in chain)}")


def _function(source: Value, chain: list[Op]) -> Function:
    """``chain`` on its own, from one element to one."""
    values = {source, *(value for op in chain for value in (*op.inputs, *op.outputs) if value is not None)}
    copies = {
        value: dataclasses.replace(
            value,
            shape=(1,) if value.data is None else value.shape and (1,),
            data=None if value.data is None else value.data.reshape(-1)[:1].reshape(value.shape and (1,)),
        )
        for value in values
    }
    ops = [
        Op(op.name, [v and copies[v] for v in op.inputs], [copies[op.output]], dict(op.attrs), op.origin)
        for op in chain
    ]
    return Function(Graph("function", [copies[source]], [copies[chain[-1].output]], ops, ["x"], ["y"]))
