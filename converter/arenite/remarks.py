"""What is odd about the numbers of a file that runs: parts that nobody has calibrated, scales that cannot be meant.

A remark is no error: the file is sound, and what it computes may be wanted. Bounds are far from what calibration gives.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from . import opdef
from .graph import Graph, Op, Value
from .opdef import QuantRule

#: scales of activations beyond these stand for ranges of 10⁻⁷ and of 10⁸
SMALLEST_SCALE, LARGEST_SCALE = 1e-9, 1e6
#: largest scale of a weight's channels over their smallest
CHANNEL_RATIO = 1e7
#: part of a bias's scale by which it may differ from input scale × weight scale; TFLite's own bound
BIAS_TOLERANCE = 0.02
_CODES = ("int8", "uint8", "int16")


def remarks(graph: Graph) -> list[str]:
    """A sentence each, of the graph and those that it calls, in the order of its operators."""
    operators = [op for part in graph.subgraphs() for op in part.ops if op.name in opdef.rows()]
    found = [*_not_calibrated(operators)]
    for op in operators:
        found += [*_weights(op), *(line for value in op.outputs for line in _activation(op, value))]
    return found


# --- calibration ------------------------------------------------------------------------------------------------------
def _not_calibrated(operators: list[Op]) -> Iterator[str]:
    """Floats inside an integer model, and integer weights under float activations."""
    integer = [op for op in operators if any(value.quant and value.dtype in _CODES for value in op.outputs)]
    floats = [op for op in operators if _computes_floats(op)]
    if len(integer) > 1 and floats:
        yield (
            f"{_counted(floats)} compute in float32 inside an integer model: convert again with calibration data, without"
            " --allow-float-fallback, to see why"
        )
    hybrid = [op for op in operators if _is_hybrid(op)]
    if hybrid:
        yield (
            f"{_counted(hybrid)} take float32 activations and integer weights, so nothing was calibrated:"
            " quantize='int8' with calibration data is smaller and faster"
        )


def _counted(ops: list[Op]) -> str:
    names = ", ".join(f"'{op.outputs[0].name}'" for op in ops[:3] if op.outputs)
    return f"{len(ops)} operator{'s' * (len(ops) != 1)} ({names}{', …' * (len(ops) > 3)})"


def _computes_floats(op: Op) -> bool:
    """Not at the borders: quantize and dequantize have one side of each kind."""
    data = [value for _, value in opdef.data_operands(op) if not value.is_constant]
    return bool(data) and all(value.dtype == "float32" for value in (*data, *op.outputs))


def _is_hybrid(op: Op) -> bool:
    weight = _operand(op, opdef.weight_operand(op.name))
    data = _operand(op, (opdef.declaration(op.name).data or (0,))[0])
    return weight is not None and data is not None and data.dtype == "float32" and weight.dtype in ("int8", "int4")


def _operand(op: Op, index: int | None) -> Value | None:
    return op.inputs[index] if index is not None and index < len(op.inputs) else None


# --- scales -----------------------------------------------------------------------------------------------------------
def _activation(op: Op, value: Value) -> Iterator[str]:
    if value.dtype not in _CODES or opdef.declaration(op.name).quant is QuantRule.PLAIN:
        return
    if value.quant is None:
        if value.dtype != "int16" and opdef.declaration(op.name).quant is QuantRule.CALIBRATED and not _moves(op):
            yield f"'{value.name}' is {value.dtype} without a scale: nothing says what its values stand for; calibrate"
        return
    scale = float(value.quant.scale.max())
    if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
        yield (
            f"'{value.name}' has the scale {scale:.3g}: its {value.dtype} values stand for steps that no layer computes in;"
            " look at the calibration data"
        )


def _moves(op: Op) -> bool:
    return opdef.declaration(op.name).moves


def _weights(op: Op) -> Iterator[str]:
    decl = opdef.declaration(op.name)
    if decl.weight is None:
        return
    weight, data = _operand(op, decl.weight[0]), _operand(op, (decl.data or (0,))[0])
    if weight is None or weight.quant is None or weight.dtype not in ("int8", "int4", "uint8"):
        return
    scales = weight.quant.scale.astype(np.float64)
    if scales.max() > CHANNEL_RATIO * scales.min():
        yield (
            f"weights '{weight.name}' have scales from {scales.min():.3g} to {scales.max():.3g}: the channels of the"
            " smallest are as good as zero; arenite.optimize removes those that are"
        )
    bias = _operand(op, decl.bias)
    if bias is not None and bias.quant is not None and data is not None and data.quant is not None:
        yield from _bias(bias, scales * float(data.quant.scale[0]))


def _bias(bias: Value, products: np.ndarray) -> Iterator[str]:
    """The kernels add a bias as it is: its scale must be that of the products."""
    assert bias.quant is not None
    stated = bias.quant.scale.astype(np.float64)
    if stated.size not in (1, products.size):
        return
    off = np.abs(stated - products) / products
    if off.max() > BIAS_TOLERANCE:
        worst = int(off.argmax())
        factor = float(products[worst % products.size] / stated[worst % stated.size])
        yield (
            f"bias '{bias.name}' has another scale than input × weights: it counts {factor:.3g} times what it says"
            f" (channel {worst}); quantize the model again"
        )
