"""Constant folding: run one TensorFlow operation on constants with TensorFlow's own kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .program import FLOATS, Tensor

#: Not constants, though they have no operand that depends on the input.
NEVER = (
    "Placeholder",
    "QuantizeAndDequantizeV2",
    "QuantizeAndDequantizeV3",
    "QuantizeAndDequantizeV4",
)

#: Operations that only rearrange or retype: a folded result is still "the kernel", so it keeps the operand's name.
KEEPS_NAME = ("Cast", "ExpandDims", "Identity", "Reshape", "Squeeze", "Transpose")


def as_float32(array: np.ndarray) -> np.ndarray:
    """``array`` in float32 when it has one of TensorFlow's floating types, else itself."""
    return array.astype(np.float32) if array.dtype.name in FLOATS and array.dtype != np.float32 else array


def constant(name: str, array: np.ndarray) -> Tensor:
    """A Tensor known now; floats become float32."""
    array = as_float32(array)
    return Tensor(name, array.dtype.name, tuple(array.shape), array)


def can_fold(op: Any) -> bool:
    """Whether the operation computes the same numbers every time, with no effect and nothing but arrays as results."""
    if op.type in NEVER or op.op_def.is_stateful:
        return False
    if any(attr.type == "func" for attr in op.op_def.attr):
        return False
    return all(output.dtype.name not in ("resource", "variant", "string") for output in op.outputs)


def run(op_type: str, inputs: Sequence[np.ndarray], attrs: dict[str, Any], outputs: int) -> list[np.ndarray]:
    """Results of one operation on constants, on the CPU. Raises what TensorFlow raises."""
    import tensorflow as tf
    from tensorflow.python.eager import context, execute

    flat_attrs = tuple(item for pair in attrs.items() for item in pair)
    with tf.init_scope(), tf.device("/cpu:0"):
        tensors = [tf.constant(array) for array in inputs]
        results = execute.execute(op_type.encode(), outputs, tensors, flat_attrs, context.context())
    return [as_float32(np.asarray(result)) for result in results]
