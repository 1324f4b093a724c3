"""Arenite: Keras models to quantized ``.tflite`` files, and an interpreter that runs them inside one fixed arena.

The public names, and nothing else. Each is loaded on first use (PEP 562), so that ``import arenite`` costs neither
TensorFlow nor matplotlib, and ``arenite.Interpreter`` needs only numpy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import (
        ArenaError,
        AreniteError,
        CalibrationError,
        DataError,
        GraphError,
        ModelError,
        QuantizationError,
        UnsupportedError,
    )

__version__ = "0.1.0"

#: public name → the module that defines it.
_HOME = {
    "ArenaError": "errors",
    "AreniteError": "errors",
    "CalibrationError": "errors",
    "DataError": "errors",
    "GraphError": "errors",
    "ModelError": "errors",
    "QuantizationError": "errors",
    "UnsupportedError": "errors",
}

__all__ = [
    "ArenaError",
    "AreniteError",
    "CalibrationError",
    "DataError",
    "GraphError",
    "ModelError",
    "QuantizationError",
    "UnsupportedError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'arenite' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
