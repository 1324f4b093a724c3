"""Remove channels that nothing depends on, or that hold one value whatever the input is. No other value changes.

    %b = conv_2d(%a, w1, b1); %c = conv_2d(%b, w2, b2)     channel i of %b
      w2[…, i] = 0               →  i is not computed                                      nobody looks at it
      w1[i] = 0, so %b[…, i] = k →  i is not computed, b2 += (k − zero point) · Σ w2[…, i]  it is a constant

Channels are followed through everything that treats each alone: depthwise convolution, pooling, element-wise operators.
What a channel without input holds is not worked out here but asked of the kernels themselves (``context.run_op``).

Not when: a graph input or output, or an operator that mixes channels in another way, has the channel; a constant other
than zero meets padding, which is zero; the bias would leave its type. Constants are folded in integer graphs only, where
that is exact; a channel stays if it would be a tensor's last.
Why: training with weight decay or structured pruning leaves such channels behind: over half of the arithmetic of MLPerf
Tiny's visual wake words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..graph import Graph, Op, Quantization, Value
from ..opdef import Declaration, data_operands, declaration
from .context import PassContext, set_constant

NAME = "dead_channels"


@dataclass
class _Channels:
    """What is known of the channels (innermost axis) of one tensor.

    keep    [C] bool: someone needs it.
    known   [C] bool: it holds ``value`` [C] at every place, whatever the input.
    """

    keep: np.ndarray
    known: np.ndarray
    value: np.ndarray


def run(graph: Graph, context: PassContext) -> None:
    graph.remove_dead()
    table = {value: _unknown(value) for value in graph.values() if not value.is_constant}
    for op in graph.ops:
        _find_constants(op, table, context)
    _find_needed(graph, table)
    for op in graph.ops:
        _fold(graph, op, table)
        _cut(graph, op, table)
    for op in graph.ops:
        lost = sum(int((~table[value].keep).sum()) for value in op.outputs)
        if lost and declaration(op.name).weight is not None:
            kept = op.output.shape[-1] - lost
            context.applied(
                op.origin, f"removed {lost} channels of '{op.output.name}' that change nothing, {kept} stay"
            )
        _rename(graph, op, table)


def _unknown(value: Value) -> _Channels:
    count = value.shape[-1] if value.shape else 1
    return _Channels(np.zeros(count, bool), np.zeros(count, bool), np.zeros(count, np.int64))


# --- how operators treat channels ------------------------------------------------------------------------------------


def _mixes(op: Op) -> bool:
    """Every output channel is a weighted sum of all input channels; the weights' innermost axis is the input's."""
    decl = declaration(op.name)
    if decl.weight is None or decl.weight[1] != 0 or not _weights_known(op, decl):
        return False
    columns = _input_channel(op)
    return bool((columns == columns[:1]).all()) and op.output.shape[-1] == len(columns)


def _weights_known(op: Op, decl: Declaration) -> bool:
    """The weights are constant, and so is the bias if there is one."""
    assert decl.weight is not None and decl.bias is not None
    bias = op.inputs[decl.bias] if len(op.inputs) > decl.bias else None
    return op.operand(decl.weight[0]).is_constant and (bias is None or bias.is_constant)


def _input_channel(op: Op) -> np.ndarray:
    """The input channel that each weight meets, int [weights, outermost axis first, the rest flat]."""
    decl = declaration(op.name)
    assert decl.weight is not None and decl.scale_input is not None
    weights = op.operand(decl.weight[0])
    channels = np.arange(_activation(op).shape[-1])
    table = np.broadcast_to(decl.scale_input(op, channels), weights.shape)
    return table.reshape(len(table), -1)


def _activation(op: Op) -> Value:
    """The operand that the weights are applied to."""
    (_, value), *_ = data_operands(op)
    return value


def _depth(op: Op) -> int:
    """M where each input channel alone makes M adjacent output channels; 0 when channels are treated in another way."""
    decl = declaration(op.name)
    if len(op.outputs) != 1 or not op.output.shape:
        return 0
    operands = [value for _, value in data_operands(op) if not value.is_constant]
    sizes = {value.shape[-1] if value.shape else 1 for value in operands}
    if len(sizes) != 1:
        return 0
    inputs, outputs = sizes.pop(), op.output.shape[-1]
    if decl.weight is not None:
        last = len(op.operand(decl.weight[0]).shape) - 1
        return outputs // inputs if decl.weight[1] == last and inputs and _weights_known(op, decl) else 0
    apart = decl.elementwise or decl.view or decl.per_channel(op)
    return 1 if apart and inputs == outputs else 0


def _weights(op: Op) -> np.ndarray:
    """Weights less their zero point, int64 (float weights as they are), [outputs, rest flat] of a mixing operator."""
    decl = declaration(op.name)
    assert decl.weight is not None
    value = op.operand(decl.weight[0])
    assert value.data is not None
    zero = 0 if value.quant is None else int(value.quant.zero_point[0])
    data = value.data if value.dtype == "float32" else value.data.astype(np.int64) - zero
    return data.reshape(len(data), -1)


# --- constants -------------------------------------------------------------------------------------------------------


def _find_constants(op: Op, table: dict[Value, _Channels], context: PassContext) -> None:
    """Mark the channels of ``op``'s result that hold one value for every input."""
    if context.run_op is None or not _is_integer(op):
        return
    depth = _depth(op)
    if depth:
        candidates = np.repeat(_known_together(op, table), depth)
        if declaration(op.name).weight is not None:
            candidates |= ~_depthwise_weights(op).any(axis=0)
    elif _mixes(op):
        known = table[_activation(op)].known
        candidates = ~(_weights(op) != 0)[:, ~known[_input_channel(op)[0]]].any(axis=1)
    else:
        return
    if not candidates.any():
        return
    (result,) = context.run_op(op, [_sample(value, table) for value in op.inputs])
    rows = result.reshape(-1, result.shape[-1])
    if len(rows):
        channels = table[op.output]
        channels.known, channels.value = candidates & (rows == rows[0]).all(axis=0), rows[0].astype(np.int64)


