"""Branches, loops and lists of tensors: resolved at once where they do not depend on the data, else kept as programs.

A loop whose condition is known in every round is unrolled, within a budget of operations; one over lists of tensors, as
recurrent layers without a name are, can only be unrolled. Any other loop, and a branch on data, becomes one node that
holds a :class:`Program` for each function that it calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import Origin
from .fold import constant
from .program import Node, Program, Tensor

if TYPE_CHECKING:
    from .walk import Walker

BRANCHES = ("If", "StatelessIf")
LOOPS = ("While", "StatelessWhile")
#: A loop that cannot be expressed.
LIST_LOOP = "While over lists"
#: A loop is unrolled as long as it adds fewer operations than this; over lists, which nothing at run time can hold, more.
MAX_UNROLLED, MAX_UNROLLED_LISTS = 512, 20_000
#: … and has fewer rounds, whatever they add.
MAX_ROUNDS = 4096


def branch(walker: Walker, graph: Any, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor]:
    """The results of If: of the branch that is taken, or of a node."""
    condition, arguments = inputs[0], inputs[1:]
    bodies = [walker.body(graph, op.get_attr(name).name) for name in ("then_branch", "else_branch")]
    if condition.data is not None:
        return walker.call(bodies[0 if condition.data.any() else 1], arguments, origin)
    carried = [tensor for tensor in dict.fromkeys(arguments) if _is_computed(tensor)]
    programs = [_apart(walker, body, arguments, carried, origin) for body in bodies]
    used = [i for i in range(len(carried)) if any(_is_used(program, program.inputs[i][1]) for program in programs)]
    for program in programs:
        program.inputs = [program.inputs[i] for i in used]
    attrs = dict(zip(("then", "else"), programs, strict=True))
    return _node(walker, "If", [condition, *(carried[i] for i in used)], op.outputs, attrs, origin)


def loop(walker: Walker, graph: Any, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor]:
    """The results of While: of its rounds, or of a node."""
    condition, body = (walker.body(graph, op.get_attr(name).name) for name in ("cond", "body"))
    unrolled = _unroll(walker, condition, body, inputs, origin)
    if unrolled is not None:
        return unrolled
    if any(tensor.items is not None for tensor in inputs):
        outputs = [Tensor(result.name, result.dtype.name, None) for result in op.outputs]
        walker.nodes.append(Node(LIST_LOOP, inputs, outputs, {}, origin))  # to be refused
        return outputs
    constant = _invariant_constants(walker, body, inputs, origin)
    carried = [place for place, tensor in enumerate(inputs) if tensor.handle is None and place not in constant]
    outer = [inputs[place] for place in carried]
    own = [[_stand_in(tensor) if i in carried else tensor for i, tensor in enumerate(inputs)] for _ in range(2)]
    programs = [_program(walker, f, feeds, carried, origin) for f, feeds in zip((condition, body), own, strict=True)]
    programs[1].outputs = [programs[1].outputs[place] for place in carried]
    attrs = dict(zip(("cond", "body"), programs, strict=True))
    results = _node(walker, "While", outer, [op.outputs[place] for place in carried], attrs, origin)
    computed = dict(zip(carried, results, strict=True))
    return [computed.get(place, tensor) for place, tensor in enumerate(inputs)]


def _unroll(walker: Walker, condition: Any, body: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor] | None:
    """The loop's variables after its last round; None, and nothing added, when the condition is not known or it is long."""
    state, start = inputs, len(walker.nodes)
    budget = MAX_UNROLLED if all(tensor.items is None for tensor in inputs) else MAX_UNROLLED_LISTS
    for _ in range(MAX_ROUNDS):
        (again,) = walker.call(condition, state, origin)
        if again.data is None or len(walker.nodes) - start > budget:
            break
        if not again.data.any():
            return state
        state = walker.call(body, state, origin)
    del walker.nodes[start:]
    return None


def _invariant_constants(walker: Walker, body: Any, inputs: list[Tensor], origin: Origin) -> set[int]:
    """Places of constants that the body hands on as they are."""
    feeds = [_stand_in(tensor) if tensor.handle is None else tensor for tensor in inputs]
    _, results = walker.apart(body, feeds, origin)
    return {
        place
        for place, (tensor, result) in enumerate(zip(feeds, results, strict=True))
        if inputs[place].data is not None and result is tensor
    }


