"""Recurrent Keras layers, which arrive whole (see ``composites``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...graph import STATELESS, Value
from ..program import Node, Tensor
from .lowering import Lowering
from .registry import Refusal, lowers

#: Operand places of UNIDIRECTIONAL_SEQUENCE_LSTM; gates in Keras's order: input, forget, candidate, output.
_LSTM_OPERANDS, _LSTM_INPUT, _LSTM_RECURRENT, _LSTM_BIASES, _LSTM_STATES = 24, 1, 5, 12, (18, 19)


@dataclass(frozen=True)
class _Layer:
    """Operands and results of a recurrent node.

    states   initial states.   ends  final states; the first one is the last output too.
    """

    sequence: Tensor
    states: list[Tensor]
    kernel: Tensor
    recurrent: Tensor
    bias: Tensor
    last: Tensor
    outputs: Tensor
    ends: list[Tensor]

    @staticmethod
    def of(node: Node) -> _Layer:
        sequence, *states, kernel, recurrent, bias = node.inputs
        last, outputs, *ends = node.outputs
        return _Layer(sequence, states, kernel, recurrent, bias, last, outputs, ends)


@lowers("KerasLSTM")
def lstm(lowering: Lowering, node: Node) -> None:
    """UNIDIRECTIONAL_SEQUENCE_LSTM; its last step by itself where that is read."""
    _require_unmasked(node)
    _require_activations(node, "tanh", "sigmoid")
    layer = _Layer.of(node)
    _require_unread(lowering, layer.ends[1], "cell state")
    operands: list[Value | None] = [None] * _LSTM_OPERANDS
    operands[0] = _sequence(lowering, node, layer)
    parts = (layer.kernel, layer.recurrent, layer.bias)
    for start, tensor in zip((_LSTM_INPUT, _LSTM_RECURRENT, _LSTM_BIASES), parts, strict=True):
        operands[start : start + 4] = _gates(lowering, tensor, 4)
    for place, value in zip(_LSTM_STATES, _variables(lowering, node, layer), strict=True):
        operands[place] = value
    attrs = {"fused_activation_function": "TANH"} | ({} if node.attrs["stateful"] else {STATELESS: True})
    _bind(
        lowering,
        node,
        layer,
        lowering.emit("unidirectional_sequence_lstm", operands, _shape(layer), node.origin, attrs),
    )


@lowers("KerasGRU")
def gru(lowering: Lowering, node: Node) -> None:
    """ARENITE_GRU; its last step by itself where that is read."""
    _require_unmasked(node)
    _require_activations(node, "tanh", "sigmoid")
    layer = _Layer.of(node)
    biases, recurrent_bias = _gru_biases(lowering, layer)
    operands = [
        _sequence(lowering, node, layer),
        *_gates(lowering, layer.kernel, 3),
        *_gates(lowering, layer.recurrent, 3),
        *biases,
        recurrent_bias,
        *_variables(lowering, node, layer),
    ]
    attrs = {"reset_after": node.attrs["reset_after"]} | ({} if node.attrs["stateful"] else {STATELESS: True})
    _bind(lowering, node, layer, lowering.emit("arenite_gru", operands, _shape(layer), node.origin, attrs))


def _gru_biases(lowering: Lowering, layer: _Layer) -> tuple[list[Value], Value | None]:
    """Biases of the gates, and that of the candidate's recurrent sum; the other recurrent ones only add up."""
    data = lowering.data(layer.bias, "biases")
    if data.ndim == 1:
        return _gates(lowering, layer.bias, 3), None
    added = data[0].copy()
    units = len(added) // 3
    added[: 2 * units] += data[1, : 2 * units]
    gates = [lowering.constant(layer.bias, part, f"gate {i}") for i, part in enumerate(np.split(added, 3))]
    return gates, lowering.constant(layer.bias, data[1, 2 * units :], "recurrent")


def _shape(layer: _Layer) -> tuple[int, ...]:
    return Lowering.shape(layer.outputs)


def _require_unmasked(node: Node) -> None:
    if node.attrs["masked"]:
        raise Refusal("a mask skips steps", "give sequences of one length, without Masking and mask_zero")


def _require_activations(node: Node, activation: str, recurrent: str) -> None:
    given = node.attrs["activation"], node.attrs["recurrent_activation"]
    if given != (activation, recurrent):
        raise Refusal(
            f"its activations are {given[0]} and {given[1]}", f"the kernel has {activation} and {recurrent} only"
        )


def _require_unread(lowering: Lowering, tensor: Tensor, what: str) -> None:
    if lowering.is_read(tensor):
        raise Refusal(f"its final {what} is read", f"return_state=True gives the {what} of the layer to nobody here")


def _sequence(lowering: Lowering, node: Node, layer: _Layer) -> Value:
    """The input [batch, time, inputs], turned around for a layer that goes backwards."""
    value = lowering.value(layer.sequence)
    if not node.attrs["go_backwards"]:
        return value
    return lowering.emit("reverse_v2", [value, lowering.integers("axis", [1], node.origin)], value.shape, node.origin)


def _gates(lowering: Lowering, tensor: Tensor, count: int) -> list[Value]:
    """Weights [in, count · units] or biases [count · units] of each gate by itself, weights as [units, in]."""
    data = lowering.data(tensor, "weights")
    return [
        lowering.constant(tensor, np.ascontiguousarray(part.T), f"gate {i}")
        for i, part in enumerate(np.split(data, count, axis=-1))
    ]


def _variables(lowering: Lowering, node: Node, layer: _Layer) -> list[Value]:
    """A variable for each state; they start from zero."""
    for tensor in layer.states:
        if tensor.data is None or (tensor.data.any() and not node.attrs["stateful"]):
            raise Refusal("its initial state is given", "leave it out: the state starts from zero")
    shapes = [lowering.shape(tensor) for tensor in layer.states]
    return [lowering.new_variable(f"{node.origin.layer}/state_{i}", shape) for i, shape in enumerate(shapes)]


def _bind(lowering: Lowering, node: Node, layer: _Layer, outputs: Value) -> None:
    """Results of the node: all steps, and the last one, which is the hidden state too."""
    lowering.bind(layer.outputs, outputs)
    lasts = [tensor for tensor in (layer.last, layer.ends[0]) if lowering.is_read(tensor)]
    if lasts:
        value = _last_step(lowering, node, outputs)
        for tensor in lasts:
            lowering.bind(tensor, value)


def _last_step(lowering: Lowering, node: Node, outputs: Value) -> Value:
    batch, steps, units = outputs.shape
    value = outputs
    if steps > 1:
        entries: dict[str, Sequence[int]] = {
            "begin": [0, steps - 1, 0], "end": [batch, steps, units], "strides": [1, 1, 1],
        }  # fmt: skip
        operands = [outputs, *(lowering.integers(what, data, node.origin) for what, data in entries.items())]
        value = lowering.emit("strided_slice", operands, (batch, 1, units), node.origin, {"end_mask": 0})
    return lowering.reshape(value, (batch, units), node.origin)
