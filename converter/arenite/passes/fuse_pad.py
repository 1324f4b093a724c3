"""Let a convolution pad its own input.

    %b = pad(%a, [[0,0],[0,1],[0,1],[0,0]]); %c = conv_2d(%b, …) {stride 2, "VALID"}   →  %c = conv_2d(%a, …) {"SAME"}

Not when: the zeros are not exactly those that SAME would put there (Keras' symmetric ZeroPadding2D before stride 2 is
not); batch or channels are padded; the operator does not count padding as zero (pooling).
Why: the padded copy is often the largest tensor of the arena.
"""

from __future__ import annotations

import dataclasses

from ..graph import Graph, Op
from ..opdef import declaration
from .context import PassContext, Uses

NAME = "fuse_pad"


def run(graph: Graph, context: PassContext) -> None:
    uses = Uses(graph)
    for op in graph.ops:
        decl = declaration(op.name)
        pad = uses.producer(op.operand(0)) if decl.window is not None else None
        if pad is None or declaration(pad.name).padding is None:
            continue
        if why := _reason(op, pad):
            context.refused(op.origin, f"{pad.name} stays before {op.name}: {why}")
            continue
        op.inputs[0] = pad.operand(0)
        op.attrs["padding"] = "SAME"
        context.applied(op.origin, f"{op.name} pads its own input")
    graph.remove_dead()


def _reason(op: Op, pad: Op) -> str:
    """Why ``op`` cannot take over the padding; "" when it can."""
    decl, padding = declaration(op.name), declaration(pad.name).padding
    assert decl.window is not None and padding is not None
    zeros = padding(pad)
    if zeros is None:
        return "its sizes are not constant"
    if not decl.zero_padded:
        return f"{op.name} does not count padding as zero"
    if len(zeros) != 4 or zeros[0] != (0, 0) or zeros[3] != (0, 0):
        return "it pads the batch or the channels"
    window = decl.window(op)
    size = (pad.operand(0).shape[1], pad.operand(0).shape[2])
    same = dataclasses.replace(window, padding="SAME")
    if window.padding != "VALID" or same.pads(size) != (zeros[1], zeros[2]):
        return f"it puts {zeros[1]}, {zeros[2]} zeros around height and width, SAME would put {same.pads(size)}"
    if same.output_size(size) != (op.output.shape[1], op.output.shape[2]):
        return "SAME would give another shape"
    return ""
