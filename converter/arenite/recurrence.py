"""What recurrent operators share: operands, walking over time, gates, and parts of generated instances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import cases
from .cases import Draw
from .errors import GraphError
from .graph import STATELESS, Op, Quantization, Value
from .opdef import Declaration, Matrix, attribute

#: An operator's operands as real values, None where absent.
Operands = Sequence[np.ndarray | None]


@dataclass(frozen=True)
class Layer:
    """Places of the operands of one recurrent layer; gates in the same order in each range.

    title   what errors call it.
    mask    place of a truth value for each step, if the operator takes one.
    """

    title: str
    input_weights: range
    recurrent_weights: range
    biases: range
    states: tuple[int, ...]
    recurrent_biases: tuple[int | None, ...] = ()
    sequence: int = 0
    mask: int | None = None

    def shape(self, op: Op) -> tuple[int, ...]:
        """[batch, time, units], or with time before batch; GraphError when an operand does not fit."""
        x, units = op.operand(self.sequence).shape, op.operand(self.biases[0]).size
        if len(x) != 3:
            raise GraphError(f"the input {list(x)} of {self.title} is not [batch, time, inputs]")
        expected: dict[int, tuple[int, ...]] = dict.fromkeys(self.input_weights, (units, x[2]))
        expected |= dict.fromkeys(self.recurrent_weights, (units, units)) | dict.fromkeys(self.biases, (units,))
        expected |= dict.fromkeys(self.states, (x[1] if attribute(op, "time_major") else x[0], units))
        if self.mask is not None and self.mask < len(op.inputs) and op.inputs[self.mask] is not None:
            expected[self.mask] = x[:2]
        for index, wanted in expected.items():
            if op.operand(index).shape != wanted:
                raise GraphError(
                    f"operand {index} of {self.title} is {list(op.operand(index).shape)}, must be {list(wanted)}"
                )
        return (*x[:2], units)

    def parameters(self, inputs: Operands) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights [inputs, gates · units] and [units, gates · units], biases [gates · units]."""
        return (
            joined(inputs, self.input_weights).T,
            joined(inputs, self.recurrent_weights).T,
            joined(inputs, self.biases),
        )

    def kept(self, inputs: Operands) -> np.ndarray | None:
        """The mask, if there is one."""
        return None if self.mask is None or self.mask >= len(inputs) else inputs[self.mask]

    def held(self, op: Op, inputs: Operands) -> list[np.ndarray]:
        """The states, to be written into; zeros when the operator keeps none."""
        states = [state for i in self.states if (state := inputs[i]) is not None]
        if op.attrs.get(STATELESS):
            for array in states:
                array[...] = 0
        return states

    def matrices(self) -> tuple[Matrix, ...]:
        """The weights of a declaration."""
        backs = self.recurrent_biases or (None,) * len(self.recurrent_weights)
        return tuple(
            [Matrix(i, self.sequence, bias) for i, bias in zip(self.input_weights, self.biases, strict=True)]
            + [Matrix(i, self.states[0], bias) for i, bias in zip(self.recurrent_weights, backs, strict=True)]
        )

    def macs(self, op: Op) -> int:
        """Of all gates over the whole sequence."""
        x, gates = op.operand(self.sequence), len(self.input_weights)
        units = op.operand(self.biases[0]).size
        return x.size // max(x.shape[2], 1) * units * gates * (x.shape[2] + units)

    def draw_parameters(self, draw: Draw, dtype: str, inputs: list[Value | None], units: int) -> None:
        """Put weights and biases into ``inputs``, beside input and states that are there."""
        x, hidden = inputs[self.sequence], inputs[self.states[0]]
        assert x is not None and hidden is not None
        for place in self.input_weights:
            inputs[place] = drawn_matrix(draw, dtype, x, (units, x.shape[2]))
        for place in self.recurrent_weights:
            inputs[place] = drawn_matrix(draw, dtype, hidden, (units, units))
        for place in self.biases:
            inputs[place] = drawn_bias(draw, dtype, units)


