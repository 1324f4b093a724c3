"""Which layer made which operation: each layer's ``call`` notes how many operations the graph had before and after."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Span:
    """Operations [start, stop) of one graph, made by the layer at ``path`` ("" never) of class ``cls``."""

    start: int
    stop: int
    path: str
    cls: str


@dataclass
class LayerSpans:
    """Spans by graph. A span is noted when its call ends, so inner layers stand before outer ones."""

    graphs: dict[int, list[Span]] = field(default_factory=dict)
    keep: list[Any] = field(default_factory=list)  # graphs, kept alive so that their id() stays theirs
    _stack: list[str] = field(default_factory=list)

    def owners(self, graph: Any) -> list[tuple[str, str] | None]:
        """(path, class) of the innermost layer for each operation of ``graph``, None outside any layer."""
        table: list[tuple[str, str] | None] = [None] * graph.num_operations()
        for span in reversed(self.graphs.get(id(graph), [])):
            table[span.start : span.stop] = [(span.path, span.cls)] * (span.stop - span.start)
        return table

    @contextmanager
    def recording(self, model: Any) -> Iterator[None]:
        """Wrap ``call`` of every layer of ``model``; all instances are as before afterwards, whatever happens."""
        wrapped: list[tuple[Any, Any]] = []
        try:
            for layer in _layers(model):
                wrapped.append((layer, vars(layer).get("call")))
                object.__setattr__(layer, "call", self._noting(layer, layer.call, is_root=layer is model))
            yield
        finally:
            for layer, own_call in wrapped:
                _restore(layer, own_call)

    def _noting(self, layer: Any, call: Callable[..., Any], is_root: bool) -> Callable[..., Any]:
        import tensorflow as tf

        @functools.wraps(call)
        def noting(*args: Any, **kwargs: Any) -> Any:
            graph = tf.compat.v1.get_default_graph()
            start = graph.num_operations()
            path = layer.name if is_root else "/".join([*self._stack, layer.name])
            cls = type(getattr(layer, "stands_for", layer)).__name__
            if not is_root:
                self._stack.append(layer.name)
            try:
                return call(*args, **kwargs)
            finally:
                if not is_root:
                    self._stack.pop()
                self._note(graph, Span(start, graph.num_operations(), path, cls))

        return noting

    def _note(self, graph: Any, span: Span) -> None:
        if id(graph) not in self.graphs:
            self.keep.append(graph)
        self.graphs.setdefault(id(graph), []).append(span)


def _layers(model: Any) -> list[Any]:
    """The model and all layers inside it, each once; without the functional twin that a Sequential keeps of itself, and
    without what a layer says is hidden in it.
    """
    found = list({id(layer): layer for layer in model._flatten_layers()}.values())
    twins = {id(getattr(layer, "_functional", None)) for layer in found}
    hidden = {id(part) for layer in found for part in getattr(layer, "hidden", ())}
    return [layer for layer in found if id(layer) not in twins | hidden]


def _restore(layer: Any, own_call: Any) -> None:
    if own_call is None:
        object.__delattr__(layer, "call")
    else:
        object.__setattr__(layer, "call", own_call)
