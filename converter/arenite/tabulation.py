"""Functions of one element as tables, exact in int8, by straight lines in int16."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .evaluate import dequantize, evaluate, quantize
from .graph import Graph, Quantization

#: int16: codes from one entry to the next.
CODES_PER_LINE = 128
_INT16_CODES = np.arange(-32768, 32768 + CODES_PER_LINE, CODES_PER_LINE)


def entries_of(dtype: str) -> int:
    """Length of a table for codes of ``dtype``."""
    return _INT16_CODES.size if dtype == "int16" else 256


@dataclass(frozen=True)
class Function:
    """What a chain of element-wise operators computes from its one operand.

    graph  one input and one output, of the shape of one element.
    """

    graph: Graph

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Element by element; not finite results become the nearest finite ones, NaN 0."""
        with np.errstate(all="ignore"):
            (result,) = evaluate(self.graph, [x.reshape(-1)])
        return np.nan_to_num(np.asarray(result, np.float32).reshape(x.shape))

    @property
    def names(self) -> list[str]:
        """The operators' names, in order."""
        return [op.name for op in self.graph.ops]


def table(function: Function, source: Quantization, result: Quantization, dtype: str) -> np.ndarray:
    """The codes of ``function`` on the grid ``result`` for codes of ``dtype`` on the grid ``source``."""
    if dtype == "int8":
        return quantize(function(dequantize(np.arange(-128, 128), source)), result)
    low, high = (np.float64(limit) for limit in (-32768, 32767))
    values, middles = (
        function((codes * np.float64(source.scale[0])).astype(np.float32)).astype(np.float64) / result.scale[0]
        for codes in (_INT16_CODES, _INT16_CODES[:-1] + CODES_PER_LINE // 2)
    )
    # Each entry takes half of what the line from it would be off in its middle, so that the error is the same on both sides.
    excess = (values[1:] + values[:-1]) / 2 - middles
    values[:-1] -= excess / 2
    clipped: np.ndarray = np.clip(np.rint(values), low, high).astype(np.int16)
    return clipped


def looked_up(entries: np.ndarray, x: np.ndarray, source: Quantization, dtype: str) -> np.ndarray:
    """Real values of ``entries``, real too, for real ``x`` on the grid ``source`` of codes of ``dtype``."""
    codes = quantize(x, source, dtype).astype(np.int64)
    if dtype == "int8":
        return np.asarray(entries[codes + 128])
    place, offset = np.divmod(codes + 32768, CODES_PER_LINE)
    first = entries[place].astype(np.float64)
    return np.asarray(first + (entries[place + 1] - first) * (offset / CODES_PER_LINE), np.float32)
