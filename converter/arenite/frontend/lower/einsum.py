"""Einsum of two operands, by its letters.

A letter of both operands that the result keeps counts matrices; one that it drops is contracted; the others count rows
(of the left) and columns (of the right). Weights without matrices of their own become FULLY_CONNECTED, all else
BATCH_MATMUL; axes that stand elsewhere are transposed before and behind.
"""

from __future__ import annotations

import math
import string
from dataclasses import dataclass

from ...graph import Value
from ..program import Node, Tensor
from .dense import fully_connected
from .lowering import Lowering
from .movement import transposed
from .registry import Refusal, lowers


@dataclass(frozen=True)
class _Letters:
    """Axes of the operands and of the result; the kinds are in the order of the result, contracted ones in that of ``left``."""

    left: str
    right: str
    result: str

    @property
    def batch(self) -> str:
        return "".join(letter for letter in self.result if letter in self.left and letter in self.right)

    @property
    def contracted(self) -> str:
        return "".join(letter for letter in self.left if letter in self.right and letter not in self.result)

    @property
    def rows(self) -> str:
        return "".join(letter for letter in self.result if letter not in self.right)

    @property
    def columns(self) -> str:
        return "".join(letter for letter in self.result if letter not in self.left)

    def swapped(self) -> _Letters:
        return _Letters(self.right, self.left, self.result)


@lowers("Einsum")
def einsum(lowering: Lowering, node: Node) -> None:
    """FULLY_CONNECTED or BATCH_MATMUL, between TRANSPOSEs where axes stand elsewhere."""
    letters, operands = _letters(lowering, node), list(node.inputs)
    if operands[0].is_constant or letters.result.startswith(letters.batch + letters.columns + letters.rows):
        letters, operands = letters.swapped(), operands[::-1]
    if operands[1].data is not None and not letters.batch:
        product, axes = _with_weights(lowering, node, letters, operands), letters.rows + letters.columns
    else:
        product, axes = (
            _with_matrices(lowering, node, letters, operands),
            letters.batch + letters.rows + letters.columns,
        )
    sizes = dict(zip(letters.result, lowering.shape(node.outputs[0]), strict=True))
    product = lowering.reshape(product, [sizes[letter] for letter in axes], node.origin)
    order = [axes.index(letter) for letter in letters.result]
    lowering.bind(node.outputs[0], transposed(lowering, product, order, node.origin))


def _letters(lowering: Lowering, node: Node) -> _Letters:
    operands, _, result = node.attrs["equation"].replace(" ", "").partition("->")
    parts = operands.split(",")
    if len(parts) != 2:
        raise Refusal("Einsum of other than two operands", "write it as products of two")
    ranks = [len(lowering.shape(tensor)) for tensor in (*node.inputs, node.outputs[0])]
    letters = _Letters(*(_spelled(part, rank) for part, rank in zip((*parts, result), ranks, strict=True)))
    if any(len(set(part)) < len(part) for part in (letters.left, letters.right, letters.result)):
        raise Refusal("Einsum takes a diagonal", "take the diagonal outside the product")
    if set(letters.left) ^ set(letters.right) > set(letters.result):
        raise Refusal("Einsum sums an axis that one operand alone has", "sum it before the product")
    _refuse_broadcast(lowering, node, letters)
    return letters


def _spelled(part: str, rank: int) -> str:
    """The axes that ``...`` stands for as capitals, the last of them the same in all operands."""
    missing = rank - len(part.replace("...", ""))
    return part.replace("...", string.ascii_uppercase[::-1][:missing][::-1])


def _refuse_broadcast(lowering: Lowering, node: Node, letters: _Letters) -> None:
    sizes: dict[str, int] = {}
    for part, tensor in zip((letters.left, letters.right), node.inputs, strict=True):
        for letter, size in zip(part, lowering.shape(tensor), strict=True):
            if sizes.setdefault(letter, size) != size:
                raise Refusal("Einsum repeats an axis of size one", "write it as matmul")


def _with_weights(lowering: Lowering, node: Node, letters: _Letters, operands: list[Tensor]) -> Value:
    """[rows…, columns…] by FULLY_CONNECTED over the contracted axes, brought to the end."""
    source = lowering.value(operands[0])
    data = lowering.data(operands[1], "right side")
    ordered = data.transpose([letters.right.index(a) for a in letters.contracted + letters.columns])
    depth = math.prod(ordered.shape[: len(letters.contracted)])
    order = [letters.left.index(letter) for letter in letters.rows + letters.contracted]
    moved = transposed(lowering, source, order, node.origin)
    weights = lowering.constant(operands[1], ordered.reshape(depth, -1).T, f"out,in of {letters.right}")
    shape = [*moved.shape[: len(letters.rows)], *ordered.shape[len(letters.contracted) :]]
    return fully_connected(lowering, moved, weights, shape, node.origin)


def _with_matrices(lowering: Lowering, node: Node, letters: _Letters, operands: list[Tensor]) -> Value:
    """[batch…, rows, columns] by BATCH_MATMUL."""
    x, adj_x = _matrices(lowering, node, operands[0], letters.left, (letters.batch, letters.rows, letters.contracted))
    y, adj_y = _matrices(
        lowering, node, operands[1], letters.right, (letters.batch, letters.contracted, letters.columns)
    )
    rows, columns = x.shape[-1 if adj_x else -2], y.shape[-2 if adj_y else -1]
    attrs = {"adj_x": adj_x, "adj_y": adj_y}
    return lowering.emit("batch_matmul", [x, y], [*x.shape[:-2], rows, columns], node.origin, attrs)


def _matrices(
    lowering: Lowering, node: Node, tensor: Tensor, axes: str, wanted: tuple[str, str, str]
) -> tuple[Value, bool]:
    """``tensor`` as matrices [batch…, rows, columns] with the letters ``wanted``, or swapped, if that needs no transpose."""
    batch, rows, columns = wanted
    swapped = axes == batch + columns + rows and axes != batch + rows + columns
    value = lowering.value(tensor)
    if not swapped:
        order = [axes.index(letter) for letter in batch + rows + columns]
        value = transposed(lowering, value, order, node.origin)
    counts = value.shape[: len(batch)]
    first, second = (columns, rows) if swapped else (rows, columns)
    middle = len(batch) + len(first)
    sizes = math.prod(value.shape[len(batch) : middle]), math.prod(value.shape[middle:])
    assert len(second) == len(value.shape) - middle
    return lowering.reshape(value, (*counts, *sizes), node.origin), swapped
