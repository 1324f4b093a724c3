"""BIDIRECTIONAL_SEQUENCE_LSTM: two LSTMs over one sequence [batch, time, inputs], the second one from its end.

Operands, gates in the order input, forget, candidate, output: 0 the input; forward 1–4 input weights [units, inputs], 5–8
recurrent weights [units, units], 12–15 biases [units]; backward the same at 18–21, 22–25, 29–32; states [batch, units],
variables: 35 hidden and 36 cell forward, 37 and 38 backward; 39 a second sequence or none, with weights 40–43 and 44–47 an
input of both, without them that of the backward LSTM instead of 0. Peephole (9–11, 26–28) and projection (16–17, 33–34)
are refused by the kernel. Results: forward and backward [batch, time, units], with ``merge_outputs`` in one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, Matrix, attribute
from ..recurrence import (
    Layer,
    Operands,
    Sizes,
    drawn_attrs,
    drawn_matrix,
    hidden_state,
    joined,
    lstm_step,
    over_time,
)

ATTRS = {
    "fused_activation_function": "TANH",
    "cell_clip": 0.0,
    "proj_clip": 0.0,
    "merge_outputs": False,
    "time_major": True,
    "asymmetric_quantize_inputs": False,
}
OPERANDS, SECOND = 48, 39
#: each direction, with the weights of the second sequence
FORWARD = Layer("a forward LSTM", range(1, 5), range(5, 9), range(12, 16), (35, 36)), range(40, 44)
BACKWARD = Layer("a backward LSTM", range(18, 22), range(22, 26), range(29, 33), (37, 38)), range(44, 48)


def directions(op: Op) -> list[tuple[Layer, range]]:
    """Forward and backward, with the sequence that the operator has them read."""
    second, weights = (i < len(op.inputs) and op.inputs[i] is not None for i in (SECOND, FORWARD[1][0]))
    if weights and not second:
        raise GraphError("weights of a second sequence, which is absent")
    layer, extra = BACKWARD
    return [FORWARD, (replace(layer, sequence=SECOND) if second and not weights else layer, extra)]


def shape(op: Op) -> list[tuple[int, ...]]:
    shapes = [layer.shape(op) for layer, _ in directions(op)]
    if shapes[0][:2] != shapes[1][:2]:
        raise GraphError(f"two sequences of other lengths: {list(shapes[0])}, {list(shapes[1])}")
    return [(*shapes[0][:2], shapes[0][2] + shapes[1][2])] if attribute(op, "merge_outputs") else shapes


def reference(op: Op, inputs: Operands) -> list[np.ndarray]:
    results = [_run(op, inputs, *direction) for direction in directions(op)]
    return [np.concatenate(results, axis=2)] if attribute(op, "merge_outputs") else results


def _run(op: Op, inputs: Operands, layer: Layer, extra: range) -> np.ndarray:
    """All outputs of one direction, in the order of the input."""
    (w, r, b), states = layer.parameters(inputs), layer.held(op, inputs)
    x, second, time_major = inputs[layer.sequence], inputs[SECOND], attribute(op, "time_major")
    assert x is not None
    if second is not None and inputs[extra[0]] is not None:
        x, w = np.concatenate([x, second], axis=2), np.concatenate([w, joined(inputs, extra).T])
    turned = slice(None, None, -1 if layer.title == BACKWARD[0].title else 1)
    order = (turned,) if time_major else (slice(None), turned)
    clip = attribute(op, "cell_clip")
    y = over_time(x[order], states, time_major, lambda x: lstm_step(x, states, (w, r, b), clip))
    return y[order]


def case(draw: Draw, dtype: str) -> Op:
    sizes, data = Sizes.drawn(draw), cases.data_dtype(dtype)
    inputs: list[Value | None] = [None] * OPERANDS
    inputs[0] = cases.tensor(draw, data, sizes.sequence(sizes.depth))
    second = draw.choice(["none", "none", "instead", "besides"])
    if second != "none":
        inputs[SECOND] = cases.tensor(draw, data, sizes.sequence(sizes.depth))
    reads = inputs[SECOND] or inputs[0]
    assert reads is not None
    for layer, extra in (FORWARD, BACKWARD):
        units = draw.choice([sizes.units] * 5 + [2])
        for place in layer.states:
            inputs[place] = hidden_state(draw, dtype, (sizes.batch, units))
        layer.draw_parameters(draw, dtype, inputs, units)
        for place in extra if second == "besides" else ():
            inputs[place] = drawn_matrix(draw, dtype, reads, (units, sizes.depth))
    attrs = drawn_attrs(draw, dtype, sizes) | {"cell_clip": draw.choice([0.0, 0.0, 0.75, 10.0])}
    op = Op("bidirectional_sequence_lstm", inputs, [], attrs | {"merge_outputs": draw.choice([False, True])})
    return cases.finished(op, shape(op), None)


def macs(op: Op) -> int:
    """Without those of a second input."""
    return sum(layer.macs(op) for layer, _ in directions(op))


OP = Declaration(
    case=case,
    shape=shape,
    reference=reference,
    data=(0, SECOND),
    attrs=ATTRS,
    macs=macs,
    matrices=tuple(matrix for layer, _ in (FORWARD, BACKWARD) for matrix in layer.matrices())
    + tuple(Matrix(i, SECOND) for _, extra in (FORWARD, BACKWARD) for i in extra),
    states_absent=True,
    limits="no peephole, projection or coupled gates; weights are constant",
)
