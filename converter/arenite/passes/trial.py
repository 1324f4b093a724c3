"""A graph quantized as it stands, to see what it errs; nothing of it stays."""

from __future__ import annotations

from dataclasses import replace

from ..graph import Graph
from . import quantize
from .context import PassContext


def quantized(graph: Graph, context: PassContext) -> Graph:
    """What ``quantize`` makes of a copy of the calibrated ``graph``, each range as it was seen."""
    copy = graph.copy()
    values = dict(zip(graph.values(), copy.values(), strict=True))
    ops = dict(zip(graph.ops, copy.ops, strict=True))
    own = replace(
        context,
        calibrator="minmax",
        aim_db=None,
        statistics={values[value]: seen for value, seen in context.statistics.items() if value in values},
        floating={ops[op] for op in context.floating if op in ops},
        wide={ops[op] for op in context.wide if op in ops},
        uneven={},
        log=[],
        warnings=[],
        float_fallback=[],
    )
    quantize.run(copy, own)
    return copy
