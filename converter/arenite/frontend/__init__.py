"""From a TensorFlow or Keras model to a float graph: trace, walk, fold, lower."""

from .load import load_graph

__all__ = ["load_graph"]
