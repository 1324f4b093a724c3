"""Whatever attributes TFLite Micro takes and computes with, our kernels take, and give the same bytes.

Each attribute of an operator, and each whole number in its constant operands (axes, paddings, slices, shapes), gets other
values in turn, attributes also together. An answer of TFLite Micro's counts against a refusal of ours when it is what the
operator means; where both answer, they answer alike.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from oracle import engines, peers
from oracle.probing import is_computed, refusal, run_in_children
from seeded import SeededDraw, feeds

from arenite import flat
from arenite.activation import RANGES
from arenite.errors import AreniteError
from arenite.graph import Op
from arenite.opdef import case_dtypes, declaration, rows

pytest.importorskip("tflite_micro")

WHOLE = range(-1, 4)
REALS = (-2.0, -0.5, 0.0, 1e-3, 0.5, 1.0, 2.5, 20.0)
VECTORS: dict[str, list[tuple[int, ...]]] = {
    "new_shape": [(), (-1,), (0, -1)],
    "squeeze_dims": [(), (0,), (-1,), (0, 1), (0, 0), (-2, 0)],
}
#: instances with several attributes changed, per type
TOGETHER = 12
#: draws of which the smallest instance is taken, and how many elements its results should have
DRAWS, LEAST_RESULT = 20, 8
#: constants with more elements are data
MOST_ENTRIES = 8
CALLS = ("if", "while")
NAMES = [
    name
    for name, row in rows().items()
    if name not in CALLS
    and declaration(name).case
    and row.custom_code is None
    and peers.LACKS["tflm"].get(name, set()) is not None
]


def excuse(op: Op) -> str | None:
    """Why TFLite Micro's answer is none, although it may be right by chance."""
    if op.name == "fully_connected" and op.attrs.get("weights_format", "DEFAULT") != "DEFAULT":
        return "it takes weights in another order for plain ones"
    if op.name == "unidirectional_sequence_lstm" and op.attrs.get("fused_activation_function", "TANH") != "TANH":
        return "other activations than TANH end its debug builds, and are left out in others"
    if op.name == "depthwise_conv_2d" and op.attrs.get("depth_multiplier") != _depth_multiplier(op):
        return "it follows the attribute, where LiteRT follows the shapes that it contradicts"
    if op.name == "transpose_conv" and declared_shapes(op) != [value.shape for value in op.outputs]:
        return "no convolution has such a gradient, and LiteRT refuses it"
    if op.name == "concatenation" and op.attrs["axis"] >= len(op.output.shape):
        return "it reads sizes beyond the shape"
    if op.name == "strided_slice" and op.attrs.get("ellipsis_mask", 0) | op.attrs.get("new_axis_mask", 0):
        return "it ignores both masks"
    if op.name == "svdf" and op.operand(0).dtype == "int8" and op.attrs["fused_activation_function"] not in RANGES:
        return "it does not look at the activation"
    return peers.tflm_limit(op)


def _depth_multiplier(op: Op) -> int:
    return op.output.shape[-1] // op.operand(0).shape[-1]


def small_instance(name: str, dtype: str) -> Op:
    case = declaration(name).case
    assert case is not None
    drawn = [case(SeededDraw(f"{name} {dtype} {seed}"), dtype) for seed in range(DRAWS)]
    asked = [op for op in drawn if not peers.lacks("tflm", op) and excuse(op) is None] or drawn
    large = [op for op in asked if min(value.size for value in op.outputs) > LEAST_RESULT] or asked
    return min(large, key=lambda op: max(value.size for value in (*op.inputs, *op.outputs) if value is not None))


def attribute_values(name: str) -> dict[str, list[Any]]:
    """What every field of the operator's options table may be set to, and some of what it may not."""
    schema, table = flat.schema(), rows()[name].options
    fields = schema.tables[table].values() if table else ()
    values: dict[str, list[Any]] = {}
    for field in fields:
        if field.vector:
            values[field.name] = list(VECTORS[field.name])
        elif field.type in schema.enums:
            values[field.name] = list(schema.enums[field.type].values)[:10]
        elif not field.deprecated:
            values[field.name] = {"bool": [False, True], "float": list(REALS)}.get(field.type, list(WHOLE))
    return values


def reshaped(op: Op) -> Op:
    """With results of the shapes that its attributes make, if they make any."""
    shapes = declared_shapes(op)
    if shapes in ([], [value.shape for value in op.outputs]) or any(min(shape, default=1) < 0 for shape in shapes):
        return op
    return replace(op, outputs=[replace(op.outputs[0], shape=shape) for shape in shapes])


def declared_shapes(op: Op) -> list[tuple[int, ...]]:
    """None at all where the attributes mean nothing."""
    try:
        return declaration(op.name).shape(op)
    except (AreniteError, ArithmeticError, LookupError, ValueError):
        return []


def with_other_attributes(op: Op) -> Iterator[Op]:
    rng, values = random.Random(op.name), attribute_values(op.name)
    for name, choices in values.items():
        yield from (replace(op, attrs={**op.attrs, name: value}) for value in choices)
    for _ in range(TOGETHER if len(values) > 1 else 0):
        yield replace(op, attrs={**op.attrs, **{name: rng.choice(choices) for name, choices in values.items()}})


def with_other_operands(op: Op) -> Iterator[Op]:
    for i, value in enumerate(op.inputs):
        if value is None or value.data is None or value.dtype != "int32" or i == declaration(op.name).bias:
            continue
        for place in range(value.size if value.size <= MOST_ENTRIES else 0):
            for number in WHOLE:
                data = value.data.copy()
                data.reshape(-1)[place] = number
                yield replace(op, inputs=[*op.inputs[:i], replace(value, data=data), *op.inputs[i + 1 :]])


def ours(content: bytes, feed: list[np.ndarray]) -> list[np.ndarray] | None:
    """None where we refuse the file, or a value while it runs."""
    if refusal(content) is not None:
        return None
    try:
        return engines.ours(content, feed)
    except AreniteError:
        return None


def alike(mine: np.ndarray, theirs: np.ndarray) -> bool:
    if mine.dtype == np.float32:
        return np.allclose(mine.ravel(), theirs.ravel(), rtol=1e-4, atol=1e-5, equal_nan=True)
    return np.array_equal(mine.ravel(), theirs.ravel())


def breach(op: Op, content: bytes, feed: list[np.ndarray], answers: list[np.ndarray]) -> str | None:
    """What is wrong with ours beside TFLite Micro's answers."""
    results = ours(content, feed)
    if results is None:
        return "refused" if is_computed(op, feed, answers) else None
    return None if all(map(alike, results, answers)) else "other bytes"


def variants(name: str) -> Iterator[Op]:
    for op in (small_instance(name, dtype) for dtype in case_dtypes(name)):
        if not peers.lacks("tflm", op):
            others = map(reshaped, (*with_other_attributes(op), *with_other_operands(op)))
            yield from (other for other in others if excuse(other) is None)


@pytest.mark.parametrize("name", NAMES)
def test_what_tflm_computes_is_computed_here(name: str) -> None:
    rng, tried = np.random.default_rng(0), list(variants(name))
    jobs = [(engines.model_of(op), feeds(op, rng), len(op.outputs)) for op in tried]
    breaches = []
    for op, (content, feed, _), answers in zip(tried, jobs, run_in_children(jobs), strict=True):
        what = None if answers is None else breach(op, content, feed, answers)
        if what is not None:
            breaches.append((what, op.operand(0).dtype, op.attrs, [v and v.data for v in op.inputs]))
    assert not breaches
