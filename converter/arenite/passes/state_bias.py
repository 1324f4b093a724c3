"""Give operators that slide a window the bias that they lack: zeros.

    %b = conv_2d(%a, %w)  →  %b = conv_2d(%a, %w, %zeros)

Not when: the operator has a bias, or its table knows none. Fully connected may lack one everywhere.
Why: LiteRT refuses a convolution without a bias, and its optimised depthwise convolution then reads address 0. Costs
4 bytes a channel, once for each number of channels.
"""

from __future__ import annotations

import numpy as np

from ..graph import Graph, Op, Value
from ..opdef import declaration
from .context import PassContext

NAME = "state_bias"


def run(graph: Graph, context: PassContext) -> None:
    zeros: dict[int, Value] = {}
    for op in graph.ops:
        index = _absent_bias(op)
        if index is not None:
            channels = op.output.shape[-1]
            if channels not in zeros:
                data = np.zeros(channels, np.float32)
                zeros[channels] = Value(graph.unique_name(f"zeros_{channels}"), "float32", data.shape, data)
            op.inputs = [*op.inputs, *[None] * (index + 1 - len(op.inputs))]
            op.inputs[index] = zeros[channels]
            context.applied(op.origin, f"gave {op.name} a bias of zeros, which LiteRT wants")


def _absent_bias(op: Op) -> int | None:
    """Index of the bias that a float operator lacks, or None."""
    decl = declaration(op.name)
    if decl.bias is None or decl.window is None or op.output.dtype != "float32":
        return None
    present = len(op.inputs) > decl.bias and op.inputs[decl.bias] is not None
    return None if present else decl.bias
