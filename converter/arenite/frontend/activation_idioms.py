"""Activations that Keras spreads over several operations: one node each, in place, before clips are merged."""

from __future__ import annotations

import numpy as np

from .program import Node, Program, Tensor


def merge_activations(program: Program) -> None:
    """PReLU and hard swish; what others read of their parts stays."""
    producers = program.producers()
    for node in program.nodes:
        if node.type in ("AddV2", "Add"):
            _merge_prelu(node, producers)
        elif node.type == "Mul":
            _merge_hard_swish(node, producers)


def _merge_prelu(node: Node, producers: dict[Tensor, Node]) -> None:
    """Relu(x) + c · Relu(−x) → PRelu(x) with alpha = −c."""
    for relu, product in (node.inputs, node.inputs[::-1]):
        positive, scaled = _made_by(relu, producers, "Relu"), _made_by(product, producers, "Mul")
        if positive is None or scaled is None:
            continue
        for factor, mirrored in (scaled.inputs, scaled.inputs[::-1]):
            negative = _made_by(mirrored, producers, "Relu")
            negated = _made_by(negative.inputs[0], producers, "Neg") if negative is not None else None
            if factor.data is None or negated is None or negated.inputs[0] is not positive.inputs[0]:
                continue
            alpha = Tensor(f"{factor.name}/alpha", factor.dtype, factor.shape, -factor.data)
            node.type, node.inputs = "PRelu", [positive.inputs[0], alpha]
            return


def _merge_hard_swish(node: Node, producers: dict[Tensor, Node]) -> None:
    """x · Relu6(x + 3) / 6, the sixth by division or multiplication → HardSwish(x)."""
    for x, gate in (node.inputs, node.inputs[::-1]):
        clipped = _sixth(gate, producers)
        relu = _made_by(clipped, producers, "Relu6") if clipped is not None else None
        shifted = producers.get(relu.inputs[0]) if relu is not None else None
        if shifted is not None and shifted.type in ("AddV2", "Add") and _other(shifted, 3.0) is x:
            node.type, node.inputs = "HardSwish", [x]
            return


def _sixth(tensor: Tensor, producers: dict[Tensor, Node]) -> Tensor | None:
    """What ``tensor`` is a sixth of; None when it is not made so."""
    node = producers.get(tensor)
    if node is not None and node.type == "RealDiv" and _is_scalar(node.inputs[1], 6.0):
        return node.inputs[0]
    return _other(node, 1 / 6) if node is not None and node.type == "Mul" else None


def _other(node: Node, scalar: float) -> Tensor | None:
    """The operand beside the constant ``scalar``; None when neither is it."""
    for tensor, constant in (node.inputs, node.inputs[::-1]):
        if _is_scalar(constant, scalar):
            return tensor
    return None


def _is_scalar(tensor: Tensor, value: float) -> bool:
    return tensor.data is not None and tensor.data.size == 1 and bool(np.isclose(tensor.data.item(), value, 1e-6))


def _made_by(tensor: Tensor, producers: dict[Tensor, Node], op_type: str) -> Node | None:
    node = producers.get(tensor)
    return node if node is not None and node.type == op_type else None
