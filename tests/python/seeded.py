"""Generated instances of the operators, the same in every run: some of each signature of ``schema/ops.def``."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from arenite import cases
from arenite.graph import Op, Value
from arenite.opdef import Signature, case_dtypes, declaration, matching_signature, rows

T = TypeVar("T")
#: operators that can be tested alone
CASED = [name for name in rows() if declaration(name).case is not None]
#: draws, per instance that is wanted, before a signature counts as one that no case has
PATIENCE = 60


class SeededDraw:
    """Choices for the operators' test cases."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def choice(self, options: Sequence[T]) -> T:
        return self._random.choice(options)


def instances(name: str, each: int, seed: int = 0) -> dict[Signature, list[Op]]:
    """``each`` instances of operator ``name`` for every signature of its row; fewer for one that its cases hardly have."""
    case = declaration(name).case
    assert case is not None
    found: dict[Signature, list[Op]] = {
        signature: [_of_a_constant(name, f"{name} {seed} {i}") for i in range(each)] if _reads_halves(signature) else []
        for signature in rows()[name].signatures
    }
    draws = itertools.product(range(PATIENCE * each), case_dtypes(name))
    for number, dtype in itertools.takewhile(lambda _: any(len(ops) < each for ops in found.values()), draws):
        op = case(SeededDraw(f"{name} {dtype} {seed} {number}"), dtype)
        signature = matching_signature(op)
        assert signature is not None, f"{op} fits no signature"
        if len(found[signature]) < each:
            found[signature].append(op)
    return found


def _reads_halves(signature: Signature) -> bool:
    """Whether it takes float16 alone: constants, which no case draws."""
    return [dtype for dtype, *_ in signature.inputs] == ["float16"]


def _of_a_constant(name: str, seed: str) -> Op:
    """Any float16 but NaN, which boards may make quiet."""
    draw = SeededDraw(seed)
    shape = cases.shape(draw)
    halves = np.array([draw.integer(0, 0xFFFF) for _ in range(math.prod(shape))], np.uint16).view(np.float16)
    data = np.where(np.isnan(halves), np.float16(6e-8), halves).astype(np.float16).reshape(shape)
    return Op(name, [Value("", "float16", shape, data)], [Value("", "float32", shape)])


def feeds(op: Op, rng: np.random.Generator, nasty: bool = False) -> list[np.ndarray]:
    """Values of the operands that are fed, in order; ``nasty``: half of the floats are special ones."""
    fed = [v for v in op.inputs if v is not None and not v.is_constant and not v.is_variable]
    values = [cases.values(rng, v.dtype, v.shape) for v in fed]
    return [with_specials(rng, x) if nasty and x.dtype == np.float32 else x for x in values]


#: floats at the borders of what a kernel may compute with
SPECIALS = np.array(
    [0.0, -0.0, 0.5, -1.5, 2.5, 2**31, -(2**31), 1e-40, -1e-45, 3.4e38, -3.4e38, np.inf, -np.inf, np.nan], np.float32
)


def with_specials(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    return np.where(rng.random(x.shape) < 0.5, rng.choice(SPECIALS, x.shape), x)
