"""``wrap``: a functional model with the converter's rounding in it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import keras

from ..errors import AreniteError, UnsupportedError
from .layers import FIXED, FUSED, FakeQuantize, QuantizedLayer, RoundedResult
from .plan import Plan, _activation, plan

#: scheme → (dtype of the weights, whether activations are rounded).
SCHEMES = {
    "int8": ("int8", True),
    "int4 weights": ("int4", True),
    "ternary weights": ("ternary", True),
    "binary weights": ("binary", True),
    "int8 weights only": ("int8", False),
    "int4 weights only": ("int4", False),
}
#: Weights that the device has packed kernels for in some layers.
FEW_LEVELS = ("ternary", "binary")
HAVE_FEW_LEVELS = (keras.layers.Dense, keras.layers.Conv1D, keras.layers.Conv2D)
RANGES = ("moving average", "trained")
BATCH_NORMS = ("frozen", "batch")


@dataclass(frozen=True)
class _Settings:
    weights: Mapping[str, str]
    activations: bool
    ranges: str
    momentum: float
    batch_norm: str | None

    def weights_of(self, layer: Any) -> str:
        """dtype of a layer's weights: that of the last pattern that fits its name; int8 where the device has no other."""
        wanted = [dtype for pattern, dtype in self.weights.items() if fnmatchcase(layer.name, pattern)][-1]
        return wanted if wanted not in FEW_LEVELS or isinstance(layer, HAVE_FEW_LEVELS) else "int8"

    def quantizer(self, name: str, fixed: tuple[float, float] | None = None) -> FakeQuantize | None:
        """None where activations are not rounded."""
        if not self.activations:
            return None
        return FakeQuantize(self.ranges, self.momentum, fixed, name=f"{name}_range")


def wrap(
    model: Any,
    scheme: str = "int8",
    *,
    weights: Mapping[str, str] | None = None,
    ranges: str = "moving average",
    momentum: float = 0.95,
    batch_norm: str | None = None,
) -> Any:
    """A new model, with the weights of ``model``, that computes as its converted file will: train it a little with ``fit``.

    model       Sequential or functional, built; models inside it are wrapped too. It is left as it is.
    scheme      "int8": weights and activations. "int4 weights": weights in four bits, activations int8. "ternary
                weights", "binary weights": −s, 0 and s, or −s and s, in each output channel of dense and convolution
                layers, int8 in others. "int8 weights only", "int4 weights only": for ``quantize="dynamic"`` and 16x8.
    weights     layer pattern → "int8", "int4", "ternary" or "binary", over the scheme's; the last that fits counts.
    ranges      of activations: "moving average" of the batches' extremes (``momentum``), or "trained" by gradient.
    batch_norm  "frozen": its moving statistics are folded into the weights, in training too. "batch": the batch's count in
                training. None: frozen, unless the statistics were never trained.

    Dense, Conv1D, Conv2D, DepthwiseConv1D and 2D, and Conv2DTranspose get rounded weights; of all others the result is
    rounded, and a warning names those that have weights. A compiled model's wrap is compiled alike.
    Raises UnsupportedError for subclassed models, AreniteError for options that are none.
    """
    settings = _settings(scheme, weights, ranges, momentum, batch_norm)
    if isinstance(model, keras.Sequential) and model.built:
        compiled = model.get_compile_config() if model.compiled else None
        name = model.name
        model = keras.Model(model.inputs, model.outputs, name=name)
        if compiled:
            model.compile_from_config(compiled)
    if not isinstance(model, keras.Model) or not hasattr(model, "operations"):
        raise UnsupportedError(
            f"'{getattr(model, 'name', model)}' is a {type(model).__name__}; quantization-aware training takes Sequential"
            " and functional models that are built: make one of it with keras.Model(inputs, outputs)"
        )
    outside: list[str] = []
    wrapped = _Rewriting(model, settings, outside).run(rounds_inputs=True)
    if outside:
        warnings.warn(
            f"the inside of {', '.join(outside)} is not trained for integers, only the results are; converting needs"
            " calibration data for it",
            stacklevel=2,
        )
    return wrapped


