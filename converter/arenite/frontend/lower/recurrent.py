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

#: TFLite's numbers of activations.
_NUMBERS = {"linear": 0, "relu": 1, "relu6": 3, "tanh": 4}


@dataclass(frozen=True)
class _Layer:
    """Operands and results of a recurrent node.

    states   initial states.   ends  final states; the first one is the last output too.
    """

    sequence: Tensor
    states: list[Tensor]
    mask: Tensor | None
    kernel: Tensor
    recurrent: Tensor
    bias: Tensor
    last: Tensor
    outputs: Tensor
    ends: list[Tensor]

    @staticmethod
    def of(node: Node) -> _Layer:
        operands, mask = (node.inputs[:-1], node.inputs[-1]) if node.attrs["masked"] else (node.inputs, None)
        sequence, *states, kernel, recurrent, bias = operands
        last, outputs, *ends = node.outputs
        return _Layer(sequence, states, mask, kernel, recurrent, bias, last, outputs, ends)


@lowers("KerasLSTM")
def lstm(lowering: Lowering, node: Node) -> None:
    """UNIDIRECTIONAL_SEQUENCE_LSTM, with a mask ARENITE_LSTM; its last step by itself where that is read."""
    layer = _Layer.of(node)
    _require_unread(lowering, layer.ends[1], "cell state")
    x = _forward(lowering, node, layer.sequence)
    parts = [_gates(lowering, tensor, 4) for tensor in (layer.kernel, layer.recurrent, layer.bias)]
    states = _variables(lowering, node, layer)
    if layer.mask is not None:
        operands = [x, *parts[0], *parts[1], *parts[2], *states, _forward(lowering, node, layer.mask)]
        return _emit(lowering, node, layer, "arenite_lstm", operands, {})
    places: list[Value | None] = [None] * _LSTM_OPERANDS
    places[0] = x
    for start, values in zip((_LSTM_INPUT, _LSTM_RECURRENT, _LSTM_BIASES), parts, strict=True):
        places[start : start + 4] = values
    for place, value in zip(_LSTM_STATES, states, strict=True):
        places[place] = value
    return _emit(lowering, node, layer, "unidirectional_sequence_lstm", places, {"fused_activation_function": "TANH"})


@lowers("KerasGRU")
def gru(lowering: Lowering, node: Node) -> None:
    """ARENITE_GRU; its last step by itself where that is read."""
    layer = _Layer.of(node)
    biases, recurrent_bias = _gru_biases(lowering, layer)
    operands = [
        _forward(lowering, node, layer.sequence),
        *_gates(lowering, layer.kernel, 3),
        *_gates(lowering, layer.recurrent, 3),
        *biases,
        recurrent_bias,
        *_variables(lowering, node, layer),
        *_mask(lowering, node, layer),
    ]
    _emit(lowering, node, layer, "arenite_gru", operands, {"reset_after": node.attrs["reset_after"]})


@lowers("KerasSimpleRNN")
def simple_rnn(lowering: Lowering, node: Node) -> None:
    """UNIDIRECTIONAL_SEQUENCE_RNN, with a mask ARENITE_RNN; its last step by itself where that is read."""
    layer = _Layer.of(node)
    parts = [value for tensor in (layer.kernel, layer.recurrent, layer.bias) for value in _gates(lowering, tensor, 1)]
    operands = [_forward(lowering, node, layer.sequence), *parts, *_variables(lowering, node, layer)]
    if layer.mask is not None:
        attrs: dict[str, object] = {"activation": _NUMBERS[node.attrs["activation"]]}
        return _emit(lowering, node, layer, "arenite_rnn", [*operands, *_mask(lowering, node, layer)], attrs)
    activation = {"linear": "NONE"}.get(node.attrs["activation"], node.attrs["activation"].upper())
    attrs = {"fused_activation_function": activation}
    return _emit(lowering, node, layer, "unidirectional_sequence_rnn", operands, attrs)


def _mask(lowering: Lowering, node: Node, layer: _Layer) -> list[Value]:
    """The operand of a mask, if there is one."""
    return [] if layer.mask is None else [_forward(lowering, node, layer.mask)]


def _emit(
    lowering: Lowering,
    node: Node,
    layer: _Layer,
    name: str,
    operands: Sequence[Value | None],
    attrs: dict[str, object],
) -> None:
    """The operator, and its results as those of the node."""
    kept = {} if node.attrs["stateful"] else {STATELESS: True}
    _bind(
        lowering, node, layer, lowering.emit(name, operands, Lowering.shape(layer.outputs), node.origin, attrs | kept)
    )


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


def _require_unread(lowering: Lowering, tensor: Tensor, what: str) -> None:
    if lowering.is_read(tensor):
        raise Refusal(f"its final {what} is read", f"return_state=True gives the {what} of the layer to nobody here")


def _forward(lowering: Lowering, node: Node, tensor: Tensor) -> Value:
    """The input or the mask [batch, time, ...], turned around for a layer that goes backwards."""
    value = lowering.value(tensor)
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
