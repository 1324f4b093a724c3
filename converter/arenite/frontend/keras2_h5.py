"""``.h5`` files, those that Keras 2 wrote included: fields that Keras 3 refuses are taken out of a temporary copy."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ModelError

#: class → {field that Keras 3 does not know: the only value at which it means nothing}.
_OBSOLETE: dict[str, dict[str, Any]] = {
    "DepthwiseConv2D": {"groups": 1},
    "DepthwiseConv1D": {"groups": 1},
    "SeparableConv2D": {"groups": 1},
    "SeparableConv1D": {"groups": 1},
    "Conv2DTranspose": {"groups": 1},
    "LSTM": {"time_major": False},
    "GRU": {"time_major": False},
    "SimpleRNN": {"time_major": False},
}


def load_h5(place: Path, custom_objects: Mapping[str, Any] | None, trust: bool) -> Any:
    """The Keras model in ``place``. Raises ModelError when it is damaged or holds only weights."""
    import keras

    from .files import load_error

    config = _model_config(place)
    with tempfile.TemporaryDirectory() as directory:
        if _drop_obsolete(config):
            place = _copy_with_config(place, config, Path(directory))
        try:
            with keras.utils.custom_object_scope(dict(custom_objects or {})):
                return keras.models.load_model(place, compile=False, safe_mode=not trust)
        except Exception as error:
            raise load_error(place, error, trust) from error


def _model_config(place: Path) -> dict[str, Any]:
    import h5py

    try:
        with h5py.File(place, "r") as file:
            text = file.attrs.get("model_config")
    except OSError as error:
        raise ModelError(f"'{place}' is truncated or damaged: {error}") from error
    if text is None:
        raise ModelError(
            f"'{place}' holds weights without a model: build the model in Python and load_weights() into it"
        )
    config: dict[str, Any] = json.loads(text)
    return config


def _drop_obsolete(config: Any) -> bool:
    """Remove obsolete fields in place, at any depth; whether there were any."""
    if isinstance(config, list):
        return sum(map(_drop_obsolete, config)) > 0
    if not isinstance(config, dict):
        return False
    fields = config.get("config")
    changed = False
    for name, neutral in _OBSOLETE.get(str(config.get("class_name")), {}).items():
        if isinstance(fields, dict) and fields.get(name, ...) == neutral:
            del fields[name]
            changed = True
    return sum(map(_drop_obsolete, config.values())) > 0 or changed


def _copy_with_config(place: Path, config: dict[str, Any], directory: Path) -> Path:
    import h5py

    copy = directory / place.with_suffix(".h5").name
    shutil.copyfile(place, copy)
    with h5py.File(copy, "r+") as file:
        file.attrs["model_config"] = json.dumps(config)
    return copy
