"""``.h5`` files, those that Keras 2 wrote included: what Keras 3 refuses is mended in a temporary copy."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ModelError
from .keras2_config import mend
from .keras2_functions import function_layers


def load_h5(place: Path, custom_objects: Mapping[str, Any] | None, trust: bool) -> Any:
    """The Keras model in ``place``. Raises ModelError when it is damaged or holds only weights."""
    import keras

    from .files import load_error

    config = _model_config(place)
    with tempfile.TemporaryDirectory() as directory:
        try:
            readable = _copy_with_config(place, config, Path(directory)) if mend(config) else place
            with keras.utils.custom_object_scope({**function_layers(), **(custom_objects or {})}):
                return keras.models.load_model(readable, compile=False, safe_mode=not trust)
        except ModelError:
            raise
        except Exception as error:
            raise load_error(place, error, trust) from error


def _model_config(place: Path) -> dict[str, Any]:
    import h5py

    try:
        with h5py.File(place, "r") as file:
            large = _too_large(file, place.stat().st_size)
            text = None if large else file.attrs.get("model_config")
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise ModelError(f"'{place}' is truncated or damaged: {error}") from error
    if large:
        raise ModelError(f"'{place}' is truncated or damaged: {large} says that it is larger than the file")
    if text is None:
        raise ModelError(
            f"'{place}' holds weights without a model: build the model in Python and load_weights() into it"
        )
    try:
        config: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise ModelError(f"'{place}' is damaged: its model_config is no JSON: {error}") from error
    return config


def _too_large(file: Any, size: int) -> str:
    """The array that says that it takes more than ``size`` bytes, which reading it would take of memory; "" when none does.

    Comes by all objects of the file: what is damaged elsewhere raises before texts are read whose length nothing tells.
    """

    def visit(name: str, item: Any) -> str | None:
        stored_as_it_is = getattr(item, "chunks", 0) is None  # others may be compressed
        return f"the array '{name}'" if stored_as_it_is and item.nbytes > size else None

    return file.visititems(visit) or ""


def _copy_with_config(place: Path, config: dict[str, Any], directory: Path) -> Path:
    import h5py

    copy = directory / place.with_suffix(".h5").name
    shutil.copyfile(place, copy)
    with h5py.File(copy, "r+") as file:
        file.attrs["model_config"] = json.dumps(config)
    return copy
