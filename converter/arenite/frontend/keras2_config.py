"""The configuration of a model as Keras 2 wrote it, changed to what Keras 3 reads: plain JSON in, plain JSON out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: A field that means nothing to inference, whatever it holds.
_ANY = object()
_KERNEL = {"kernel_initializer": _ANY, "kernel_regularizer": _ANY, "kernel_constraint": _ANY}
_SEPARABLE = {"groups": 1, **_KERNEL}
_LOOP = {"time_major": False}

#: class → {field that Keras 3 does not know: the only value at which it means nothing}.
_OBSOLETE: dict[str, dict[str, Any]] = {
    "DepthwiseConv2D": {"groups": 1},
    "DepthwiseConv1D": {"groups": 1},
    "SeparableConv2D": _SEPARABLE,
    "SeparableConv1D": _SEPARABLE,
    "Conv1DTranspose": {"groups": 1},
    "Conv2DTranspose": {"groups": 1},
    "LSTM": _LOOP,
    "GRU": _LOOP,
    "SimpleRNN": _LOOP,
    "RNN": _LOOP,
    "Attention": {"score_mode": "dot"},  # the default, which Keras 3 takes for a function's name
    "MultiHeadAttention": {
        "query_shape": _ANY, "key_shape": _ANY, "value_shape": _ANY, "softmax_robust_masking": _ANY,
    },
}  # fmt: skip

#: Layers whose further operands are the initial state.
_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "Bidirectional")
#: Layers that stand for a function of TensorFlow's.
FUNCTION_LAYERS = ("TFOpLambda", "SlicingOpLambda")
#: Among a function's constants, its first operand.
FIRST = "first_operand"
#: Stands in a node where a constant is the first operand.
_CONSTANT = "_CONSTANT_VALUE"


def mend(config: Any) -> bool:
    """Change ``config`` in place, at any depth; whether anything had to be changed."""
    changed = False
    for part in _dicts(config):
        fields = part.get("config")
        if isinstance(fields, dict) and "class_name" in part:
            changed |= _drop_obsolete(str(part["class_name"]), fields)
            changed |= _name_policy(fields)
            changed |= _renew_nodes(fields)
    return changed


def _dicts(config: Any) -> Iterator[dict[str, Any]]:
    """Every dict in ``config``, outer ones first."""
    if isinstance(config, dict):
        yield config
    parts = config.values() if isinstance(config, dict) else config if isinstance(config, list) else ()
    for part in list(parts):
        yield from _dicts(part)


def _drop_obsolete(class_name: str, fields: dict[str, Any]) -> bool:
    found = [
        name
        for name, neutral in _OBSOLETE.get(class_name, {}).items()
        if name in fields and (neutral is _ANY or fields[name] == neutral)
    ]
    for name in found:
        del fields[name]
    return bool(found)


def _name_policy(fields: dict[str, Any]) -> bool:
    """A policy of mixed precision is its name to Keras 3."""
    dtype = fields.get("dtype")
    if not isinstance(dtype, dict) or dtype.get("class_name") != "Policy":
        return False
    fields["dtype"] = dtype["config"]["name"]
    return True


def _renew_nodes(fields: dict[str, Any]) -> bool:
    """The calls of a functional model that Keras 3 misreads: of functions, and with tensors among the keyword arguments."""
    layers = fields.get("layers")
    layers = [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    names = {str(layer.get("name")) for layer in layers}
    changed = False
    for layer in layers:
        nodes = layer.get("inbound_nodes") or []
        for index, node in enumerate(nodes):
            if isinstance(node, list) and _is_misread(layer, node, names):
                nodes[index] = _renewed(layer, node, names)
                changed = True
    return changed


def _is_misread(layer: dict[str, Any], node: list[Any], names: set[str]) -> bool:
    kind, keywords = layer.get("class_name"), _keywords(node)
    has_state = kind in _RECURRENT and len(_entries(node)) > 1
    return kind in FUNCTION_LAYERS or has_state or _refers(list(keywords.values()), names)


def _keywords(node: list[Any]) -> dict[str, Any]:
    first = next(iter(_entries(node)), [])
    return first[3] if len(first) > 3 else {}


def _entries(node: list[Any]) -> list[list[Any]]:
    """The operands of a call: one by itself, or a list."""
    return [node] if node and not isinstance(node[0], list) else node


def _refers(value: Any, names: set[str]) -> bool:
    if _is_reference(value, names):
        return True
    return isinstance(value, list) and any(_refers(item, names) for item in value)


def _is_reference(value: Any, names: set[str]) -> bool:
    """Layer, node, result."""
    return isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and value[0] in names


def _renewed(layer: dict[str, Any], node: list[Any], names: set[str]) -> dict[str, Any]:
    """A call of ``layer`` in the form of Keras 3, which takes only tensors by position and in a function's keywords."""
    entries = _entries(node)
    operands = [_tensor(entry[:3]) for entry in entries if entry[0] != _CONSTANT]
    arguments = {name: _argument(value, names) for name, value in _keywords(node).items()}
    if layer["class_name"] in FUNCTION_LAYERS:
        tensors = {name for name, value in _keywords(node).items() if _refers(value, names)}
        constants = {name: value for name, value in arguments.items() if name not in tensors}
        layer["config"]["constants"] = constants | ({} if operands else {FIRST: entries[0][2]})
        arguments = {name: arguments[name] for name in tensors}
    elif layer["class_name"] in _RECURRENT and len(operands) > 1:
        operands, arguments["initial_state"] = operands[:1], operands[1:]
    return {"args": [operands] if len(operands) > 1 else operands, "kwargs": arguments}


def _argument(value: Any, names: set[str]) -> Any:
    if _is_reference(value, names):
        return _tensor(value)
    if isinstance(value, dict):
        return "..." if value.get("class_name") == "__ellipsis__" else value.get("items", value)
    return [_argument(item, names) for item in value] if isinstance(value, list) else value


def _tensor(history: list[Any]) -> dict[str, Any]:
    """The result that a call gave; Keras looks it up and so asks for no shape."""
    return {"class_name": "__keras_tensor__", "config": {"shape": [], "dtype": "float32", "keras_history": history}}
