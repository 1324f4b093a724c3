"""What the user says about single layers: patterns of their names, and the types that they compute in."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from ..errors import AreniteError
from ..graph import Graph
from ..packing import BITS
from .context import PassContext

#: What stands for weights of so many bits beside int8 activations.
NARROW = ("int4", *BITS)
#: What the user says → dtype of the activations.
TYPES = {"int8": "int8", "int16": "int16", "float": "float32", "float32": "float32"} | dict.fromkeys(NARROW, "int8")


def choose_types(layers: Mapping[str, str], context: PassContext) -> tuple[dict[str, str], dict[str, str]]:
    """(pattern → dtype of the activations, pattern → dtype of the weights) for ``context``.

    Raises AreniteError for a type that there is not, and when the scheme has no types to choose from.
    """
    weights = dict(context.weights)
    for pattern, said in layers.items():
        if said not in TYPES:
            raise AreniteError(f"layer '{pattern}': types are {', '.join(map(repr, TYPES))}, not {said!r}")
        if said in NARROW:
            weights[pattern] = said
    if context.quantize == "float16" and any(TYPES[said] != "float32" for said in layers.values()):
        raise AreniteError("with quantize='float16' a layer's own type is 'float': its weights stay float32")
    if layers and not (context.is_integer or context.quantize == "float16"):
        raise AreniteError("layers have types of their own in models of quantize='int8', '16x8' or 'float16' only")
    return {pattern: TYPES[said] for pattern, said in layers.items()}, weights


def require_layers(graph: Graph, patterns: Sequence[str]) -> None:
    """AreniteError for a pattern that fits no layer of ``graph``, with the names that are like it."""
    names = list(dict.fromkeys(op.origin.layer for part in graph.subgraphs() for op in part.ops if op.origin.layer))
    for pattern in patterns:
        if pattern != "*" and not names:
            raise AreniteError(
                f"no layer fits '{pattern}': the model tells no layers, as .tflite files do not; only '*' fits"
            )
        if pattern == "*" or any(fnmatchcase(name, pattern) for name in names):
            continue
        near = difflib.get_close_matches(pattern.replace("*", ""), names, n=3, cutoff=0.5)
        known = f"did you mean {' or '.join(map(repr, near))}?" if near else f"the layers are {', '.join(names[:20])}"
        raise AreniteError(f"no layer is called '{pattern}'; {known}")
