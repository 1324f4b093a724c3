"""Patterns that TensorFlow spreads over several operations: undone on the program, before lowering."""

from __future__ import annotations

import numpy as np

from .activation_idioms import merge_activations
from .data_idioms import merge_functions
from .normalization_idioms import merge_normalizations
from .program import Node, Program, Tensor

_REARRANGE = ("ExpandDims", "Reshape", "Squeeze", "Transpose")
_CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")


def undo_idioms(program: Program) -> None:
    """All of them, in place; in the programs that it calls too, whose inputs their callers decide."""
    undo_round_trips(program)
    float_inputs(program)
    _undo(program)


def _undo(program: Program) -> None:
    for part in [part for node in program.nodes for part in node.programs]:
        _undo(part)
    drop_kept_states(program)
    choose_loops(program)
    undo_space_to_batch(program)
    undo_tensordot(program)
    merge_activations(program)
    merge_functions(program)
    merge_normalizations(program)
    merge_clips(program)
    program.remove_dead()


def drop_kept_states(program: Program) -> None:
    """Assignments of a recurrent layer's final state to its own variable: its operator keeps the state itself."""
    ends = {t for node in program.nodes if node.attrs.get("stateful") for t in node.outputs}
    program.nodes = [n for n in program.nodes if n.type != "AssignVariableOp" or n.inputs[1] not in ends]


def choose_loops(program: Program) -> None:
    """A recurrent layer whose final cell state is read becomes the steps that were traced beside it; the others lose these."""
    for node in [node for node in program.nodes if node.attrs.get("alternatives")]:
        count = node.attrs["alternatives"]
        node.inputs, unrolled = node.inputs[:-count], node.inputs[-count:]
        read = {tensor for other in program.nodes for tensor in other.inputs} | {t for _, t in program.outputs}
        if node.outputs[-1] in read:
            _replace(program, dict(zip(node.outputs, unrolled, strict=True)))


def _replace(program: Program, table: dict[Tensor, Tensor]) -> None:
    """Read the values of ``table`` instead of its keys."""
    for node in program.nodes:
        node.inputs = [table.get(tensor, tensor) for tensor in node.inputs]
    program.outputs = [(name, table.get(tensor, tensor)) for name, tensor in program.outputs]


def undo_tensordot(program: Program) -> None:
    """Reshape to rows, MatMul, Reshape back → one MatMul over the last axis, in place."""
    producers, consumers = program.producers(), program.consumers()
    outputs = {tensor for _, tensor in program.outputs}
    for node in list(program.nodes):
        before = producers.get(node.inputs[0]) if node.type == "MatMul" else None
        if before is None or before.type != "Reshape" or node.attrs["transpose_a"]:
            continue
        after = _chain_down(node.outputs[0], consumers, outputs, "Identity", "Reshape")
        source, flat, product = before.inputs[0], node.inputs[0].shape, node.outputs[0].shape
        if after is None or source.shape is None or not flat or not product or source.shape[-1] != flat[-1]:
            continue
        if after[-1].outputs[0].shape == (*source.shape[:-1], product[-1]):
            node.inputs, node.outputs = [source, node.inputs[1]], after[-1].outputs
            program.nodes.remove(after[-1])


def merge_clips(program: Program) -> None:
    """Minimum and Maximum with scalars, and activations around them, → one ClipByValue with its bounds as attributes.

    A clip that others read as well stays, and is also merged into its reader.
    """
    producers = program.producers()
    for node in program.nodes:
        bounds = _bounds(node)
        if bounds is None:
            continue
        source = _clipped(node)
        inner = producers.get(source)
        if inner is not None and inner.type == "ClipByValue":
            lower, upper = inner.attrs["lower"], inner.attrs["upper"]
            bounds = (min(max(lower, bounds[0]), bounds[1]), min(max(upper, bounds[0]), bounds[1]))
            source = inner.inputs[0]
        node.type, node.inputs = "ClipByValue", [source]
        node.attrs = {"lower": bounds[0], "upper": bounds[1]}


