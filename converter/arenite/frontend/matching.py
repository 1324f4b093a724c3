"""Questions about the program that patterns are made of: who computes a tensor, and is it a scalar."""

from __future__ import annotations

import numpy as np

from .program import Node, Tensor


def other(node: Node | None, scalar: float) -> Tensor | None:
    """The operand beside the constant ``scalar``; None when neither is it."""
    for tensor, constant in zip(node.inputs, node.inputs[::-1], strict=True) if node is not None else ():
        if is_scalar(constant, scalar):
            return tensor
    return None


def is_scalar(tensor: Tensor, value: float) -> bool:
    """Whether it is the constant ``value``, in single precision."""
    return tensor.data is not None and tensor.data.size == 1 and bool(np.isclose(tensor.data.item(), value, 1e-6))


def made_by(tensor: Tensor | None, producers: dict[Tensor, Node], *op_types: str) -> Node | None:
    """The node of one of these types that computes ``tensor``; None when it is another."""
    node = producers.get(tensor) if tensor is not None else None
    return node if node is not None and node.type in op_types else None
