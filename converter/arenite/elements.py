"""How elements of a dtype are held: int4 lies in int8 arrays, one element each, and in files two to a byte."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np


def numpy_dtype(dtype: str) -> np.dtype[Any]:
    """The numpy dtype of the arrays that hold ``dtype``."""
    return np.dtype("int8" if dtype == "int4" else dtype)


@cache
def limits(dtype: str) -> tuple[int, int]:
    """The lowest and the highest value of an integer dtype."""
    if dtype == "int4":
        return -8, 7
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def pack(data: np.ndarray) -> np.ndarray:
    """uint8 [(n + 1) // 2] of n int4 in two's complement, the first in the low four bits; those behind an odd n are zero."""
    nibbles = np.zeros(data.size + data.size % 2, np.uint8)
    nibbles[: data.size] = data.reshape(-1).astype(np.int8).view(np.uint8) & 15
    packed: np.ndarray = nibbles[::2] | nibbles[1::2] << 4
    return packed


def unpack(packed: np.ndarray, count: int) -> np.ndarray:
    """int8 [count]; the inverse of :func:`pack`."""
    nibbles = np.stack([packed & 15, packed >> 4], axis=1).reshape(-1)[:count]
    signed: np.ndarray = (nibbles ^ 8).astype(np.int8) - np.int8(8)
    return signed