def _bounds(node: Node) -> tuple[float, float] | None:
    """What the node clips its input to; None when it is no clip with scalar bounds."""
    if node.type in ("Relu", "Relu6"):
        return 0.0, np.inf if node.type == "Relu" else 6.0
    scalar = next((t.data for t in node.inputs if t.data is not None and t.data.size == 1), None)
    if node.type not in ("Minimum", "Maximum") or scalar is None:
        return None
    return (-np.inf, float(scalar.item())) if node.type == "Minimum" else (float(scalar.item()), np.inf)


def _clipped(node: Node) -> Tensor:
    return next(tensor for tensor in node.inputs if tensor.data is None)


def undo_round_trips(program: Program) -> None:
    """Whole numbers cast to float and back are themselves, in place; rearrangements in between take them as they are."""
    producers = program.producers()
    for node in program.nodes:
        if node.type == "Cast" and node.outputs[0].dtype in ("int32", "int64"):
            path = _back_to_whole(node.inputs[0], producers)
            if path is not None:
                _skip_cast(program, path)


def _back_to_whole(tensor: Tensor, producers: dict[Tensor, Node]) -> list[Node] | None:
    """Rearrangements and, last, the cast from small whole numbers to floats that compute ``tensor``, nearest first."""
    path = []
    while (node := producers.get(tensor)) is not None and (node.type in _REARRANGE or node.type == "Cast"):
        path.append(node)
        tensor = node.inputs[0]
        if node.type == "Cast":
            is_up = tensor.dtype.startswith(("int", "uint")) and node.outputs[0].dtype == "float32"
            return path if is_up else None
    return None


def _skip_cast(program: Program, path: list[Node]) -> None:
    """Let the rearrangements of ``path`` and its reader take what its cast, the last node, read."""
    cast = path[-1]
    source = cast.inputs[0]
    readers = program.consumers()
    if any(len(readers[node.outputs[0]]) != 1 for node in path):
        return
    for node in path[:-1]:
        node.outputs[0].dtype = source.dtype
    (reader,) = readers[cast.outputs[0]]
    reader.inputs = [source if tensor is cast.outputs[0] else tensor for tensor in reader.inputs]


def float_inputs(program: Program) -> None:
    """Inputs of whole numbers that the model only rearranges and casts to float become float inputs, in place.

    They hold the same numbers; quantizing decides anew in which type the file takes them.
    """
    consumers = program.consumers()
    for _, tensor in program.inputs:
        path = _until_cast(tensor, consumers, {result for _, result in program.outputs})
        for passed in path or ():
            passed.dtype = "float32"


def _until_cast(tensor: Tensor, consumers: dict[Tensor, list[Node]], outputs: set[Tensor]) -> list[Tensor] | None:
    """``tensor`` and its rearrangements, up to where each is cast to float32; None when anything else reads one."""
    if not tensor.dtype.startswith(("int", "uint")) or tensor in outputs:
        return None
    path = [tensor]
    for reader in consumers.get(tensor, []):
        if reader.type == "Cast" and reader.outputs[0].dtype == "float32":
            continue
        further = _until_cast(reader.outputs[0], consumers, outputs) if reader.type in _REARRANGE else None
        if further is None:
            return None
        path += further
    return path


def undo_space_to_batch(program: Program) -> None:
    """SpaceToBatchND, convolution, BatchToSpaceND → one dilated convolution, in place.

    In one dimension an ExpandDims and a Squeeze stand around the convolution; they stay. Left as it is when the
    convolution has padding or strides of its own or a result in between is read elsewhere.
    """
    producers, consumers = program.producers(), program.consumers()
    outputs = {tensor for _, tensor in program.outputs}
    for node in list(program.nodes):
        if node.type not in _CONVOLUTIONS:
            continue
        before = _chain(node.inputs[0], producers, "ExpandDims", "SpaceToBatchND")
        after = _chain_down(node.outputs[0], consumers, outputs, "Squeeze", "BatchToSpaceND")
        if before is not None and after is not None:
            _merge(program, node, before, after)


