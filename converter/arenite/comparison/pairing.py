"""Which value of the quantized file stands for which of the float file, and for which of the user's layers.

Names decide: the converter keeps those of results. A result whose channels the converter scaled (``_equalized``) stands
for the unscaled one, channel by channel in proportion. Inputs and outputs are paired by their order. Files of other
converters name their results otherwise; the last result of the same layer and shape is taken then.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from arenite.graph import Graph, Op, Value
from arenite.opdef import Role, declaration, rows

_SCALED = re.compile(r"_equalized(_\d+)?$")


@dataclass(frozen=True)
class Partner:
    """A value of the float graph; ``scaled``: each channel of its counterpart is some factor times as large."""

    value: Value
    scaled: bool = False


@dataclass(frozen=True)
class Layers:
    """The user's layers by the names of tensors.

    known    layer paths; empty when no Keras model is at hand: then a tensor's name without its last part is the layer.
    origins  tensor name → layer path, as the converter saw it.
    """

    known: Collection[str] = ()
    origins: Mapping[str, str] | None = None

    def of_name(self, name: str) -> str:
        """The layer that a tensor is called after: ``"act"`` for ``"act/relu"``, also behind a prefix and a number."""
        first = name.split(";")[0]
        parts = first.split("/")
        for start in range(len(parts)):
            for end in range(len(parts), start, -1):
                path = "/".join(parts[start:end])
                for candidate in (path, "/".join(re.sub(r"_\d+$", "", part) for part in parts[start:end])):
                    if candidate in self.known:
                        return candidate
        return "/".join(parts[:-1]) or first

    def of_op(self, op: Op) -> tuple[str, ...]:
        """The layers that an operator computes: those of its origin, its weights and its result, which was fused."""
        result = op.outputs[0].name
        base = _SCALED.sub("", result)
        origin = (self.origins or {}).get(base)
        names = [value.name for value in op.inputs if value is not None and value.is_constant and "/" in value.name]
        found = [origin] if origin else [self.of_name(name) for name in names if self._is_known(name)]
        found += [self.of_name(part) for part in base.split(";")[::-1]]
        return tuple(dict.fromkeys(layer for layer in found if layer and (not self.known or layer in self.known)))

    def _is_known(self, name: str) -> bool:
        return not self.known or self.of_name(name) in self.known


def pair(exact: Graph, quantized: Graph, layers: Layers) -> dict[Value, Partner]:
    """Value of ``quantized`` → its partner in ``exact``; values that have none are left out."""
    by_name = {value.name: value for value in exact.values() if not value.is_constant}
    by_layer = {(layers.of_name(v.name), v.shape): v for op in exact.ops for v in op.outputs if layers.known}
    ends = [*zip(quantized.inputs, exact.inputs, strict=True), *zip(quantized.outputs, exact.outputs, strict=True)]
    pairs = {own: Partner(other) for own, other in ends if own.shape == other.shape and not own.is_constant}
    for op in quantized.ops:
        for value in op.outputs:
            if value not in pairs and (found := _partner(op, value, by_name, by_layer, layers, pairs)):
                pairs[value] = found
    return pairs


def _partner(
    op: Op,
    value: Value,
    by_name: Mapping[str, Value],
    by_layer: Mapping[tuple[str, tuple[int, ...]], Value],
    layers: Layers,
    pairs: Mapping[Value, Partner],
) -> Partner | None:
    if op.name in rows() and declaration(op.name).role in (Role.QUANTIZE, Role.DEQUANTIZE):
        return pairs.get(op.operand(0))
    named = by_name.get(value.name)
    if named is None and _SCALED.search(value.name):
        named = by_name.get(_SCALED.sub("", value.name))
        return Partner(named, True) if named is not None and named.shape == value.shape else None
    if named is None:
        named = by_layer.get((layers.of_name(value.name), value.shape))
    return Partner(named) if named is not None and named.shape == value.shape else None
