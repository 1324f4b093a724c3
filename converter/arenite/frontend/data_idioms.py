"""Functions of Keras and TensorFlow that trace as several operations: one node each, in place, before clips are merged."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .matching import is_scalar, made_by
from .program import Node, Program, Tensor

#: Vectors shorter than this count as this long in L2_NORMALIZATION.
SHORTEST = 1e-6


def merge_functions(program: Program) -> None:
    """Upsampling, normalization to unit length, argmax, softmax; what others read of their parts stays."""
    producers = program.producers()
    for node in program.nodes:
        if node.type == "SelectV2":
            _undo_finite_guard(program, node, producers)
    producers = program.producers()
    for node in program.nodes:
        if node.type == "Exp":
            _merge_softmax(node, producers)
        elif node.type == "Reshape":
            _merge_upsampling(node, producers)
        elif node.type == "Mul":
            _merge_l2_normalization(node, producers)
        elif node.type in ("ArgMax", "ArgMin"):
            _undo_signed_zeros(node, producers)


class _Repeat(NamedTuple):
    source: Tensor
    axis: int
    times: int


def _repeat(node: Node | None, producers: dict[Tensor, Node]) -> _Repeat | None:
    """Reshape(Tile(ExpandDims(x))) that repeats each index of one axis; None when it does another thing."""
    tile = made_by(node.inputs[0], producers, "Tile") if node is not None else None
    expand = made_by(tile.inputs[0], producers, "ExpandDims") if tile is not None else None
    if node is None or tile is None or expand is None or tile.inputs[1].data is None or expand.inputs[1].data is None:
        return None
    source, multiples = expand.inputs[0], [int(n) for n in tile.inputs[1].data]
    axis = int(expand.inputs[1].data) % len(multiples) - 1  # the new axis stands behind the repeated one
    times = multiples.pop(axis + 1)
    if source.shape is None or axis < 0 or set(multiples) != {1}:
        return None
    repeated = tuple(n * times if i == axis else n for i, n in enumerate(source.shape))
    return _Repeat(source, axis, times) if node.outputs[0].shape == repeated else None


def _merge_upsampling(node: Node, producers: dict[Tensor, Node]) -> None:
    """Repeated columns of repeated rows of an image → ResizeNearestNeighbor.

    The centre of each new pixel lies inside of an old one, so that no rounding can pick a neighbour.
    """
    columns = _repeat(node, producers)
    rows = _repeat(producers.get(columns.source), producers) if columns is not None else None
    if columns is None or rows is None or len(node.outputs[0].shape or ()) != 4 or (rows.axis, columns.axis) != (1, 2):
        return
    size = np.array((node.outputs[0].shape or ())[1:3], np.int32)
    node.inputs = [rows.source, Tensor(f"{node.outputs[0].name}/size", "int32", (2,), size)]
    node.type, node.attrs = "ResizeNearestNeighbor", {"align_corners": False, "half_pixel_centers": True}


def _merge_l2_normalization(node: Node, producers: dict[Tensor, Node]) -> None:
    """x · 1 / sqrt(sum(x²)) over the last axis → L2Normalize(x).

    The bound against division by zero may be any that only matters below SHORTEST.
    """
    for x, factor in (node.inputs, node.inputs[::-1]):
        total = made_by(_squares_behind(factor, producers), producers, "Sum")
        square = made_by(total.inputs[0], producers, "Square") if total is not None else None
        if total is None or square is None or square.inputs[0] is not x or x.shape is None:
            continue
        axes = total.inputs[1].data
        if (
            axes is not None
            and total.attrs["keep_dims"]
            and {int(a) % len(x.shape) for a in axes.ravel()} == {len(x.shape) - 1}
        ):
            node.type, node.inputs, node.attrs = "L2Normalize", [x], {}
            return


def _squares_behind(factor: Tensor, producers: dict[Tensor, Node]) -> Tensor | None:
    """y of Rsqrt(Maximum(y, tiny)), Minimum(Rsqrt(y), huge) or Rsqrt(y)."""
    limited = made_by(factor, producers, "Minimum")
    if limited is not None and _bound(limited) >= 1 / SHORTEST:
        factor = _computed(limited)
    rsqrt = made_by(factor, producers, "Rsqrt")
    squares = rsqrt.inputs[0] if rsqrt is not None else None
    limited = made_by(squares, producers, "Maximum")
    if limited is None:
        return squares
    return _computed(limited) if 0 <= _bound(limited) <= SHORTEST**2 * (1 + 1e-6) else None


def _bound(node: Node) -> float:
    """The constant scalar beside the computed operand; NaN, which compares with nothing, when there is none."""
    return next((float(t.data.item()) for t in node.inputs if t.data is not None and t.data.size == 1), np.nan)


def _computed(node: Node) -> Tensor:
    return next(tensor for tensor in node.inputs if tensor.data is None)


def _undo_signed_zeros(node: Node, producers: dict[Tensor, Node]) -> None:
    """ArgMax(−0 as the largest negative number, else x) → ArgMax(x): to Keras −0 is less than 0, to all others equal."""
    select = made_by(node.inputs[0], producers, "SelectV2")
    both = made_by(select.inputs[0], producers, "LogicalAnd") if select is not None else None
    if select is None or both is None:
        return
    x = select.inputs[2]
    for zero, negative in (both.inputs, both.inputs[::-1]):
        equal, less = made_by(zero, producers, "Equal"), made_by(negative, producers, "Less")
        sign = made_by(less.inputs[0], producers, "BitwiseAnd") if less is not None else None
        bits = made_by(sign.inputs[0], producers, "Bitcast") if sign is not None else None
        if bits is None or equal is None or bits.inputs[0] is not x or equal.inputs[0] is not x:
            continue
        if is_scalar(equal.inputs[1], 0.0):
            node.inputs = [x, *node.inputs[1:]]
            return


def _undo_finite_guard(program: Program, node: Node, producers: dict[Tensor, Node]) -> None:
    """SelectV2(IsFinite(x), x, 0) → x: what a model computes from finite inputs is finite."""
    test = made_by(node.inputs[0], producers, "IsFinite")
    if test is not None and test.inputs[0] is node.inputs[1] and is_scalar(node.inputs[2], 0.0):
        for reader in program.nodes:
            reader.inputs = [node.inputs[1] if tensor is node.outputs[0] else tensor for tensor in reader.inputs]


def _merge_softmax(node: Node, producers: dict[Tensor, Node]) -> None:
    """Exp(x − (Log(Sum(Exp(x − m))) + m)), m the maximum of x, all over the same axes → SoftmaxOver(x) {axes}."""
    outer = made_by(node.inputs[0], producers, "Sub")
    total = made_by(outer.inputs[1], producers, "AddV2") if outer is not None else None
    logarithm = made_by(total.inputs[0], producers, "Log") if total is not None else None
    summed = made_by(logarithm.inputs[0], producers, "Sum") if logarithm is not None else None
    powers = made_by(summed.inputs[0], producers, "Exp") if summed is not None else None
    inner = made_by(powers.inputs[0], producers, "Sub") if powers is not None else None
    if outer is None or total is None or summed is None or inner is None:
        return
    x, largest = outer.inputs[0], made_by(inner.inputs[1], producers, "Max")
    if (
        inner.inputs[0] is not x
        or largest is None
        or largest.inputs[0] is not x
        or total.inputs[1] is not inner.inputs[1]
    ):
        return
    axes = [_axes_of(reduction) for reduction in (summed, largest)]
    if axes[0] is not None and axes[0] == axes[1]:
        node.type, node.inputs, node.attrs = "SoftmaxOver", [x], {"axes": axes[0]}


def _axes_of(reduction: Node) -> list[int] | None:
    """The axes of a reduction that keeps its dimensions."""
    axes, shape = reduction.inputs[1].data, reduction.inputs[0].shape
    if axes is None or shape is None or not reduction.attrs["keep_dims"]:
        return None
    return sorted({int(axis) % len(shape) for axis in np.atleast_1d(axes)})