def _apart(walker: Walker, body: Any, arguments: list[Tensor], carried: list[Tensor], origin: Origin) -> Program:
    """``body`` as a program of its own whose inputs stand for ``carried``."""
    inner = {tensor: _stand_in(tensor) for tensor in carried}
    nodes, results = walker.apart(body, [inner.get(tensor, tensor) for tensor in arguments], origin)
    return Program(_named("input", list(inner.values())), _named("output", results), nodes)


def _program(walker: Walker, body: Any, feeds: list[Tensor], carried: list[int], origin: Origin) -> Program:
    nodes, results = walker.apart(body, feeds, origin)
    return Program(_named("input", [feeds[place] for place in carried]), _named("output", results), nodes)


def _named(what: str, tensors: Sequence[Tensor]) -> list[tuple[str, Tensor]]:
    return [(f"{what}_{place}", tensor) for place, tensor in enumerate(tensors)]


def _is_computed(tensor: Tensor) -> bool:
    return tensor.data is None and tensor.handle is None


def _is_used(program: Program, tensor: Tensor) -> bool:
    return any(tensor in node.inputs for node in program.nodes) or any(tensor is out for _, out in program.outputs)


def _stand_in(tensor: Tensor) -> Tensor:
    """What a function knows of an argument: its type and shape."""
    return Tensor(tensor.name, tensor.dtype, tensor.shape)


def _node(
    walker: Walker, kind: str, inputs: list[Tensor], results: Sequence[Any], attrs: dict[str, Any], origin: Origin
) -> list[Tensor]:
    """The results of a new node with programs; their shapes are those of its last program's results."""
    programs = list(attrs.values())
    outputs = [
        Tensor(result.name, inner.dtype, inner.shape)
        for result, (_, inner) in zip(results, programs[-1].outputs, strict=True)
    ]
    walker.nodes.append(Node(kind, inputs, outputs, attrs, origin))
    return outputs


# --- lists of tensors -----------------------------------------------------------------------------------------------
def list_operation(walker: Walker, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor] | None:
    """The results of an operation on lists of tensors whose length and places are known; None for any other operation."""
    function = _LIST_OPERATIONS.get(op.type)
    return function(walker, op, inputs, origin) if function is not None else None


def _list(op: Any, items: Sequence[Tensor | None]) -> list[Tensor]:
    return [Tensor(op.outputs[0].name, "variant", (), items=tuple(items))]


def _reserve(walker: Walker, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor] | None:
    length = inputs[1].data
    return None if length is None else _list(op, [None] * int(length))


def _from_tensor(walker: Walker, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor] | None:
    whole = inputs[0]
    if whole.shape is None:
        return None
    names = [f"{whole.name}/{i}" for i in range(whole.shape[0])]
    if whole.data is not None:
        return _list(op, [constant(name, part) for name, part in zip(names, whole.data, strict=True)])
    parts = [Tensor(name, whole.dtype, whole.shape[1:]) for name in names]
    walker.nodes.append(Node("Unpack", [whole], parts, {"axis": 0, "num": len(parts)}, origin))
    return _list(op, parts)


def _get_item(walker: Walker, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor] | None:
    items, place = inputs[0].items, inputs[1].data
    if items is None or place is None:
        return None
    item = items[int(place)]
    return None if item is None else [item]


def _set_item(walker: Walker, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor] | None:
    items, place = inputs[0].items, inputs[1].data
    if items is None or place is None:
        return None
    return _list(op, [*items[: int(place)], inputs[2], *items[int(place) + 1 :]])


def _push_back(walker: Walker, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor] | None:
    return None if inputs[0].items is None else _list(op, [*inputs[0].items, inputs[1]])


def _stack(walker: Walker, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor] | None:
    items = [item for item in inputs[0].items or () if item is not None]
    if not items or len(items) != len(inputs[0].items or ()):
        return None
    shape = None if items[0].shape is None else (len(items), *items[0].shape)
    result = Tensor(op.outputs[0].name, items[0].dtype, shape)
    walker.nodes.append(Node("Pack", items, [result], {"axis": 0, "N": len(items)}, origin))
    return [result]


def _length(walker: Walker, op: Any, inputs: list[Tensor], origin: Origin) -> list[Tensor] | None:
    items = inputs[0].items
    return None if items is None else [constant(op.name, np.array(len(items), np.int32))]


_LIST_OPERATIONS = {
    "EmptyTensorList": lambda walker, op, inputs, origin: _list(op, []),
    "TensorListFromTensor": _from_tensor,
    "TensorListGetItem": _get_item,
    "TensorListLength": _length,
    "TensorListPushBack": _push_back,
    "TensorListReserve": _reserve,
    "TensorListSetItem": _set_item,
    "TensorListStack": _stack,
}
