"""How the results of an operator with weights are sums of products: what least squares on its outputs need to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .graph import Op
from .spatial import Window


@dataclass(frozen=True)
class Products:
    """result[place, g, o] = Σ columns[g, place, :] · filters[g, o, :] + bias, for each of G groups of channels.

    columns  (op, x of the first data operand, places) → [G, places, taps]; ``places`` counts through the result without its
             channels, batch first.
    filters  (op, weights) → the weights, or any array of their shape, as [G, outputs of a group, taps].
    """

    columns: Callable[[Op, np.ndarray, np.ndarray], np.ndarray]
    filters: Callable[[Op, np.ndarray], np.ndarray]

    def weights(self, op: Op, filters: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """The weights of ``shape`` that ``filters`` are."""
        order = self.filters(op, np.arange(filters.size).reshape(shape))
        flat = np.empty(filters.size, filters.dtype)
        flat[order.reshape(-1)] = filters.reshape(-1)
        return flat.reshape(shape)


def patches(window: Window, x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The pixels under the results at ``places``, [places, KH, KW, C]."""
    every = window.patches(x)
    chosen: np.ndarray = every[np.unravel_index(places, every.shape[:3])]
    return chosen
