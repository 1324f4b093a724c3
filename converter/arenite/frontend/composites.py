"""Recurrent layers kept whole: while a model is traced, a layer's loop over time becomes one call of a marked function.

The walker does not look into that function but makes one node of it, of type :data:`PREFIX` + the layer's class, whose
operands are the sequence, the initial states and the cell's weights.
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
        layers = [layer for layer in model._flatten_layers() if type(layer).__name__ in _STATES and _is_keras(layer)]
        try:
            for layer in layers:
                object.__setattr__(layer, "inner_loop", self._marking(layer))
            yield
        finally:
            for layer in layers:
                vars(layer).pop("inner_loop", None)

    def _marking(self, layer: Any) -> Callable[..., Any]:
        def inner_loop(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
            import tensorflow as tf

            states = [tf.convert_to_tensor(state) for state in _as_list(initial_state)]
            function = tf.function(_stand_in(layer, len(self.found)), autograph=False)
            self.found.append(Composite(PREFIX + type(layer).__name__, _attrs(layer, mask)))
            last, outputs, *ends = function(sequences, *states, *_weights(layer))
            return last, outputs, ends

        return inner_loop


#: Layer class → how many states its cell has.
_STATES = {"LSTM": 2, "GRU": 1}


def _is_keras(layer: Any) -> bool:
    """A layer of Keras's own, with the loop that the lowering knows."""
    return type(layer).__module__.startswith(("keras.", "tf_keras."))


def _as_list(states: Any) -> list[Any]:
    return list(states) if isinstance(states, list | tuple) else [states]


def _weights(layer: Any) -> list[Any]:
    """Kernel, recurrent kernel and bias; a missing bias as zeros."""
    import tensorflow as tf

    cell = layer.cell
    bias = cell.bias if cell.bias is not None else tf.zeros((cell.kernel.shape[1],), cell.kernel.dtype)
    return [tf.convert_to_tensor(weight) for weight in (cell.kernel, cell.recurrent_kernel, bias)]


def _attrs(layer: Any, mask: Any) -> dict[str, Any]:
    cell = layer.cell
    return {
        "activation": _name(cell.activation),
        "recurrent_activation": _name(getattr(cell, "recurrent_activation", None)),
        "reset_after": bool(getattr(cell, "reset_after", False)),
        "go_backwards": bool(layer.go_backwards),
        "stateful": bool(layer.stateful),
        "masked": any(part is not None for part in _as_list(mask)),
    }


def _name(function: Any) -> str:
    return "linear" if function is None else str(getattr(function, "__name__", function))


def _stand_in(layer: Any, number: int) -> Callable[..., Any]:
    """A function whose results have the loop's shapes; nobody runs it."""
    import tensorflow as tf

    units, count = layer.cell.units, _STATES[type(layer).__name__]

    def stand_in(sequences: Any, *_: Any) -> Any:
        batch, steps = sequences.shape[0], sequences.shape[1]
        vector = tf.zeros((batch, units), sequences.dtype)
        return [vector, tf.zeros((batch, steps, units), sequences.dtype), *[tf.identity(vector) for _ in range(count)]]

    stand_in.__name__ = f"{_FUNCTION}_{number}"
    return stand_in
