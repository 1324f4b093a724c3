"""Weights to float16, half the bytes, while arithmetic stays float32.

    %b : f32 = conv_2d(%a, %w : f32 constant)  →  %x : f32 = dequantize(%w : f16 constant);  %b : f32 = conv_2d(%a, %x)

LiteRT's converter writes the same, so the file runs there. On the device the operator reads the float16 constant where it
lies and %x takes no room (``Node::half_or_input``).

Not when: the kernel does not read float16, for it would have to be expanded at each run; the user keeps the layer in
float32; the constant has fewer than ``LEAST`` elements: an operator more in the file is as long as what it saves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import UnsupportedError
from ..graph import Graph, Op, Value
from ..opdef import Role, declaration, name_of, rows
from .context import PassContext, last_fitting

NAME = "half_weights"

#: Elements of a constant below which it stays float32.
LEAST = 128
#: What float16 reaches.
LARGEST = float(np.finfo(np.float16).max)


def run(graph: Graph, context: PassContext) -> None:
    if context.quantize != "float16":
        return
    chosen = [(op, index) for op in graph.ops for index in _places(op, context)]
    _require_range(chosen)
    widened: dict[Value, Value] = {}
    for op, index in chosen:
        weight = op.operand(index)
        if weight not in widened:
            widened[weight] = _insert(graph, op, weight)
        op.inputs[index] = widened[weight]
        context.applied(op.origin, f"{weight.size:,} elements of {op.name} are float16")


def _places(op: Op, context: PassContext) -> list[int]:
    """Operands of ``op`` that become float16."""
    if last_fitting(context.layers, op.origin.layer) == "float32":
        context.refused(op.origin, f"the weights of {op.name} stay float32, as was asked for")
        return []
    places = []
    for index, value in enumerate(op.inputs):
        if value is None or not value.is_constant or value.dtype != "float32":
            continue
        if value.size >= LEAST and index in _reads_half(op):
            places.append(index)
        elif value.size >= LEAST:
            context.refused(
                op.origin, f"{value.size:,} elements of {op.name} stay float32: its kernel reads no float16"
            )
    return places


def _reads_half(op: Op) -> tuple[int, ...]:
    """Operands that the operator's kernel reads as float16; none of a kernel that only the program has."""
    return declaration(op.name).half if op.name in rows() else ()


def _require_range(chosen: Sequence[tuple[Op, int]]) -> None:
    """UnsupportedError naming the layers whose weights float16 cannot hold."""
    beyond = [(op, op.operand(index)) for op, index in chosen if np.isinf(_halved(op.operand(index))).any()]
    lines = dict.fromkeys(f"  {op.origin}: '{value.name}' reaches {_peak(value):g}" for op, value in beyond)
    if lines:
        raise UnsupportedError(
            f"float16 ends at {LARGEST:g}, and these weights go beyond it:\n"
            + "\n".join(lines)
            + "\nKeep these layers in float32, layers={'name': 'float'} (--layer 'name=float'), or train them with weight"
            " decay"
        )


def _peak(value: Value) -> float:
    assert value.data is not None
    return float(np.abs(value.data).max())


def _halved(value: Value) -> np.ndarray:
    """The data of a constant in float16; infinite where it is beyond."""
    assert value.data is not None
    with np.errstate(over="ignore"):
        return value.data.astype(np.float16)


def _insert(graph: Graph, op: Op, weight: Value) -> Value:
    """The float16 constant in place of ``weight``, and before ``op`` what makes it float32 again."""
    half = Value(graph.unique_name(f"{weight.name}/float16"), "float16", weight.shape, _halved(weight))
    wide = Value(graph.unique_name(f"{weight.name}/float32"), "float32", weight.shape)
    graph.ops.insert(graph.ops.index(op), Op(name_of(Role.DEQUANTIZE), [half], [wide], origin=op.origin))
    return wide


def read_in_place(graph: Graph) -> set[Value]:
    """Results of dequantize that take no room on the device: all that read them read the float16 constant instead."""
    readers: dict[Value, bool] = {}
    for op in graph.ops:
        for index, value in enumerate(op.inputs):
            if value is not None:
                readers[value] = readers.get(value, True) and index in _reads_half(op)
    made = (op for op in graph.ops if op.name == name_of(Role.DEQUANTIZE) and op.operand(0).dtype == "float16")
    return {op.output for op in made if readers.get(op.output, True) and op.output not in graph.outputs}
