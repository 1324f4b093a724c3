"""What cannot be converted, said once, for all of it: layer, line, operation, reason, remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import UnsupportedError
from ..graph import Origin
from .lower.registry import Refusal


@dataclass(frozen=True)
class Problem:
    """One operation that was refused."""

    origin: Origin
    op_type: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.origin} uses TensorFlow operation {self.op_type}: {self.reason}{remedy}"


def unknown_operation(op_type: str) -> Refusal:
    """The refusal of an operation that nothing here lowers."""
    reason, remedy = _KNOWN.get(op_type, ("it has no kernel here", "move it before the model or replace the layer"))
    return Refusal(reason, remedy)


def raise_if_any(problems: Sequence[Problem]) -> None:
    """UnsupportedError with one line per layer and operation, in the order of the model."""
    if not problems:
        return
    lines = list(dict.fromkeys(str(problem) for problem in problems))
    count = "1 operation" if len(lines) == 1 else f"{len(lines)} operations"
    raise UnsupportedError("\n  ".join([f"the model uses {count} that cannot be converted:", *lines]))


_LOOP = (
    "a loop at run time cannot be converted, recurrent layers included",
    "use convolutions over time, or build the recurrent layer with unroll=True",
)
_QAT = (
    "quantization-aware training is not read yet",
    "convert the model without FakeQuant nodes (strip the quantization wrappers) and calibrate it",
)
_BRANCH = ("a branch on data cannot be converted", "split the model, or make the condition a Python constant")
_STATE = ("the model changes a variable while it runs", "make the layer stateless and pass the state as an input")
_FFT = ("spectra have no kernel here", "compute them before the model")
_THREE_D = ("3-D operators have no kernel here", "fold one dimension into the channels or the batch")
_RESIZE = ("resizing has no kernel here", "resize the images before the model")

#: TensorFlow operation → (reason, remedy) where more can be said than "no kernel".
_KNOWN: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("While", "StatelessWhile", "TensorListReserve", "TensorListStack", "TensorListFromTensor"), _LOOP),
    **dict.fromkeys(("If", "StatelessIf", "Case", "StatelessCase"), _BRANCH),
    **dict.fromkeys(("AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"), _STATE),
    **dict.fromkeys(("RFFT", "FFT", "IRFFT", "RFFT2D"), _FFT),
    **dict.fromkeys(("Conv3D", "MaxPool3D", "AvgPool3D", "Conv3DBackpropInputV2"), _THREE_D),
    **dict.fromkeys(("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic"), _RESIZE),
    **dict.fromkeys(
        ("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel"),
        _QAT,
    ),
}