#: (op, inputs) → place of a state → all that it is during the run.
Trajectory = Callable[[Op, Operands], dict[int, np.ndarray]]


def recurrent(
    layer: Layer, trajectory: Trajectory, case: Callable[[Draw, str], Op], attrs: dict[str, Any], **others: Any
) -> Declaration:
    """The declaration of an operator that is one layer; its result is all that the first state is."""
    return Declaration(
        case=case,
        shape=lambda op: [layer.shape(op)],
        reference=lambda op, inputs: [trajectory(op, inputs)[layer.states[0]]],
        data=(layer.sequence,),
        attrs=attrs,
        macs=layer.macs,
        matrices=layer.matrices(),
        trajectory=trajectory,
        **others,
    )


def joined(inputs: Operands, places: Sequence[int]) -> np.ndarray:
    """The operands at ``places`` below each other."""
    return np.concatenate([part for i in places if (part := inputs[i]) is not None])


def over_time(
    x: np.ndarray,
    states: Sequence[np.ndarray],
    time_major: bool,
    step: Callable[[np.ndarray], None],
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """The first of ``states`` [batch, units] after ``step`` of each [batch, inputs] slice of ``x``, in the layout of ``x``.

    x     [batch, time, inputs], or [time, batch, inputs] when ``time_major``.
    step  writes into ``states``.
    mask  the first two axes of ``x``; where it is false, states stay as they are.
    """
    axis = 0 if time_major else 1
    result = np.empty((*x.shape[:2], states[0].shape[1]), np.float32)
    kept = np.ones(x.shape[:2], bool) if mask is None else mask
    slices = (np.moveaxis(array, axis, 0) for array in (x, kept, result))
    for source, counts, target in zip(*slices, strict=True):
        before = [state.copy() for state in states]
        step(source)
        for state, old in zip(states, before, strict=True):
            state[~counts] = old[~counts]
        target[...] = states[0]
    return result


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(−x)) without overflow."""
    e = np.exp(-np.abs(x))
    result: np.ndarray = np.where(x < 0, e, np.float32(1)) / (1 + e)
    return result


def lstm_step(x: np.ndarray, states: Sequence[np.ndarray], parameters: Sequence[np.ndarray], clip: float) -> None:
    """One step; ``states``, hidden and cell, are written into.

    x           what is multiplied: [batch, inputs].
    parameters  as :meth:`Layer.parameters` gives them, gates in the order input, forget, candidate, output.
    clip        of the cell state; 0: none.
    """
    (hidden, cell), (w, r, b) = states, parameters
    i, f, g, o = np.split(x @ w + b + hidden @ r, 4, axis=1)
    cell[...] = np.clip(sigmoid(f) * cell + sigmoid(i) * np.tanh(g), -(clip or np.inf), clip or np.inf)
    hidden[...] = sigmoid(o) * np.tanh(cell)


def lstm_trajectory(op: Op, inputs: Operands, layer: Layer, clip: float) -> dict[int, np.ndarray]:
    """Place of a state → all that it is: hidden states in the layout of the input, cell states time first."""
    x, parameters, states = inputs[layer.sequence], layer.parameters(inputs), layer.held(op, inputs)
    assert x is not None
    cells: list[np.ndarray] = []

    def step(x: np.ndarray) -> None:
        lstm_step(x, states, parameters, clip)
        cells.append(states[1].copy())

    hidden = over_time(x, states, attribute(op, "time_major"), step, layer.kept(inputs))
    return dict(zip(layer.states, (hidden, np.array(cells)), strict=True))


def draw_lstm(draw: Draw, dtype: str, layer: Layer, inputs: list[Value | None]) -> Sizes:
    """Put input, states, weights and biases of a generated LSTM into ``inputs``."""
    sizes = Sizes.drawn(draw)
    held = (sizes.batch, sizes.units)
    inputs[layer.sequence] = cases.tensor(draw, cases.data_dtype(dtype), sizes.sequence(sizes.depth))
    inputs[layer.states[0]] = hidden_state(draw, dtype, held)
    grid = Quantization.per_tensor(2.0 ** -draw.integer(6, 14), 0)
    inputs[layer.states[1]] = state("float32" if cases.data_dtype(dtype) == "float32" else "int16", held, grid)
    layer.draw_parameters(draw, dtype, inputs, sizes.units)
    return sizes


# --- generated instances --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Sizes:
    """Of a generated instance."""

    batch: int
    steps: int
    depth: int
    units: int
    time_major: bool

    @staticmethod
    def drawn(draw: Draw) -> Sizes:
        depth, units = draw.choice([1, 2, 5, 16, 33]), draw.choice([1, 3, 4, 8, 17])
        time_major = draw.choice([False, True])
        return Sizes(draw.integer(1, 3), draw.integer(1, 5), depth, units, time_major)

    def sequence(self, depth: int) -> tuple[int, int, int]:
        first = (self.steps, self.batch) if self.time_major else (self.batch, self.steps)
        return (*first, depth)


def drawn_mask(draw: Draw, sizes: Sizes) -> Value | None:
    """A truth value for each step, or none."""
    return draw.choice([None, cases.tensor(draw, "bool", sizes.sequence(0)[:2])])


def drawn_attrs(draw: Draw, dtype: str, sizes: Sizes) -> dict[str, object]:
    """What every recurrent operator has besides its own attributes."""
    attrs: dict[str, object] = {"time_major": sizes.time_major}
    attrs |= {STATELESS: True} if draw.choice([False, False, True]) else {}
    return attrs | ({"asymmetric_quantize_inputs": draw.choice([False, True])} if cases.is_hybrid(dtype) else {})


def state(dtype: str, shape: tuple[int, ...], quant: Quantization | None = None) -> Value:
    """A variable for a generated instance."""
    return Value("", dtype, shape, quant=quant if dtype != "float32" else None, is_variable=True)


def hidden_state(draw: Draw, dtype: str, shape: tuple[int, ...]) -> Value:
    """One on a scale with which values in [−1, 1] fit or are cut off."""
    scale = draw.integer(2**23, 2**24 - 1) / 2**24 / draw.choice([32, 128, 128, 32768])
    quant = Quantization.per_tensor(scale, draw.choice([0, -128, 127, draw.integer(-20, 20)]))
    held = cases.data_dtype(dtype)
    return state(held, shape, cases.coded(held, quant))


def drawn_matrix(draw: Draw, dtype: str, x: Value, shape: tuple[int, int]) -> Value:
    """Weights of one gate that multiply ``x``; products step by 2**-10 to 4 of an integer gate's 2**-12."""
    codes = cases.weight_dtype(dtype)
    if codes == "float32":
        value = cases.constant(draw, "float32", shape)
        assert value.data is not None
        value.data = value.data / np.float32(np.sqrt(shape[1]))
        return value
    if x.quant is None:
        scale = draw.integer(2**23, 2**24 - 1) / 2**30 / np.sqrt(shape[1])
        return cases.weights(draw, dtype, shape, Quantization.per_tensor(float(scale), 0))
    step = draw.integer(2**23, 2**24 - 1) / 2**23 * 2.0 ** -draw.integer(11, 22)
    return cases.constant(draw, codes, shape, Quantization.per_tensor(step / float(x.quant.scale[0]), 0))


def drawn_bias(draw: Draw, dtype: str, units: int) -> Value:
    rng = cases.rng_of(draw)
    if cases.data_dtype(dtype) == "float32":
        data = rng.standard_normal(units).astype(np.float32)
    else:
        limit = draw.choice([1000, 100_000, 2**30])
        data = rng.integers(-limit, limit + 1, units).astype(np.int64 if dtype == "int16" else np.int32)
    return Value("", data.dtype.name, data.shape, data)
