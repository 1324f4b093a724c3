"""Models in files: ``.keras``, ``.h5``, SavedModel directories, and Python factories ``module:function``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import ModelError
from .keras2_h5 import load_h5
from .python_names import is_python_name, named_object
from .saved_model import load_saved_model
from .start import start_tensorflow

_ZIP, _HDF5, _TFLITE = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"TFL3"


def open_model(path: str, custom_objects: Mapping[str, Any] | None, trust: bool, signature: str | None = None) -> Any:
    """What ``path`` holds: a Keras model, or a concrete function with the variables that it needs.

    trust      run Python code that the file contains (Lambda layers).
    signature  which one of a SavedModel; None: "serving_default", or the only one.
    Raises ModelError when the file is missing, damaged, of another kind, or needs what was not given.
    """
    if is_python_name(path):
        return _run_factory(path)
    place = Path(path)
    if not place.exists():
        raise ModelError(f"there is no file or directory '{path}'")
    if place.is_dir():
        if not (place / "saved_model.pb").exists():
            raise ModelError(f"directory '{path}' is no SavedModel: it has no saved_model.pb")
        start_tensorflow()
        return load_saved_model(place, signature)
    if signature is not None:
        raise ModelError(f"'{path}' holds one model, without signatures; leave signature={signature!r} out")
    load = _keras_loader(place)
    start_tensorflow()
    return load(place, custom_objects, trust)


def _keras_loader(place: Path) -> Callable[[Path, Mapping[str, Any] | None, bool], Any]:
    """By the first bytes of the file, whatever its name."""
    with place.open("rb") as file:
        head = file.read(8)
    if head.startswith(_ZIP):
        return _load_keras
    if head == _HDF5:
        return load_h5
    if not head:
        raise ModelError(f"'{place}' is empty")
    if head[4:8] == _TFLITE:
        raise ModelError(f"'{place}' is a .tflite file, converted already; give the Keras model it was made from")
    raise ModelError(f"'{place}' is neither a .keras archive nor an .h5 file: it begins with {head!r}")


def _load_keras(place: Path, custom_objects: Mapping[str, Any] | None, trust: bool) -> Any:
    import zipfile

    import keras

    from .. import qat  # noqa: F401  makes its layers known to Keras

    if place.suffix != ".keras":
        raise ModelError(f"'{place}' is a zip archive; Keras reads it only when its name ends in .keras: rename it")
    if not zipfile.is_zipfile(place):
        raise ModelError(f"'{place}' is truncated: the directory at the end of the archive is missing")
    try:
        return keras.models.load_model(place, custom_objects=custom_objects, compile=False, safe_mode=not trust)
    except Exception as error:
        raise load_error(place, error, trust) from error


def load_error(place: Path, error: Exception, trust: bool) -> ModelError:
    """What to do about an exception of Keras's loader."""
    text = "\n".join(str(e) for e in (error, error.__context__) if e)
    if not trust and ("safe_mode" in text or "unsafe" in text):
        return ModelError(
            f"'{place}' contains a Lambda layer, that is Python code, which is not run unless you trust the file:"
            " pass trust=True (--trust), or replace the Lambda by keras.ops in a layer of your own"
        )
    unknown = re.search(r"(?:Could not locate class|Unknown layer:) '([^']+)'", text)
    if unknown:
        return ModelError(
            f"'{place}' uses the class {unknown[1]}, which is not known here: pass"
            f" custom_objects={{'{unknown[1]}': {unknown[1]}}} (--custom-objects module:{unknown[1]}), or give the model"
            " object itself"
        )
    return ModelError(f"Keras cannot load '{place}': {text}")


def _run_factory(text: str) -> Any:
    """The model that the function at ``text`` returns."""
    start_tensorflow()  # in peace, before the user's code does it
    factory = named_object(text)
    if not callable(factory):
        raise ModelError(f"'{text}' is a {type(factory).__name__}, no function that returns a model")
    try:
        return factory()
    except Exception as error:
        raise ModelError(f"'{text}' fails: {type(error).__name__}: {error}") from error
