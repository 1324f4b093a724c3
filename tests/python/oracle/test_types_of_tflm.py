"""Whatever operand types TFLite Micro takes and computes with, our kernels take.

TFLite Micro checks few types: most kernels look at one operand and read the others as if they had the type that goes with it.
So a combination counts when its results are right: an instance of the operator, in which each operand gets each type in
turn, runs there, and its real results are those of the declared reference. Models run in children that may die.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from oracle import engines, peers
from oracle.probing import is_computed, refusal, run_in_children
from seeded import SeededDraw

from arenite import opdef
from arenite.elements import limits
from arenite.graph import Op, Quantization, Value
from arenite.opdef import Signature, case_dtypes, declaration, rows

pytest.importorskip("tflite_micro")

TYPES = ("float32", "int8", "int16", "int32", "int64", "uint8", "bool")
#: operands with a type of their own: beyond them, those of one type change together.
MOST_GROUPS = 3
#: elements of results and fed operands: fewer may be right by chance
LEAST_RESULT = 90
#: operator → why TFLite Micro's right answers do not mean that it has a kernel for the types.
EXCEPTIONS = {
    "if": "the operands are those of a subgraph, which keeps its own types",
    "while": "the operands are those of a subgraph, which keeps its own types",
    "logical_and": "it takes the bytes of any type for conditions",
    "logical_or": "it takes the bytes of any type for conditions",
    "zeros_like": "zeros are zeros in every type that it takes the result for",
}
#: operator → the first types of combinations that are right by chance.
BY_CHANCE: dict[str, tuple[tuple[str, ...], ...]] = {
    "split": (("bool",),),  # the axis is one byte, and three bytes of padding follow
    "sub": (("uint8", "uint8", "int8"),),  # both operands are off by 256
}
#: An operand that is right in so many types is one that TFLite Micro does not read, only counts, or reads beyond its end.
UNREAD = 4
NAMES = [
    name
    for name, row in rows().items()
    if declaration(name).case and row.custom_code is None and peers.LACKS["tflm"].get(name, set()) is not None
]
#: codes of the numbers that are fed: few, so that some are equal, and more than a tolerance apart
CODES = np.array([-40, 0, 1, 16])
STEP = 2.0**-4
#: zero points of the types that hold codes; that of uint8 is none of int8
ZEROS = {"int8": -5, "int16": 0, "uint8": 200}


def small_instance(name: str, dtype: str) -> Op:
    case = declaration(name).case
    assert case is not None
    first = zlib.crc32(name.encode())
    drawn = [case(SeededDraw(seed), dtype) for seed in range(first, first + 200)]
    most = max(map(_least_size, drawn))
    return min((op for op in drawn if _least_size(op) >= min(most, LEAST_RESULT)), key=_plainness)


def _least_size(op: Op) -> int:
    """Elements of the smallest result or operand that is fed."""
    return min(value.size for value in (*op.inputs, *op.outputs) if value is not None and value.data is None)


def _plainness(op: Op) -> tuple[int, int]:
    """Least where axes, blocks and paddings are such that no other number would do, then where tensors are small."""
    values = [value for value in (*op.inputs, *op.outputs) if value is not None]
    telling = sum(
        int((np.abs(v.data) > 1).sum()) for v in values if v.data is not None and v.dtype in ("int32", "int64")
    )
    return -telling, max(value.size for value in values)


def groups_of(op: Op) -> list[list[int]]:
    """Places among operands and results whose types change together."""
    values = [*op.inputs, *op.outputs]
    signature = rows()[op.name].signatures[0]
    repeated = len(signature.inputs) - 1 if signature.inputs and signature.inputs[-1][2] else len(op.inputs)
    singles = [[i] for i, v in enumerate(values[:repeated]) if v is not None]
    groups = [*singles, list(range(repeated, len(op.inputs))), list(range(len(op.inputs), len(values)))]
    groups = [group for group in groups if group]
    if len(groups) <= MOST_GROUPS:
        return groups
    alike: dict[tuple[str, bool], list[int]] = {}
    for i, v in enumerate(values):
        if v is not None:
            alike.setdefault((v.dtype, i >= len(op.inputs) and v.dtype != values[0].dtype), []).append(i)  # type: ignore[union-attr]
    return list(alike.values())


def retyped(value: Value, dtype: str, fixed: dict[str, tuple[float, int]]) -> Value:
    """The same numbers, as far as the type holds them; codes of every type share one step, axes and shapes are no codes."""
    is_whole = value.data is not None and value.dtype in ("int32", "int64")
    quant = Quantization.per_tensor(STEP, ZEROS[dtype]) if dtype in ZEROS and not is_whole else None
    if dtype in fixed:
        quant = Quantization.per_tensor(*fixed[dtype])
    data = value.data
    if data is not None:
        numbers = data.astype(np.float64) if quant is None else np.rint(data / STEP) + quant.zero_point[0]
        ends = (0, 1) if dtype == "bool" else (-1e9, 1e9) if dtype == "float32" else limits(dtype)
        data = np.clip(numbers, *ends).astype(dtype).reshape(value.shape)
    return replace(value, dtype=dtype, data=data, quant=quant)


def combinations(op: Op) -> Iterator[tuple[tuple[str, ...], Op]]:
    """The type of each group, and the instance with them."""
    groups, fixed = groups_of(op), declaration(op.name).fixed or {}
    for types in itertools.product(TYPES, repeat=len(groups)):
        values = [*op.inputs, *op.outputs]
        for group, dtype in zip(groups, types, strict=True):
            for i in group:
                value = values[i]
                assert value is not None
                values[i] = retyped(value, dtype, fixed if i >= len(op.inputs) else {})
        yield types, replace(op, inputs=values[: len(op.inputs)], outputs=values[len(op.inputs) :])


def fed_numbers(rng: np.random.Generator, value: Value) -> np.ndarray:
    if value.dtype == "bool":
        return rng.integers(0, 2, value.shape).astype(np.bool_)
    if value.dtype == "float32":
        return (rng.choice(CODES, value.shape) * STEP).astype(np.float32)
    return (rng.choice(CODES, value.shape) + ZEROS.get(value.dtype, 0)).astype(value.dtype)


@pytest.fixture
def any_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the writer write what no kernel here takes."""
    ours = opdef.matching_signature

    def matching(op: Op) -> Signature:
        return ours(op) or Signature((), (), rows()[op.name].max_version)

    monkeypatch.setattr(opdef, "matching_signature", matching)


