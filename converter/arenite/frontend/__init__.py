"""From a TensorFlow or Keras model to a float graph: trace, walk, fold, lower.

Loads nothing by itself: commands that only ask what a name in Python means need none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .load import load_graph

__all__ = ["load_graph"]


def __getattr__(name: str) -> Any:
    if name != "load_graph":
        raise AttributeError(f"module 'arenite.frontend' has no attribute '{name}'")
    from .load import load_graph

    return load_graph
