"""SavedModel directories: the serving signature, with its variables; frozen by the v1 loader where loading fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import ModelError

_DEFAULT = "serving_default"


def load_saved_model(place: Path, signature: str | None = None) -> Any:
    """The concrete function of a signature. Raises ModelError when there is none or the directory is damaged."""
    import tensorflow as tf

    try:
        loaded = tf.saved_model.load(str(place))
    except (
        AttributeError,
        KeyError,
        TypeError,
    ):  # objects of libraries that are not installed: only the graph is needed
        return _load_frozen(place, signature)
    except Exception as error:
        raise ModelError(f"TensorFlow cannot load SavedModel '{place}': {error}") from error
    function = loaded.signatures[_choose(list(loaded.signatures), signature, place)]
    function._arenite_owner = loaded  # variables live as long as what they were loaded with
    return function


def _choose(names: list[str], wanted: str | None, place: Path) -> str:
    if wanted is None and len(names) == 1:
        return names[0]
    if (wanted or _DEFAULT) in names:
        return wanted or _DEFAULT
    found = ", ".join(f"'{name}'" for name in names) or "none"
    advice = "say which: signature='…' (--signature)" if names else "export it with one"
    raise ModelError(f"SavedModel '{place}' has no signature '{wanted or _DEFAULT}' (it has {found}); {advice}")


def _load_frozen(place: Path, signature: str | None) -> Any:
    try:
        return _frozen(place, signature)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"TensorFlow cannot load SavedModel '{place}': {error}") from error


def _frozen(place: Path, name: str | None) -> Any:
    """The signature's graph with its variables as constants, wrapped into a function."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with v1.Session(graph=tf.Graph()) as session:
        meta = v1.saved_model.load(session, ["serve"], str(place))
        signature = meta.signature_def[_choose(list(meta.signature_def), name, place)]
        inputs, outputs = _tensor_names(signature.inputs), _tensor_names(signature.outputs)
        operations = sorted({name.split(":")[0] for name in outputs.values()})
        frozen = v1.graph_util.convert_variables_to_constants(session, session.graph_def, operations)
    wrapped = v1.wrap_function(lambda: v1.import_graph_def(frozen, name=""), [])
    element = wrapped.graph.as_graph_element
    return wrapped.prune(
        {name: element(tensor) for name, tensor in inputs.items()},
        {name: element(tensor) for name, tensor in outputs.items()},
    )


def _tensor_names(infos: Any) -> dict[str, str]:
    return {name: infos[name].name for name in sorted(infos)}