def _is_integer(op: Op) -> bool:
    values = [value for _, value in data_operands(op)] + op.outputs
    return all(value.dtype in ("int8", "int16") for value in values)


def _known_together(op: Op, table: dict[Value, _Channels]) -> np.ndarray:
    """[C]: the channel is known in every operand that is not constant."""
    masks = [table[value].known for _, value in data_operands(op) if value in table]
    result: np.ndarray = np.logical_and.reduce(masks)
    return result


def _depthwise_weights(op: Op) -> np.ndarray:
    decl = declaration(op.name)
    assert decl.weight is not None
    data = op.operand(decl.weight[0]).data
    assert data is not None
    return data.reshape(-1, data.shape[-1])


def _sample(value: Value | None, table: dict[Value, _Channels]) -> np.ndarray | None:
    """An input in which every known channel has its value, and the others any."""
    if value is None or value.data is not None:
        return None if value is None else value.data
    return np.broadcast_to(table[value].value, value.shape).astype(value.dtype)


# --- who needs what --------------------------------------------------------------------------------------------------


def _find_needed(graph: Graph, table: dict[Value, _Channels]) -> None:
    """Grow ``keep`` until everyone has what he needs."""
    for value in (*graph.inputs, *graph.variables(), *graph.outputs):
        if value in table:
            table[value].keep[:] = True
    news = True
    while news:
        news = sum(_ask(op, table) for op in reversed(graph.ops)) > 0


def _ask(op: Op, table: dict[Value, _Channels]) -> bool:
    """Keep what ``op`` needs; whether that was news."""
    before = [table[value].keep.copy() for value in _tensors(op, table)]
    depth = _depth(op)
    if depth:
        _keep_together(op, depth, table)
    elif _mixes(op):
        source = table[_activation(op)]
        used = (_weights(op) != 0)[table[op.output].keep].any(axis=0)
        source.keep[_input_channel(op)[0][used]] |= ~_foldable(op, table)[_input_channel(op)[0][used]]
    else:
        for value in _tensors(op, table):
            table[value].keep[:] = True
    for value in _tensors(op, table):
        keep = table[value].keep
        if not keep.any():
            keep[: depth or 1] = True
    return any((a != table[value].keep).any() for a, value in zip(before, _tensors(op, table), strict=True))


def _tensors(op: Op, table: dict[Value, _Channels]) -> list[Value]:
    return [value for value in (*op.inputs, *op.outputs) if value is not None and value in table]


def _keep_together(op: Op, depth: int, table: dict[Value, _Channels]) -> None:
    """Operands and result lose the same channels."""
    groups = [table[value].keep.reshape(-1, depth if value is op.output else 1) for value in _tensors(op, table)]
    keep = np.logical_or.reduce([group.any(axis=1) for group in groups])
    for group in groups:
        group[:] = keep[:, None]


def _foldable(op: Op, table: dict[Value, _Channels]) -> np.ndarray:
    """[C] of a mixing operator's input: what the channel adds to the sums can move into the bias."""
    source = table[_activation(op)]
    foldable: np.ndarray = source.known & (_everywhere(op) | (source.value == _zero_point(op)))
    return foldable if _fits(op, _response(op, foldable, table)) else source.known & (source.value == _zero_point(op))


def _everywhere(op: Op) -> bool:
    """Each weight meets an element of the input at every position: nothing is padded."""
    decl, value = declaration(op.name), _activation(op)
    if decl.window is None:
        return decl.flattens
    return decl.window(op).pads((value.shape[1], value.shape[2])) == ((0, 0), (0, 0))


def _zero_point(op: Op) -> int:
    quant = _activation(op).quant
    return 0 if quant is None else int(quant.zero_point[0])


