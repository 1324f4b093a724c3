"""Normalization by statistics that the model computes, as Keras's layers and groups have it: one form, exact in few bits."""

from __future__ import annotations

from typing import NamedTuple

from .matching import made_by
from .program import Node, Program, Tensor

_SUM = ("AddV2", "Add")


class _Parts(NamedTuple):
    """x · f + (beta − mean · f), f = factor · gamma; gamma and beta may be absent."""

    x: Tensor
    mean: Tensor
    factor: Tensor
    gamma: Tensor | None
    beta: Tensor | None


def merge_normalizations(program: Program) -> None:
    """x · f + (beta − mean · f) → (x − mean) · factor · gamma + beta, in place.

    The sum of two large numbers that cancel becomes a difference of what is measured alike, and the factor per channel
    multiplies what has been normalized instead of a tensor of its own.
    """
    producers = program.producers()
    for node in list(program.nodes):
        _merge_squared_difference(node, producers)
        parts = _parts(node, producers) if node.type in _SUM else None
        if parts is not None:
            _rewrite(program, node, parts)


def _merge_squared_difference(node: Node, producers: dict[Tensor, Node]) -> None:
    """Square(a − b) → SquaredDifference(a, b): one rounding instead of two."""
    difference = made_by(node.inputs[0], producers, "Sub") if node.type == "Square" else None
    if difference is not None:
        node.type, node.inputs = "SquaredDifference", list(difference.inputs)


def _parts(node: Node, producers: dict[Tensor, Node]) -> _Parts | None:
    for product, shift in (node.inputs, node.inputs[::-1]):
        scaled = made_by(product, producers, "Mul")
        moved, beta = _without_constant(shift, producers, _SUM)
        offset = made_by(moved, producers, "Mul")
        if scaled is None or offset is None:
            continue
        for negated, factor in (offset.inputs, offset.inputs[::-1]):
            minus = made_by(negated, producers, "Neg")
            if minus is None or factor not in scaled.inputs or factor.data is not None:
                continue
            x = scaled.inputs[1 - scaled.inputs.index(factor)]
            plain, gamma = _without_constant(factor, producers, ("Mul",))
            return _Parts(x, minus.inputs[0], plain, gamma, beta)
    return None


def _without_constant(
    tensor: Tensor, producers: dict[Tensor, Node], types: tuple[str, ...]
) -> tuple[Tensor, Tensor | None]:
    """The computed operand and the constant of an operation of these types; ``tensor`` alone when it is no such result."""
    node = made_by(tensor, producers, *types)
    for computed, constant in (node.inputs, node.inputs[::-1]) if node is not None else ():
        if constant.data is not None:
            return computed, constant
    return tensor, None


def _rewrite(program: Program, node: Node, parts: _Parts) -> None:
    """Let the steps stand before ``node``, which becomes the last of them."""
    result = node.outputs[0]
    steps: list[tuple[str, Tensor]] = [("Sub", parts.mean), ("Mul", parts.factor)]
    steps += [("Mul", parts.gamma)] if parts.gamma is not None else []
    steps += [("AddV2", parts.beta)] if parts.beta is not None else []
    value, place = parts.x, program.nodes.index(node)
    for number, (op_type, operand) in enumerate(steps[:-1]):
        step = Tensor(f"{result.name}/step_{number}", result.dtype, result.shape)
        program.nodes.insert(place + number, Node(op_type, [value, operand], [step], {}, node.origin))
        value = step
    node.type, node.inputs = steps[-1][0], [value, steps[-1][1]]
