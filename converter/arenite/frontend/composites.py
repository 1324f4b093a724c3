"""Recurrent layers kept whole: while a model is traced, a layer's loop over time becomes one call of a marked function.

The walker does not look into that function but makes one node of it, of type :data:`PREFIX` + the cell's class without
"Cell", whose operands are the sequence, the initial states, the cell's weights, and the mask if there is one. The loop of
a layer that no operator computes as a whole (a cell of the user's, given initial states, other activations) is traced as
it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

#: Type of such a node: "KerasLSTM".
PREFIX = "Keras"
_FUNCTION = "arenite_composite"
_MARK = re.compile(rf"{_FUNCTION}_(\d+)_")


@dataclass(frozen=True)
class Composite:
    """A layer's loop: the type of its node, and what its lowering must know of the layer."""

    type: str
    attrs: dict[str, Any]


@dataclass
class Composites:
    """The loops that were met while tracing, by the number in their function's name."""

    found: list[Composite] = field(default_factory=list)

    def of(self, function_name: str) -> Composite | None:
        """The composite that a call of ``function_name`` stands for."""
        match = _MARK.search(function_name)
        return self.found[int(match[1])] if match and int(match[1]) < len(self.found) else None

    @contextmanager
    def recording(self, model: Any) -> Iterator[None]:
        """Replace the loop of every recurrent layer of ``model``; all are as before afterwards, whatever happens."""
        import keras

        layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.RNN)]
        try:
            for layer in layers:
                object.__setattr__(layer, "inner_loop", self._loop(layer))
                object.__setattr__(layer, "_maybe_config_dropout_masks", lambda *_: None)  # they would draw numbers
            yield
        finally:
            for layer in layers:
                vars(layer).pop("inner_loop", None)
                vars(layer).pop("_maybe_config_dropout_masks", None)

    def _loop(self, layer: Any) -> Callable[..., Any]:
        def inner_loop(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
            if _is_whole(layer, initial_state, mask):
                return self._whole(layer, sequences, initial_state, mask)
            return _loop_of_keras(layer, sequences, initial_state, mask)

        return inner_loop

    def _whole(self, layer: Any, sequences: Any, initial_state: Any, mask: Any) -> Any:
        """The layer's results from one composite for each of its cells."""
        import tensorflow as tf

        last, outputs, ends = None, sequences, []
        for place, (cell, states) in enumerate(_cells(layer, initial_state)):
            given = [tf.convert_to_tensor(state) for state in states]
            operands = [outputs, *given, *_weights(cell), *([] if mask is None else [tf.cast(mask, tf.bool)])]
            alternative = _alternative(layer, cell, sequences, given, mask)
            vector = (sequences.shape[0], cell.units)
            shapes = [vector, (*sequences.shape[:2], cell.units), *[vector] * len(given)]
            function = tf.function(_stand_in(shapes, len(self.found)), autograph=False)
            attrs = _attrs(layer, cell, place) | {"masked": mask is not None, "alternatives": len(alternative)}
            self.found.append(Composite(_type(cell), attrs))
            last, outputs, *own = function(*operands, *alternative)
            ends += own
        return last, outputs, tf.nest.pack_sequence_as(initial_state, ends)


#: Cell class → how many states it has.
_STATES = {"LSTMCell": 2, "GRUCell": 1, "SimpleRNNCell": 1}
#: Cell class → activations that its operator has, and the recurrent activation.
_ACTIVATIONS = {
    "LSTMCell": (("tanh",), "sigmoid"),
    "GRUCell": (("tanh",), "sigmoid"),
    "SimpleRNNCell": (("tanh", "linear", "relu", "relu6"), "linear"),
}


def _type(cell: Any) -> str:
    return PREFIX + type(cell).__name__.removesuffix("Cell")


def _is_keras(thing: Any) -> bool:
    """A layer or cell of Keras's own, which does what the lowering knows."""
    return type(thing).__module__.startswith(("keras.", "tf_keras."))


def _cells(layer: Any, initial_state: Any) -> list[tuple[Any, list[Any]]]:
    """The layer's cells, each with its states."""
    import tensorflow as tf

    cells = layer.cell.cells if type(layer.cell).__name__ == "StackedRNNCells" else [layer.cell]
    states = tf.nest.flatten(initial_state)
    counts = [_STATES.get(type(cell).__name__, 0) for cell in cells]
    starts = [sum(counts[:i]) for i in range(len(cells))]
    return [(cell, states[at : at + count]) for cell, at, count in zip(cells, starts, counts, strict=True)]


def _is_whole(layer: Any, initial_state: Any, mask: Any) -> bool:
    """Whether an operator computes each of the layer's cells from state zero, or from the state that it keeps."""
    cells = _cells(layer, initial_state)
    if not _is_keras(layer) or not all(_has_operator(cell) for cell, _ in cells):
        return False
    if mask is not None and (layer.stateful or layer.zero_output_for_mask or len(mask.shape) != 2):
        return False
    return layer.stateful or all(_is_zero(state) for _, states in cells for state in states)


def _has_operator(cell: Any) -> bool:
    name = type(cell).__name__
    if name not in _STATES or not _is_keras(cell):
        return False
    own, recurrent = _activations(cell)
    return own in _ACTIVATIONS[name][0] and recurrent == _ACTIVATIONS[name][1]


def _is_zero(state: Any) -> bool:
    import tensorflow as tf

    value = tf.get_static_value(state)
    return value is not None and not value.any()


def _loop_of_keras(layer: Any, sequences: Any, initial_state: Any, mask: Any) -> Any:
    import keras

    return keras.layers.RNN.inner_loop(layer, sequences, initial_state, mask)


def _alternative(layer: Any, cell: Any, sequences: Any, states: list[Any], mask: Any) -> list[Any]:
    """The results by Keras's loop, for where a final cell state is read, which the operator keeps to itself; else none."""
    import tensorflow as tf

    if layer.stateful or not layer.return_state or cell is not layer.cell or type(cell).__name__ != "LSTMCell":
        return []
    return list(tf.nest.flatten(_loop_of_keras(layer, sequences, states, mask)))


def _weights(cell: Any) -> list[Any]:
    """Kernel, recurrent kernel and bias; a missing bias as zeros."""
    import tensorflow as tf

    bias = cell.bias if cell.bias is not None else tf.zeros((cell.kernel.shape[1],), cell.kernel.dtype)
    return [tf.convert_to_tensor(weight) for weight in (cell.kernel, cell.recurrent_kernel, bias)]


def _activations(cell: Any) -> tuple[str, str]:
    return _name(cell.activation), _name(getattr(cell, "recurrent_activation", None))


def _attrs(layer: Any, cell: Any, place: int) -> dict[str, Any]:
    """What a lowering must know; only the first of several cells turns the sequence around."""
    return {
        "activation": _activations(cell)[0],
        "reset_after": bool(getattr(cell, "reset_after", False)),
        "go_backwards": bool(layer.go_backwards) and place == 0,
        "stateful": bool(layer.stateful),
    }


def _name(function: Any) -> str:
    return "linear" if function is None else str(getattr(function, "__name__", function))


def _stand_in(shapes: list[Any], number: int) -> Callable[..., Any]:
    """A function with results of these shapes; nobody runs it."""
    import tensorflow as tf

    def stand_in(sequences: Any, *_: Any) -> Any:
        return [tf.zeros(shape, sequences.dtype) for shape in shapes]

    stand_in.__name__ = f"{_FUNCTION}_{number}"
    return stand_in
