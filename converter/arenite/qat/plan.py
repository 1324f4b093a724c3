"""Which layers of a model round, where: what the converter will make one operator is rounded once.

A result is rounded behind its operator, and behind what is fused into it: BatchNormalization, a relu. Layers that only move
or select elements keep the grid of what they move; the operands of a concatenation share that of its result.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import keras

from .products import WEIGHTED

L = keras.layers
#: Layers whose result lies on the grid of what they are given.
MOVES = (
    L.InputLayer, L.Flatten, L.Reshape, L.Permute, L.RepeatVector, L.Identity, L.Dropout, L.SpatialDropout1D,
    L.SpatialDropout2D, L.GaussianDropout, L.GaussianNoise, L.AlphaDropout, L.ActivityRegularization, L.MaxPooling1D,
    L.MaxPooling2D, L.AveragePooling1D, L.AveragePooling2D, L.GlobalMaxPooling1D, L.GlobalMaxPooling2D, L.ZeroPadding1D,
    L.ZeroPadding2D, L.Cropping1D, L.Cropping2D, L.UpSampling1D,
)  # fmt: skip
#: Upper bounds of a relu that operators can take in.
_BOUNDS = (None, 6, 1)


@dataclass(eq=False)
class Step:
    """What becomes of one layer or operation.

    role     "weighted", "swallowed" (by the step before), "moves", "computes" or "model" (one inside the other).
    norm     BatchNormalization that the weights take in.
    rounds   whether the result is rounded here; if not, further on.
    """

    role: str
    norm: Any = None
    rounds: bool = True


@dataclass(eq=False)
class Plan:
    """Steps by the identity of the layer; the names of layers whose inside is not trained for integers."""

    steps: dict[int, Step] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)

    def of(self, operation: Any) -> Step:
        """The step of a layer or operation."""
        return self.steps[id(operation)]


def plan(model: Any) -> Plan:
    """Steps for all operations of a functional model."""
    found = Plan()
    readers = _readers(model)
    for operation in model.operations:
        found.steps[id(operation)] = Step(_role(operation))
    for operation in model.operations:
        step = found.of(operation)
        if step.role == "weighted":
            _take_in_norm(operation, step, readers, found)
        if step.role in ("weighted", "computes"):
            last = step.norm if step.norm is not None else operation
            step.rounds = not _rounded_further_on(last, readers)
            if step.role == "computes" and _has_inside(operation):
                found.outside.append(f"'{operation.name}' ({type(operation).__name__})")
    return found


def _readers(model: Any) -> dict[int, list[Any]]:
    """Layer → the operations that read its result; None stands for the model's outputs, and for layers called twice."""
    made = {id(tensor): operation for operation in model.operations for tensor in _results(model, operation)}
    readers: dict[int, list[Any]] = {id(operation): [] for operation in model.operations}
    for operation in model.operations:
        nodes = _nodes(model, operation)
        for node in nodes:
            for tensor in node.input_tensors:
                readers[id(made[id(tensor)])].append(operation)
        if len(nodes) > 1:
            readers[id(operation)].append(None)
    for tensor in keras.tree.flatten(model.outputs):
        readers[id(made[id(tensor)])].append(None)
    return readers


def _nodes(model: Any, operation: Any) -> list[Any]:
    """The calls of an operation inside ``model``; it may be part of other models too."""
    own = {id(node) for node in _all_nodes(model)}
    return [node for node in operation._inbound_nodes if id(node) in own]


def _all_nodes(model: Any) -> Iterable[Any]:
    return (node for nodes in model._nodes_by_depth.values() for node in nodes)


def _results(model: Any, operation: Any) -> list[Any]:
    return [tensor for node in _nodes(model, operation) for tensor in node.output_tensors]


def _role(operation: Any) -> str:
    if isinstance(operation, keras.Model):
        return "model"
    if isinstance(operation, L.Activation) and _activation(operation) == "linear":
        return "moves"
    if isinstance(operation, MOVES) or (isinstance(operation, L.UpSampling2D) and operation.interpolation == "nearest"):
        return "moves"
    return "weighted" if type(operation) in WEIGHTED else "computes"


def _take_in_norm(operation: Any, step: Step, readers: dict[int, list[Any]], found: Plan) -> None:
    behind = _only_reader(operation, readers)
    if isinstance(behind, L.BatchNormalization) and _activation(operation) == "linear" and _is_channels(behind):
        step.norm = behind
        found.steps[id(behind)] = Step("swallowed")


def _is_channels(norm: Any) -> bool:
    """Whether it normalizes the innermost axis and is called once."""
    return norm.axis in (-1, len(norm.input.shape) - 1)


def _rounded_further_on(operation: Any, readers: dict[int, list[Any]]) -> bool:
    """Whether the only reader is fused into the operator, or gives its grid to what it reads."""
    behind = _only_reader(operation, readers)
    if isinstance(behind, L.ReLU):
        plain = not behind.negative_slope and not behind.threshold
        return plain and behind.max_value in _BOUNDS and _activation(operation) == "linear"
    if isinstance(behind, L.Activation) and _activation(behind) in ("relu", "relu6"):
        return _activation(operation) == "linear"
    return isinstance(behind, L.Concatenate)


def _only_reader(operation: Any, readers: dict[int, list[Any]]) -> Any:
    found = readers[id(operation)]
    return found[0] if len(found) == 1 else None


def _activation(operation: Any) -> str:
    """Name of a layer's activation; "linear" without one."""
    return getattr(getattr(operation, "activation", None), "__name__", "linear")


def _has_inside(operation: Any) -> bool:
    """Whether it computes with weights that are not rounded in training."""
    exempt = (L.BatchNormalization, L.Embedding, L.PReLU)
    return bool(getattr(operation, "trainable_variables", ())) and not isinstance(operation, exempt)
