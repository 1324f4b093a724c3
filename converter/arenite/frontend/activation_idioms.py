"""Activations that Keras spreads over several operations: one node each, in place, before clips are merged."""

from __future__ import annotations

import math

from .matching import is_scalar, made_by, other
from .program import Node, Program, Tensor

_SUM = ("AddV2", "Add")


def merge_activations(program: Program) -> None:
    """PReLU, hard swish and GELU; what others read of their parts stays."""
    producers = program.producers()
    for node in program.nodes:
        if node.type in _SUM:
            _merge_prelu(node, producers)
        elif node.type == "Mul":
            _merge_hard_swish(node, producers)
        if node.type == "Mul":
            _merge_gelu(node, producers)


def _merge_prelu(node: Node, producers: dict[Tensor, Node]) -> None:
    """Relu(x) + c · Relu(−x) → PRelu(x) with alpha = −c."""
    for relu, product in (node.inputs, node.inputs[::-1]):
        positive, scaled = made_by(relu, producers, "Relu"), made_by(product, producers, "Mul")
        if positive is None or scaled is None:
            continue
        for factor, mirrored in (scaled.inputs, scaled.inputs[::-1]):
            negative = made_by(mirrored, producers, "Relu")
            negated = made_by(negative.inputs[0], producers, "Neg") if negative is not None else None
            if factor.data is None or negated is None or negated.inputs[0] is not positive.inputs[0]:
                continue
            alpha = Tensor(f"{factor.name}/alpha", factor.dtype, factor.shape, -factor.data)
            node.type, node.inputs = "PRelu", [positive.inputs[0], alpha]
            return


def _merge_hard_swish(node: Node, producers: dict[Tensor, Node]) -> None:
    """x · Relu6(x + 3) / 6, the sixth by division or multiplication → HardSwish(x)."""
    for x, gate in (node.inputs, node.inputs[::-1]):
        clipped = _sixth(gate, producers)
        relu = made_by(clipped, producers, "Relu6") if clipped is not None else None
        shifted = producers.get(relu.inputs[0]) if relu is not None else None
        if shifted is not None and shifted.type in _SUM and other(shifted, 3.0) is x:
            node.type, node.inputs = "HardSwish", [x]
            return


def _sixth(tensor: Tensor, producers: dict[Tensor, Node]) -> Tensor | None:
    """What ``tensor`` is a sixth of; None when it is not made so."""
    node = producers.get(tensor)
    if node is not None and node.type == "RealDiv" and is_scalar(node.inputs[1], 6.0):
        return node.inputs[0]
    return other(node, 1 / 6) if node is not None and node.type == "Mul" else None


def _merge_gelu(node: Node, producers: dict[Tensor, Node]) -> None:
    """x / 2 · gate(x) → Gelu(x), the gate by erf, by erfc or by tanh."""
    for half, gate in (node.inputs, node.inputs[::-1]):
        x = other(made_by(half, producers, "Mul"), 0.5)
        if x is None:
            continue
        approximate = _is_tanh_gate(gate, x, producers)
        if approximate or _is_erf_gate(gate, x, producers) or _is_erfc_gate(gate, x, producers):
            node.type, node.inputs, node.attrs = "Gelu", [x], {"approximate": approximate}
            return


def _is_erfc_gate(gate: Tensor, x: Tensor, producers: dict[Tensor, Node]) -> bool:
    """Erfc(−x · √½)."""
    erfc = made_by(gate, producers, "Erfc")
    scaled = other(made_by(erfc.inputs[0], producers, "Mul"), math.sqrt(0.5)) if erfc is not None else None
    negated = made_by(scaled, producers, "Neg")
    return negated is not None and negated.inputs[0] is x


def _is_erf_gate(gate: Tensor, x: Tensor, producers: dict[Tensor, Node]) -> bool:
    """1 + Erf(x / √2), by division or multiplication."""
    erf = made_by(other(made_by(gate, producers, *_SUM), 1.0), producers, "Erf")
    scaled = made_by(erf.inputs[0], producers, "Mul", "RealDiv") if erf is not None else None
    if scaled is None:
        return False
    if scaled.type == "Mul":
        return other(scaled, math.sqrt(0.5)) is x
    return scaled.inputs[0] is x and is_scalar(scaled.inputs[1], math.sqrt(2))


def _is_tanh_gate(gate: Tensor, x: Tensor, producers: dict[Tensor, Node]) -> bool:
    """1 + Tanh(√(2/π) · (x + 0.044715 · Pow(x, 3)))."""
    tanh = made_by(other(made_by(gate, producers, *_SUM), 1.0), producers, "Tanh")
    scaled = other(made_by(tanh.inputs[0], producers, "Mul"), math.sqrt(2 / math.pi)) if tanh is not None else None
    total = made_by(scaled, producers, *_SUM)
    if total is None:
        return False
    for first, second in (total.inputs, total.inputs[::-1]):
        cube = made_by(other(made_by(second, producers, "Mul"), 0.044715), producers, "Pow")
        if first is x and cube is not None and cube.inputs[0] is x and is_scalar(cube.inputs[1], 3.0):
            return True
    return False