def _settings(
    scheme: str, weights: Mapping[str, str] | None, ranges: str, momentum: float, batch_norm: str | None
) -> _Settings:
    for what, given, known in (
        ("scheme", scheme, tuple(SCHEMES)),
        ("ranges", ranges, RANGES),
        ("batch_norm", batch_norm, (None, *BATCH_NORMS)),
        *(("weights", dtype, ("int8", "int4", *FEW_LEVELS)) for dtype in (weights or {}).values()),
    ):
        if given not in known:
            raise AreniteError(f"{what} is one of {', '.join(map(repr, known))}, not {given!r}")
    dtype, activations = SCHEMES[scheme]
    return _Settings({"*": dtype, **(weights or {})}, activations, ranges, momentum, batch_norm)


@dataclass
class _Rewriting:
    """One model on its way; ``made`` keeps new layers beside those whose weights they get."""

    model: Any
    settings: _Settings
    outside: list[str]
    made: list[tuple[Any, Any]] = field(default_factory=list)

    def run(self, *, rounds_inputs: bool) -> Any:
        steps = plan(self.model)
        self.outside += steps.outside
        old: dict[int, Any] = {}

        def clone(operation: Any) -> Any:
            new = self._clone(operation, steps)
            old[id(new)] = operation
            return new

        def call(new: Any, *args: Any, **kwargs: Any) -> Any:
            operation = old.get(id(new))
            if operation is not None and steps.of(operation).role == "swallowed":
                return args[0]
            if isinstance(new, RoundedResult | QuantizedLayer):  # masks travel with the tensors
                kwargs = {name: value for name, value in kwargs.items() if name == "training"}
            result = new(*args, **kwargs)
            if operation is None or isinstance(new, RoundedResult):
                return result
            step = steps.of(operation)
            if step.role != "computes" or not step.rounds:
                return result
            return keras.tree.map_structure(lambda x: self._rounded(x, operation.name), result)

        inputs = keras.tree.map_structure(
            lambda x: keras.Input(batch_shape=x.shape, dtype=x.dtype, name=x.name), self.model.input
        )
        given = keras.tree.map_structure(lambda x: self._rounded(x, x.name), inputs) if rounds_inputs else inputs
        outputs = self.model._run_through_graph(given, operation_fn=_once(clone), call_fn=call)
        wrapped = keras.Model(inputs, outputs, name=self.model.name)
        for new, source in self.made:
            new.set_weights(source.get_weights())
            new.trainable = source.trainable
        if self.model.compiled:
            wrapped.compile_from_config(self.model.get_compile_config())
        return wrapped

    def _clone(self, operation: Any, steps: Plan) -> Any:
        step = steps.of(operation)
        if step.role == "model":
            return self._inner_model(operation)
        if not isinstance(operation, keras.layers.Layer) or step.role == "swallowed":
            return _Passing(operation)
        if step.role == "weighted":
            return self._weighted(operation, step.norm, step.rounds)
        copy = self._copy(operation)
        fixed = FIXED.get("softmax" if isinstance(operation, keras.layers.Softmax) else _activation(operation))
        result = self.settings.quantizer(operation.name, fixed)
        if step.role == "moves" or not step.rounds or result is None or not _takes_one(operation):
            return copy
        return RoundedResult(copy, result, name=operation.name)

    def _inner_model(self, model: Any) -> Any:
        if isinstance(model, keras.Sequential):
            model = keras.Model(model.inputs, model.outputs, name=model.name)
        if not hasattr(model, "operations"):
            raise UnsupportedError(
                f"the model '{model.name}' inside is a {type(model).__name__}; quantization-aware training takes Sequential"
                " and functional ones"
            )
        return _Rewriting(model, self.settings, self.outside).run(rounds_inputs=False)

    def _copy(self, layer: Any) -> Any:
        copy = layer.__class__.from_config(layer.get_config())
        self.made.append((copy, layer))
        return copy

    def _weighted(self, layer: Any, norm: Any, rounds: bool) -> QuantizedLayer:
        activation, name = _activation(layer), layer.name
        before = None if activation in FUSED else self.settings.quantizer(f"{name}_before")
        after = self.settings.quantizer(name, FIXED.get(activation)) if rounds or before is not None else None
        return QuantizedLayer(
            self._copy(layer),
            None if norm is None else self._copy(norm),
            before,
            after,
            self.settings.weights_of(layer),
            self.settings.batch_norm or ("batch" if norm is not None and _is_fresh(norm) else "frozen"),
            name=name,
        )

    def _rounded(self, tensor: Any, name: str) -> Any:
        """``tensor`` behind a layer that rounds it, if it holds floats."""
        if not self.settings.activations or not str(tensor.dtype).startswith("float"):
            return tensor
        return self.settings.quantizer(name)(tensor)  # type: ignore[misc]  # activations are rounded


