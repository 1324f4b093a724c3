"""Quantization-aware training: what rounds a value in the model is a pair of quantize and dequantize."""

from __future__ import annotations

import numpy as np

from ...graph import Quantization
from ..program import Node
from .lowering import Lowering
from .registry import Refusal, lowers

_STEPS = 255


@lowers("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars")
def fake_quantize(lowering: Lowering, node: Node) -> None:
    """QUANTIZE to int8 and DEQUANTIZE; the passes take the range from them. Constants are rounded when they are folded."""
    if node.attrs["num_bits"] != 8 or node.attrs["narrow_range"]:
        raise Refusal(
            "activations are rounded to 8 bits, all 256 of their codes", "train with num_bits=8, narrow_range=False"
        )
    low, high = _range(lowering, node)
    scale = (high - low) / _STEPS
    zero = int(np.clip(np.floor(-low / scale + 0.5), 0, _STEPS)) - 128
    value = lowering.value(node.inputs[0])
    rounded = lowering.emit("quantize", [value], value.shape, node.origin, dtype="int8")
    rounded.quant = Quantization.per_tensor(scale, zero)
    lowering.bind(node.outputs[0], lowering.emit("dequantize", [rounded], value.shape, node.origin, dtype="float32"))


def _range(lowering: Lowering, node: Node) -> tuple[float, float]:
    if node.type == "FakeQuantWithMinMaxArgs":
        return float(node.attrs["min"]), float(node.attrs["max"])
    low, high = (float(lowering.data(tensor, "range")) for tensor in node.inputs[1:])
    return low, high