def _response(op: Op, folded: np.ndarray, table: dict[Value, _Channels]) -> np.ndarray:
    """What the channels marked in ``folded`` [C] add to the sums, int64 [outputs]."""
    columns = _input_channel(op)[0]
    levels = np.where(folded, table[_activation(op)].value - _zero_point(op), 0)[columns]
    result: np.ndarray = _weights(op) @ levels if levels.any() else np.zeros(len(_weights(op)), np.int64)
    return result


def _fits(op: Op, response: np.ndarray) -> bool:
    """The bias stays in its type, with a quarter of it as room for the sums."""
    return bool((np.abs(_bias(op) + response) < 2**30).all()) if response.any() else True


def _bias(op: Op) -> np.ndarray:
    decl = declaration(op.name)
    assert decl.bias is not None
    bias = op.inputs[decl.bias] if len(op.inputs) > decl.bias else None
    return np.zeros(len(_weights(op)), np.int64) if bias is None or bias.data is None else bias.data


# --- changing the graph ----------------------------------------------------------------------------------------------


def _fold(graph: Graph, op: Op, table: dict[Value, _Channels]) -> None:
    """Move what removed channels add into the bias of a mixing operator."""
    if _depth(op) or not _mixes(op):
        return
    source, decl = table[_activation(op)], declaration(op.name)
    response = _response(op, source.known & ~source.keep, table)
    if not response.any():
        return
    assert decl.bias is not None and decl.weight is not None
    op.inputs += [None] * (decl.bias + 1 - len(op.inputs))
    old, weight, data = op.inputs[decl.bias], op.operand(decl.weight[0]), _bias(op) + response
    dtype = "int64" if _activation(op).dtype == "int16" else "int32"
    quant = _bias_quantization(op, weight) if old is None else old.quant
    data = data.astype(dtype if old is None else old.dtype)
    set_constant(graph, op, decl.bias, data, f"{op.output.name}/bias", quant)


def _bias_quantization(op: Op, weight: Value) -> Quantization | None:
    source = _activation(op).quant
    if source is None or weight.quant is None:
        return None
    scale = (weight.quant.scale * source.scale[0]).astype(np.float32)
    return Quantization(scale, np.zeros(scale.size, np.int64))


def _cut(graph: Graph, op: Op, table: dict[Value, _Channels]) -> None:
    """Leave the removed channels out of the constants of ``op``."""
    depth = _depth(op)
    if not depth and not _mixes(op):
        return
    decl, keep = declaration(op.name), table[op.output].keep
    if decl.weight is not None:
        index, axis = decl.weight
        _slice(graph, op, index, axis, keep)
        assert decl.bias is not None
        if len(op.inputs) > decl.bias and op.inputs[decl.bias] is not None:
            _slice(graph, op, decl.bias, 0, keep)
        if not depth:
            _slice(graph, op, index, -1, table[_activation(op)].keep[_columns(op)])
        return
    for index, value in data_operands(op):
        if value.is_constant and value.shape and value.shape[-1] == len(keep) > 1:
            _slice(graph, op, index, -1, keep)


def _columns(op: Op) -> np.ndarray:
    """The input channel that each place on the weights' innermost axis meets."""
    decl = declaration(op.name)
    assert decl.weight is not None
    width = op.operand(decl.weight[0]).shape[-1]
    result: np.ndarray = _input_channel(op)[0][-width:]
    return result


def _slice(graph: Graph, op: Op, index: int, axis: int, keep: np.ndarray) -> None:
    """Constant operand ``index`` without the places of ``axis`` that ``keep`` denies; its scales along that axis too."""
    value = op.operand(index)
    if keep.all():
        return
    assert value.data is not None
    axis %= len(value.shape)
    quant = value.quant
    if quant is not None and quant.is_per_channel and quant.axis == axis:
        quant = Quantization(quant.scale[keep], quant.zero_point[keep], quant.axis)
    kept = np.ascontiguousarray(np.compress(keep, value.data, axis))
    set_constant(graph, op, index, kept, quant=quant, dtype=value.dtype)


def _rename(graph: Graph, op: Op, table: dict[Value, _Channels]) -> None:
    """Give the results that lost channels their shape, and a name that is not that of the user's whole layer."""
    for value in op.outputs:
        keep = table[value].keep
        if not keep.all():
            value.shape = (*value.shape[:-1], int(keep.sum()))
            value.name = graph.unique_name(f"{value.name}_thinned")
            _restate(graph, op)


def _restate(graph: Graph, op: Op) -> None:
    """A view states the shape of its result."""
    if not declaration(op.name).view:
        return
    if len(op.inputs) > 1 and op.inputs[1] is not None:
        set_constant(graph, op, 1, np.array(op.output.shape, np.int32))
    if "new_shape" in op.attrs:
        op.attrs["new_shape"] = op.output.shape