class _Passing:
    """Stands for an operation without weights, which needs no copy."""

    def __init__(self, operation: Any) -> None:
        self.operation = operation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.operation(*args, **kwargs)


def _once(clone: Any) -> Any:
    """``clone`` that gives a layer which is called several times one copy."""
    made: dict[int, Any] = {}

    def operation_fn(operation: Any) -> Any:
        if id(operation) not in made:
            made[id(operation)] = clone(operation)
        return made[id(operation)]

    return operation_fn


def _takes_one(layer: Any) -> bool:
    """Whether all calls have one operand (a tensor, or a list of them), so that a wrapper can stand in for the layer."""
    return all(len(node.arguments.args) == 1 and not _tensors(node.arguments.kwargs) for node in layer._inbound_nodes)


def _tensors(kwargs: Mapping[str, Any]) -> bool:
    return any(value is not None and not isinstance(value, bool) for value in kwargs.values())


def _is_fresh(norm: Any) -> bool:
    """Whether BatchNormalization has the statistics that it begins with."""
    mean, variance = (keras.ops.convert_to_numpy(v) for v in (norm.moving_mean, norm.moving_variance))
    return not mean.any() and bool((variance == 1).all())


def _layers(model: Any) -> list[Any]:
    return list(model._flatten_layers())


def measure(model: Any, samples: Any, batch_size: int = 32) -> None:
    """Let the ranges of a wrapped model see ``samples`` without training: rounding then begins where it will be.

    samples  as the model takes them: an array, a list, or a dict by input name.
    """
    count = len(keras.tree.flatten(samples)[0])
    frozen = [
        (layer, layer.trainable) for layer in _layers(model) if isinstance(layer, keras.layers.BatchNormalization)
    ]
    try:
        for layer, _ in frozen:
            layer.trainable = False
        for begin in range(0, count, batch_size):
            model(keras.tree.map_structure(lambda x, at=begin: x[at : at + batch_size], samples), training=True)
    finally:
        for layer, trainable in frozen:
            layer.trainable = trainable


def options(model: Any) -> dict[str, Any]:
    """What ``arenite.convert`` must be told of a wrapped model: ``quantize``, ``weights``. AreniteError when it is not one."""
    layers = [layer for layer in _layers(model) if isinstance(layer, QuantizedLayer)]
    ranges = any(isinstance(layer, FakeQuantize) for layer in _layers(model))
    if not layers and not ranges:
        raise AreniteError(f"'{model.name}' has no layers of quantization-aware training: wrap it first")
    return {"quantize": "int8" if ranges else "dynamic", "weights": {"*": "int8", **weights_of(model)}}


def weights_of(model: Any) -> dict[str, str]:
    """Layer pattern → dtype of the weights that a wrapped model was trained for, where that is not int8; else nothing."""
    layers = [layer for layer in _layers(model) if isinstance(layer, QuantizedLayer)]
    return {f"*{layer.name}": layer.weights_dtype for layer in layers if layer.weights_dtype != "int8"}
