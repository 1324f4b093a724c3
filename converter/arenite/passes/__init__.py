"""Graph passes. PIPELINE is the only list; each module's docstring says what its pass does, when not, and why."""

from __future__ import annotations

from types import ModuleType

from ..graph import Graph
from . import (
    bound_masks,
    calibrate,
    canonicalize,
    dead_channels,
    dynamic_range,
    equalize,
    fold_batch_norm,
    fold_constants,
    fuse_activation,
    fuse_pad,
    half_weights,
    legalize,
    lower_channel_affine,
    pack_weights,
    plan_memory,
    quantize,
    recognize,
    refine_weights,
    restate,
    scale_features,
    state_bias,
    tabulate,
    take_ranges,
)
from .context import Entry, PassContext, Size, Stage

#: Exact passes: the graph computes the same real values, up to float rounding.
EXACT: tuple[ModuleType, ...] = (
    recognize,
    take_ranges,
    canonicalize,
    fold_constants,
    fold_batch_norm,
    lower_channel_affine,
    fuse_pad,
    fuse_activation,
    canonicalize,
)
#: Passes that choose how the target computes them.
TARGET: tuple[ModuleType, ...] = (
    restate,
    tabulate,
    state_bias,
    calibrate,
    bound_masks,
    scale_features,
    equalize,
    quantize,
    refine_weights,
    dynamic_range,
    canonicalize,
    legalize,
    lower_channel_affine,
    dead_channels,
    half_weights,
    pack_weights,
    plan_memory,
)
#: Passes for a graph that is in a file already: no byte of an integer output changes.
LEAN: tuple[ModuleType, ...] = (canonicalize, dead_channels, canonicalize, plan_memory)
PIPELINE: tuple[ModuleType, ...] = EXACT + TARGET
#: Passes of integer models that cost time and gain accuracy alone; ``PassContext.fast`` leaves them out.
IMPROVERS: tuple[ModuleType, ...] = (equalize, refine_weights)
#: Passes that know one graph only: they leave a model with subgraphs alone.
ONE_GRAPH: tuple[ModuleType, ...] = (dead_channels, plan_memory)
#: Passes that are given the model's graph alone, and go into its subgraphs themselves if at all. The others run on each.
WHOLE: tuple[ModuleType, ...] = (calibrate, scale_features, equalize, quantize, refine_weights)


def run_passes(graph: Graph, context: PassContext, passes: tuple[ModuleType, ...] = PIPELINE) -> Graph:
    """A copy of ``graph`` after ``passes``, verified before the first and after each.

    Raises what the passes raise, and GraphError naming the pass that broke an invariant.
    """
    graph = graph.copy()
    graph.verify()
    for module in passes:
        before, noted = Size.of(graph), len(context.log)
        _run_pass(module, graph, context)
        context.stages.append(Stage(module.NAME, before, Size.of(graph), tuple(context.log[noted:])))
    return graph


def _run_pass(module: ModuleType, graph: Graph, context: PassContext) -> None:
    context.current = module.NAME
    if context.fast and module in IMPROVERS:
        context.refused(graph.name, "left out, as fast asks for")
        return
    if module.NAME in context.without:
        context.refused(graph.name, "left out, as was asked for")
        return
    parts = graph.subgraphs()
    if len(parts) > 1 and module in ONE_GRAPH:
        context.refused(graph.name, "the model has subgraphs, which this pass does not look into")
        return
    for part in parts[:1] if module in WHOLE else parts:
        module.run(part, context)
    graph.verify()


__all__ = ["EXACT", "IMPROVERS", "LEAN", "PIPELINE", "TARGET", "Entry", "PassContext", "Stage", "run_passes"]
