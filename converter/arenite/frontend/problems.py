"""What cannot be converted, said once, for all of it: layer, line, operation, reason, remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import UnsupportedError
from ..graph import Origin
from .control_flow import LIST_LOOP, MAX_UNROLLED_LISTS
from .lower.registry import Refusal


@dataclass(frozen=True)
class Problem:
    """One operation that was refused."""

    origin: Origin
    op_type: str
    reason: str
    remedy: str


def unknown_operation(op_type: str) -> Refusal:
    """The refusal of an operation that nothing here lowers."""
    reason, remedy = _KNOWN.get(
        op_type, ("there is no kernel for it here", "move it before the model or replace the layer")
    )
    return Refusal(reason, remedy)


def raise_if_any(problems: Sequence[Problem]) -> None:
    """UnsupportedError with one line per layer and reason, in the order of the model."""
    if not problems:
        return
    lines = _lines(problems)
    heading = "one thing" if len(lines) == 1 else f"{len(lines)} things"
    raise UnsupportedError("\n  ".join([f"the model does {heading} that cannot be converted:", *lines]))


def _lines(problems: Sequence[Problem]) -> list[str]:
    groups: dict[tuple[str, str, str], dict[str, None]] = {}
    for problem in problems:
        group = groups.setdefault((str(problem.origin), problem.reason, problem.remedy), {})
        group[problem.op_type] = None
    return [
        f"{origin} uses TensorFlow {', '.join(types)}: {reason}" + (f"; {remedy}" if remedy else "")
        for (origin, reason, remedy), types in groups.items()
    ]


_LOOP = (
    "a list of tensors of unknown length cannot be kept at run time",
    "fix the number of steps (--shape), or keep the values in one tensor",
)
_LIST_LOOP = (
    f"the number of rounds depends on the data, or they are more than {MAX_UNROLLED_LISTS:,} operations when unrolled",
    "fix the length of the sequence (--shape), or shorten it",
)
_QAT = (
    "this form of fake quantization has no kernel here",
    "use FakeQuantWithMinMaxVars, or convert the model without it and calibrate",
)
_BRANCH = ("a choice among several branches on data cannot be converted", "write it as conditions of two branches each")
_COUNTS = ("the length of its result depends on the data", "encode one-hot and add up, or count before the model")
_TRANSPOSED = ("transposed convolution has no kernel here", "build the model without it")
_RANDOM = ("random numbers have no kernel here", "give the noise as an input")
_FFT = ("spectra have no kernel here", "compute them before the model")
_THREE_D = ("3-D operators have no kernel here", "fold one dimension into the channels or the batch")
_RESIZE = ("this way of resizing has no kernel here", "resize bilinearly or to the nearest neighbour")

#: TensorFlow operation → (reason, remedy) where more can be said than "no kernel".
_KNOWN: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("TensorListReserve", "TensorListStack", "TensorListFromTensor", "TensorListGetItem"), _LOOP),
    LIST_LOOP: _LIST_LOOP,
    **dict.fromkeys(("Case", "StatelessCase"), _BRANCH),
    **dict.fromkeys(("Bincount", "DenseBincount"), _COUNTS),
    **dict.fromkeys(("Conv2DBackpropInput", "Conv2DBackpropInputV2"), _TRANSPOSED),
    **dict.fromkeys(("RandomStandardNormal", "RandomUniform", "RandomUniformInt", "TruncatedNormal"), _RANDOM),
    **dict.fromkeys(("RFFT", "FFT", "IRFFT", "RFFT2D"), _FFT),
    **dict.fromkeys(("Conv3D", "MaxPool3D", "AvgPool3D", "Conv3DBackpropInputV2"), _THREE_D),
    **dict.fromkeys(("ResizeBicubic",), _RESIZE),
    **dict.fromkeys(("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4"), _QAT),
}
