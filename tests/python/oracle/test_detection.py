"""All four results of TFLite_Detection_PostProcess; the generated instances of test_operators.py compare the boxes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from oracle import engines
from seeded import SeededDraw

from arenite import cases
from arenite.errors import ModelError
from arenite.graph import Op
from arenite.opdef import declaration

pytest.importorskip("tflite_micro")
DETECTION = declaration("detection_post_process")


def instance(seed: int, **attrs: object) -> Op:
    assert DETECTION.case is not None
    op = DETECTION.case(SeededDraw(seed), "float32")
    op.attrs |= attrs
    shapes = DETECTION.shape(op)
    return replace(op, outputs=[replace(value, shape=s) for value, s in zip(op.outputs, shapes, strict=True)])


def feeds(op: Op, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [cases.values(rng, "float32", value.shape) for value in (op.operand(0), op.operand(1))]


@pytest.mark.parametrize("seed", range(30))
def test_every_result_is_tflite_micros(seed: int) -> None:
    op = instance(seed)
    x = feeds(op, seed)
    results = engines.ours(engines.model_of(op), x)
    for mine, theirs in zip(results, engines.tflm(engines.model_of(op), x, 4), strict=True):
        np.testing.assert_array_equal(mine, theirs.reshape(mine.shape))


@pytest.mark.parametrize("seed", range(10))
def test_several_classes_of_a_box_and_room_behind_them(seed: int) -> None:
    """TFLite Micro skips places between the classes of a box, to beyond the results' end, and leaves the rest as it was."""
    op = instance(seed, use_regular_nms=False, max_classes_per_detection=2, max_detections=30)
    x = feeds(op, seed)
    results = engines.ours(engines.model_of(op), x)
    for mine, expected in zip(results, DETECTION.reference(op, [*x, op.operand(2).data]), strict=True):
        np.testing.assert_array_equal(mine, expected)
    assert 0 < results[3][0] < results[2].size and (results[2][0, int(results[3][0]) :] == 0).all()


def test_a_box_without_extent() -> None:
    op = instance(0)
    x = feeds(op, 0)
    x[0][0, 0, 2] = -np.inf
    with pytest.raises(ModelError, match="value at run time is out of range"):
        engines.ours(engines.model_of(op), x)
