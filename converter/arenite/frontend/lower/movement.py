"""Operations that move elements: transposing, cutting, repeating, gathering, blocks of pixels, nearest neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...graph import Origin, Value
from ..program import Node
from .lowering import Lowering
from .registry import Refusal, lowers


@lowers("Transpose")
def transpose(lowering: Lowering, node: Node) -> None:
    """RESHAPE, when only dimensions of size one change places, else TRANSPOSE."""
    value = lowering.value(node.inputs[0])
    order = [int(axis) % len(value.shape) for axis in lowering.data(node.inputs[1], "permutation")]
    lowering.bind(node.outputs[0], transposed(lowering, value, order, node.origin))


def transposed(lowering: Lowering, value: Value, order: Sequence[int], origin: Origin) -> Value:
    """``value`` with its axes in ``order``, by RESHAPE or TRANSPOSE; itself when nothing changes places."""
    shape = [value.shape[axis] for axis in order]
    moved = [axis for axis in order if value.shape[axis] != 1]
    if moved == sorted(moved):
        return lowering.reshape(value, shape, origin)
    return lowering.emit("transpose", [value, lowering.integers("permutation", order, origin)], shape, origin)


@lowers("StridedSlice")
def strided_slice(lowering: Lowering, node: Node) -> None:
    """STRIDED_SLICE with an entry for every axis, as TFLite Micro wants it, then RESHAPE for axes that come or go."""
    value = lowering.value(node.inputs[0])
    entries = _entries(lowering, node, value.shape)
    ranges = [range(n)[entry] for n, entry in zip(value.shape, entries, strict=True)]
    if any(r != range(n) for r, n in zip(ranges, value.shape, strict=True)):
        # Backwards to the first element: no index stands before it, so the end's mask says it.
        end_mask = sum((r.stop < 0) << i for i, r in enumerate(ranges))
        columns = {
            "begin": [r.start for r in ranges],
            "end": [max(r.stop, 0) for r in ranges],
            "strides": [r.step for r in ranges],
        }
        operands = [value, *(lowering.integers(what, column, node.origin) for what, column in columns.items())]
        shape = [len(r) for r in ranges]
        value = lowering.emit("strided_slice", operands, shape, node.origin, {"end_mask": end_mask})
    lowering.bind(node.outputs[0], lowering.reshape(value, lowering.shape(node.outputs[0]), node.origin))


def _entries(lowering: Lowering, node: Node, shape: tuple[int, ...]) -> list[slice]:
    """A slice for each axis of ``shape``: the masks and the ellipsis written out, new axes left out."""
    columns = [lowering.data(tensor, "slice") for tensor in node.inputs[1:4]]

    def has(mask: str, i: int) -> bool:
        return bool(node.attrs[f"{mask}_mask"] >> i & 1)

    before: list[slice] = []
    after: list[slice] = []
    current = before
    for i, (begin, end, stride) in enumerate(np.stack(columns, 1).tolist()):
        if has("ellipsis", i):
            current = after
        elif has("new_axis", i):
            continue
        elif has("shrink_axis", i):
            current.append(slice(begin, begin + 1 or None))
        else:
            current.append(slice(None if has("begin", i) else begin, None if has("end", i) else end, stride))
    return before + [slice(None)] * (len(shape) - len(before) - len(after)) + after


@lowers("Slice")
def cut(lowering: Lowering, node: Node) -> None:
    """SLICE; nothing when it takes all."""
    value, begin = lowering.value(node.inputs[0]), lowering.data(node.inputs[1], "begin")
    size = lowering.shape(node.outputs[0])
    if size == value.shape:
        lowering.bind(node.outputs[0], value)
        return
    operands = [lowering.integers("begin", begin, node.origin), lowering.integers("size", size, node.origin)]
    _emit(lowering, node, "slice", [value, *operands])


@lowers("Split")
def split(lowering: Lowering, node: Node) -> None:
    """SPLIT in equal parts."""
    axis, value = int(lowering.data(node.inputs[0], "axis")), lowering.value(node.inputs[1])
    operands = [lowering.integers("axis", [axis % len(value.shape)], node.origin), value]
    _emit_parts(lowering, node, "split", operands, value, {"num_splits": len(node.outputs)})


@lowers("SplitV")
def split_sizes(lowering: Lowering, node: Node) -> None:
    """SPLIT_V in parts of stated sizes."""
    value, axis = lowering.value(node.inputs[0]), int(lowering.data(node.inputs[2], "axis"))
    sizes = [lowering.shape(output)[axis] for output in node.outputs]
    operands = [value, lowering.integers("sizes", sizes, node.origin)]
    operands.append(lowering.integers("axis", [axis % len(value.shape)], node.origin))
    _emit_parts(lowering, node, "split_v", operands, value, {"num_splits": len(node.outputs)})


@lowers("Unpack")
def unpack(lowering: Lowering, node: Node) -> None:
    """UNPACK."""
    value = lowering.value(node.inputs[0])
    _emit_parts(lowering, node, "unpack", [value], value, {"num": len(node.outputs), "axis": node.attrs["axis"]})


@lowers("Pack")
def pack(lowering: Lowering, node: Node) -> None:
    """PACK; RESHAPE when there is one operand."""
    values, shape = [lowering.value(tensor) for tensor in node.inputs], lowering.shape(node.outputs[0])
    if len(values) == 1:
        lowering.bind(node.outputs[0], lowering.reshape(values[0], shape, node.origin))
        return
    attrs = {"axis": node.attrs["axis"] % len(shape), "values_count": len(values)}
    lowering.bind(node.outputs[0], lowering.emit("pack", values, shape, node.origin, attrs))


@lowers("Tile", "BroadcastTo")
def repeat(lowering: Lowering, node: Node) -> None:
    """BROADCAST_TO, when only dimensions of size one are repeated (TFLite Micro lacks TILE), else TILE."""
    value, shape = lowering.value(node.inputs[0]), lowering.shape(node.outputs[0])
    if shape == value.shape:
        lowering.bind(node.outputs[0], value)
    elif all(a in (1, b) for a, b in zip(value.shape[::-1], shape[::-1], strict=False)):
        _emit(lowering, node, "broadcast_to", [value, lowering.integers("shape", shape, node.origin)])
    else:
        multiples = lowering.data(node.inputs[1], "number of repetitions")
        _emit(lowering, node, "tile", [value, lowering.integers("multiples", multiples, node.origin)])


@lowers("ReverseV2")
def reverse(lowering: Lowering, node: Node) -> None:
    """REVERSE_V2."""
    value = lowering.value(node.inputs[0])
    axes = sorted(int(axis) % len(value.shape) for axis in np.atleast_1d(lowering.data(node.inputs[1], "axes")))
    _emit(lowering, node, "reverse_v2", [value, lowering.integers("axes", axes, node.origin)])


@lowers("ReverseSequence")
def reverse_sequence(lowering: Lowering, node: Node) -> None:
    """REVERSE_SEQUENCE."""
    value, lengths = (lowering.value(tensor) for tensor in node.inputs)
    attrs = {name: int(node.attrs[name]) for name in ("seq_dim", "batch_dim")}
    _emit(lowering, node, "reverse_sequence", [value, lengths], attrs)


@lowers("GatherV2", "Gather")
def gather(lowering: Lowering, node: Node) -> None:
    """GATHER with int32 indices."""
    axis = int(lowering.data(node.inputs[2], "axis")) if len(node.inputs) > 2 else 0
    indices = node.inputs[1]
    if indices.data is not None:
        listed = lowering.constant(indices, indices.data.astype(np.int32), "indices")
    else:
        listed = lowering.value(indices)
    if listed.dtype != "int32":
        raise Refusal(f"its indices are {listed.dtype}", "compute the indices in int32")
    value = lowering.value(node.inputs[0])
    attrs = {"axis": axis % len(value.shape), "batch_dims": int(node.attrs.get("batch_dims", 0))}
    _emit(lowering, node, "gather", [value, listed], attrs)


@lowers("SelectV2")
def select(lowering: Lowering, node: Node) -> None:
    """SELECT_V2."""
    condition, x, y = (lowering.value(tensor) for tensor in node.inputs)
    shape = lowering.shape(node.outputs[0])
    result = lowering.emit("select_v2", [condition, x, y], shape, node.origin, dtype=x.dtype)
    lowering.bind(node.outputs[0], result)


@lowers("MirrorPad")
def mirror_pad(lowering: Lowering, node: Node) -> None:
    """MIRROR_PAD."""
    mode = node.attrs["mode"]
    amounts = lowering.integers("paddings", lowering.data(node.inputs[1], "amount of padding"), node.origin)
    mode = mode.decode() if isinstance(mode, bytes) else mode
    _emit(lowering, node, "mirror_pad", [lowering.value(node.inputs[0]), amounts], {"mode": mode})


@lowers("SpaceToDepth", "DepthToSpace")
def depth_blocks(lowering: Lowering, node: Node) -> None:
    """SPACE_TO_DEPTH, DEPTH_TO_SPACE."""
    if node.attrs.get("data_format", "NHWC") not in ("NHWC", b"NHWC"):
        raise Refusal("it computes channels first", "build the model with data_format='channels_last'")
    name = "space_to_depth" if node.type == "SpaceToDepth" else "depth_to_space"
    _emit(lowering, node, name, [lowering.value(node.inputs[0])], {"block_size": int(node.attrs["block_size"])})


@lowers("SpaceToBatchND", "BatchToSpaceND")
def batch_blocks(lowering: Lowering, node: Node) -> None:
    """SPACE_TO_BATCH_ND, BATCH_TO_SPACE_ND."""
    name = "space_to_batch_nd" if node.type == "SpaceToBatchND" else "batch_to_space_nd"
    block = lowering.integers("block", lowering.data(node.inputs[1], "block"), node.origin)
    edges = lowering.integers("edges", lowering.data(node.inputs[2], "edges"), node.origin)
    _emit(lowering, node, name, [lowering.value(node.inputs[0]), block, edges])


@lowers("ScatterNd")
def scatter_nd(lowering: Lowering, node: Node) -> None:
    """SCATTER_ND with int32 places."""
    places, updates = (lowering.value(tensor) for tensor in node.inputs[:2])
    if places.dtype != "int32":
        raise Refusal(f"its indices are {places.dtype}", "compute the indices in int32")
    shape = lowering.shape(node.outputs[0])
    operands = [places, updates, lowering.integers("shape", shape, node.origin)]
    value = lowering.emit("scatter_nd", operands, shape, node.origin, dtype=updates.dtype)
    lowering.bind(node.outputs[0], value)


@lowers("OneHot")
def one_hot(lowering: Lowering, node: Node) -> None:
    """ONE_HOT, of int32 indices where they were only widened to int64."""
    indices, (on, off) = lowering.value(node.inputs[0]), (lowering.value(tensor) for tensor in node.inputs[2:])
    widening = lowering.producer(indices)
    if widening is not None and widening.name == "cast" and widening.operand(0).dtype == "int32":
        indices = widening.operand(0)
    depth = lowering.new_constant(f"{node.origin.layer or 'one_hot'}/depth", lowering.data(node.inputs[1], "depth"))
    attrs = {"axis": int(node.attrs["axis"])}
    operands = [indices, depth, on, off]
    value = lowering.emit("one_hot", operands, lowering.shape(node.outputs[0]), node.origin, attrs, on.dtype)
    lowering.bind(node.outputs[0], value)


@lowers("ResizeNearestNeighbor", "ResizeBilinear")
def resize(lowering: Lowering, node: Node) -> None:
    """RESIZE_NEAREST_NEIGHBOR, RESIZE_BILINEAR."""
    name = "resize_bilinear" if node.type == "ResizeBilinear" else "resize_nearest_neighbor"
    size = lowering.integers("size", lowering.shape(node.outputs[0])[1:3], node.origin)
    attrs = {name: bool(node.attrs[name]) for name in ("align_corners", "half_pixel_centers")}
    _emit(lowering, node, name, [lowering.value(node.inputs[0]), size], attrs)


def _emit(
    lowering: Lowering, node: Node, name: str, operands: list[Value], attrs: dict[str, Any] | None = None
) -> None:
    result = lowering.emit(name, operands, lowering.shape(node.outputs[0]), node.origin, attrs)
    lowering.bind(node.outputs[0], result)


def _emit_parts(
    lowering: Lowering, node: Node, name: str, operands: list[Value], whole: Value, attrs: dict[str, Any]
) -> None:
    shapes = [lowering.shape(output) for output in node.outputs]
    parts = lowering.emit_all(name, operands, shapes, node.origin, attrs, whole.dtype)
    for output, part in zip(node.outputs, parts, strict=True):
        lowering.bind(output, part)
