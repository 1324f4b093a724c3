"""Arenite: Keras models to quantized ``.tflite`` files, and an interpreter that runs them inside one fixed arena.

The public names, and nothing else. Each is loaded on first use (PEP 562), so that ``import arenite`` costs neither
TensorFlow nor matplotlib, and ``arenite.Interpreter`` needs only numpy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .comparison import Comparison, EngineResult, LayerError, compare
    from .conversion import Conversion, convert
    from .errors import (
        ArenaError,
        AreniteError,
        BoardError,
        CalibrationError,
        DataError,
        GraphError,
        ModelError,
        QuantizationError,
        StateError,
        ToolMissingError,
        UnsupportedError,
    )
    from .exporting import Export, export
    from .inspection import Inspection, OperatorInfo, RegionUse, TensorInfo, inspect
    from .optimization import Optimization, optimize
    from .runtime import ArenaUse, Interpreter, PlannedTensor

__version__ = "0.1.0"

#: public name → the module that defines it.
_HOME = {
    "ArenaError": "errors",
    "ArenaUse": "runtime",
    "AreniteError": "errors",
    "BoardError": "errors",
    "CalibrationError": "errors",
    "Comparison": "comparison",
    "Conversion": "conversion",
    "DataError": "errors",
    "EngineResult": "comparison",
    "Export": "exporting",
    "GraphError": "errors",
    "Inspection": "inspection",
    "Interpreter": "runtime",
    "LayerError": "comparison",
    "ModelError": "errors",
    "OperatorInfo": "inspection",
    "Optimization": "optimization",
    "PlannedTensor": "runtime",
    "QuantizationError": "errors",
    "RegionUse": "inspection",
    "StateError": "errors",
    "ToolMissingError": "errors",
    "TensorInfo": "inspection",
    "UnsupportedError": "errors",
    "compare": "comparison",
    "convert": "conversion",
    "export": "exporting",
    "inspect": "inspection",
    "optimize": "optimization",
}

__all__ = [
    "ArenaError",
    "ArenaUse",
    "AreniteError",
    "BoardError",
    "CalibrationError",
    "Comparison",
    "Conversion",
    "DataError",
    "EngineResult",
    "Export",
    "GraphError",
    "Inspection",
    "Interpreter",
    "LayerError",
    "ModelError",
    "OperatorInfo",
    "Optimization",
    "PlannedTensor",
    "QuantizationError",
    "RegionUse",
    "StateError",
    "TensorInfo",
    "ToolMissingError",
    "UnsupportedError",
    "__version__",
    "compare",
    "convert",
    "export",
    "inspect",
    "optimize",
]


def __getattr__(name: str) -> Any:
    if name == "qat":  # needs Keras, which nothing else here does
        return importlib.import_module(".qat", __name__)
    if name not in _HOME:
        raise AttributeError(f"module 'arenite' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