def _chain(tensor: Tensor, producers: dict[Tensor, Node], optional: str, wanted: str) -> list[Node] | None:
    """The nodes that compute ``tensor``, nearest first: [optional,] wanted; None when they are others."""
    chain = []
    node = producers.get(tensor)
    if node is not None and node.type == optional:
        chain.append(node)
        node = producers.get(node.inputs[0])
    return [*chain, node] if node is not None and node.type == wanted else None


def _chain_down(
    tensor: Tensor, consumers: dict[Tensor, list[Node]], outputs: set[Tensor], optional: str, wanted: str
) -> list[Node] | None:
    """The only readers of ``tensor``, nearest first: [optional,] wanted; None when there are others."""
    chain: list[Node] = []
    for expected in (optional, wanted):
        readers = consumers.get(tensor, [])
        if tensor in outputs or len(readers) != 1:
            return None
        if readers[0].type == expected:
            chain.append(readers[0])
            tensor = readers[0].outputs[0]
    return chain if chain and chain[-1].type == wanted else None


def _merge(program: Program, conv: Node, before: list[Node], after: list[Node]) -> None:
    to_batch, to_space = before[-1], after[-1]
    block, paddings = to_batch.inputs[1].data, to_batch.inputs[2].data
    crops = to_space.inputs[2].data
    source, result = to_batch.inputs[0], to_space.outputs[0]
    if block is None or paddings is None or crops is None or source.shape is None or result.shape is None:
        return
    is_plain = conv.attrs["padding"] == "VALID" and set(conv.attrs["strides"]) == {1}
    if not is_plain or set(conv.attrs["dilations"]) != {1} or crops[:, 0].any() or (crops[:, 1] > paddings[:, 1]).any():
        return
    pads = paddings.copy()
    pads[:, 1] -= crops[:, 1]
    dilation = [int(b) for b in block]
    if len(before) == 2:  # one dimension: height is the added one
        dilation, pads = [1, *dilation], np.concatenate([[[0, 0]], pads])
    conv.attrs = {**conv.attrs, "dilations": [1, *dilation, 1], **_padding(conv, source, dilation, pads)}
    _reconnect(program, conv, before, after)


def _padding(conv: Node, source: Tensor, dilation: list[int], pads: np.ndarray) -> dict[str, object]:
    """The padding as attributes of the convolution: by its word where one fits, else explicit."""
    if not pads.any():
        return {"padding": "VALID"}
    kernel = conv.inputs[1].shape or ()
    spans = [(int(k) - 1) * d for k, d in zip(kernel[:2], dilation, strict=True)]
    same = [[span // 2, span - span // 2] for span in spans]
    if pads.tolist() == same:
        return {"padding": "SAME"}
    return {"padding": "EXPLICIT", "explicit_paddings": [0, 0, *pads.ravel().tolist(), 0, 0]}


def _reconnect(program: Program, conv: Node, before: list[Node], after: list[Node]) -> None:
    """The convolution reads what went into the batches and writes what came out; ExpandDims and Squeeze move along."""
    source, result = before[-1].inputs[0], after[-1].outputs[0]
    for node in after:
        program.nodes.remove(node)
    if len(before) == 1:
        conv.inputs = [source, *conv.inputs[1:]]
        conv.outputs = [result]
        return
    assert source.shape is not None and result.shape is not None
    batch, time, channels = source.shape
    widened = Tensor(f"{conv.outputs[0].name}/input", source.dtype, (batch, 1, time, channels))
    batch, time, channels = result.shape
    wide_result = Tensor(f"{conv.outputs[0].name}/output", result.dtype, (batch, 1, time, channels))
    expand, squeeze = before[0], after[0]
    place = program.nodes.index(conv)
    conv.inputs, conv.outputs = [widened, *conv.inputs[1:]], [wide_result]
    widen = Node("ExpandDims", [source, *expand.inputs[1:]], [widened], expand.attrs, expand.origin)
    narrow = Node("Squeeze", [wide_result], [result], squeeze.attrs, squeeze.origin)
    program.nodes[place : place + 1] = [widen, conv, narrow]
