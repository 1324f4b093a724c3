"""A file's signatures: names that the user gave to inputs and outputs, whatever the tensors are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import flat
from .errors import DataError

if TYPE_CHECKING:
    from .runtime import Interpreter


@dataclass(frozen=True)
class Signature:
    """Input and output names → tensor indices, in the file's order."""

    inputs: dict[str, int]
    outputs: dict[str, int]


def read_signatures(content: bytes) -> dict[str, Signature]:
    """The signatures of subgraph 0 by their keys. ModelError when the file is malformed."""
    records = [r for r in flat.read(content).records("signature_defs") if r["subgraph_index"] == 0]
    return {r["signature_key"] or "": Signature(_indices(r, "inputs"), _indices(r, "outputs")) for r in records}


def _indices(record: flat.Record, kind: str) -> dict[str, int]:
    return {entry["name"] or "": entry["tensor_index"] for entry in record.records(kind)}


class SignatureRunner:
    """Calls the model with arrays by name: ``runner(image=x)["scores"]``. The methods of TFLite's."""

    def __init__(self, interpreter: Interpreter, signature: Signature) -> None:
        self._interpreter = interpreter
        self._signature = signature

    def __call__(self, **inputs: Any) -> dict[str, np.ndarray]:
        """Outputs by name. DataError (a ValueError) when names, dtypes or shapes differ."""
        if set(inputs) != set(self._signature.inputs):
            given, expected = ", ".join(sorted(inputs)) or "nothing", ", ".join(self._signature.inputs)
            raise DataError(f"the signature takes {expected}; given: {given}")
        for name, value in inputs.items():
            self._interpreter.set_tensor(self._signature.inputs[name], value)
        self._interpreter.invoke()
        return {name: self._interpreter.get_tensor(index) for name, index in self._signature.outputs.items()}

    def get_input_details(self) -> dict[str, dict[str, Any]]:
        """Input name → details of its tensor."""
        return self._details(self._signature.inputs)

    def get_output_details(self) -> dict[str, dict[str, Any]]:
        """Output name → details of its tensor."""
        return self._details(self._signature.outputs)

    def _details(self, indices: Mapping[str, int]) -> dict[str, dict[str, Any]]:
        tensors = self._interpreter.get_tensor_details()
        return {name: tensors[index] for name, index in indices.items()}