def explained(right: dict[tuple[str, ...], bool]) -> set[tuple[str, ...]]:
    """Those that run here, and those that differ from such only in operands that TFLite Micro does not read."""
    found, before = {types for types, runs in right.items() if runs}, 0
    while len(found) > before:
        before = len(found)
        for types in right:
            for place in range(len(types)):
                alike = [(*types[:place], dtype, *types[place + 1 :]) for dtype in TYPES]
                if sum(other in right for other in alike) >= UNREAD and not found.isdisjoint(alike):
                    found.add(types)
    return found


def is_by_chance(name: str, types: tuple[str, ...]) -> bool:
    return any(types[: len(first)] == first for first in BY_CHANCE.get(name, ()))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in EXCEPTIONS])
def test_what_tflm_computes_runs_here(name: str, any_types: None) -> None:
    rng, jobs, tried = np.random.default_rng(0), [], []
    for types, op in combinations(small_instance(name, case_dtypes(name)[0])):
        fed = [v for v in op.inputs if v is not None and not v.is_constant and not v.is_variable]
        tried.append((types, op))
        jobs.append((engines.model_of(op), [fed_numbers(rng, v) for v in fed], len(op.outputs)))
    right = {
        types: refusal(content) != "BadType"
        for (types, op), (content, feed, _), answers in zip(tried, jobs, run_in_children(jobs), strict=True)
        if answers is not None and is_computed(op, feed, answers)
    }
    refused = [types for types in right if types not in explained(right)]
    assert not [types for types in refused if not is_by_chance(name, types)]
