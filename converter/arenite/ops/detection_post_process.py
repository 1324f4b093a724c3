"""TFLite_Detection_PostProcess: boxes from their encodings relative to anchors, and of those that overlap the best.

Operands: encodings [1, N, ≥ 4] (y, x, h, w), scores [1, N, classes, with or without a background before them], anchors [N, 4].
Results: boxes (top, left, bottom, right), classes, scores, falling, with zeroes behind them; and how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import cases
from ..cases import Draw
from ..errors import GraphError
from ..graph import Op, Value
from ..opdef import Declaration, attribute

_ATTRS = {
    "detections_per_class": 100,
    "h_scale": 5.0,
    "max_classes_per_detection": 1,
    "max_detections": 0,
    "nms_iou_threshold": 0.6,
    "nms_score_threshold": 0.0,
    "num_classes": 0,
    "use_regular_nms": False,
    "w_scale": 5.0,
    "x_scale": 10.0,
    "y_scale": 10.0,
}


def shape(op: Op) -> list[tuple[int, ...]]:
    codes, scores, anchors = (op.operand(i).shape for i in range(3))
    classes, count = attribute(op, "num_classes"), attribute(op, "max_detections")
    if len(codes) != 3 or codes[2] < 4 or anchors != (codes[1], 4) or scores[:2] != (1, codes[1]) or count < 1:
        raise GraphError(f"encodings {list(codes)}, scores {list(scores)} and anchors {list(anchors)} do not fit")
    if not attribute(op, "use_regular_nms"):
        count *= min(attribute(op, "max_classes_per_detection"), classes)
    return [(1, count, 4), (1, count), (1, count), (1,)]


def reference(op: Op, inputs: Sequence[np.ndarray | None]) -> list[np.ndarray]:
    codes, scores, anchors = inputs
    assert codes is not None and scores is not None and anchors is not None
    boxes, table = _decoded(op, codes[0].astype(np.float64), anchors.astype(np.float64)), scores[0]
    table = table[:, table.shape[1] - attribute(op, "num_classes") :]
    most = attribute(op, "max_detections")
    if attribute(op, "use_regular_nms"):
        per_class = attribute(op, "detections_per_class")
        found = [(i, c) for c in range(table.shape[1]) for i in _best(op, boxes, table[:, c])[:per_class]]
        found = sorted(found, key=lambda pair: -table[pair])[:most]
    else:
        classes = np.argsort(-table, 1, kind="stable")[:, : attribute(op, "max_classes_per_detection")]
        found = [(i, int(c)) for i in _best(op, boxes, table.max(1))[:most] for c in classes[i]]
    results = [np.zeros(s, np.float32) for s in shape(op)]
    for n, (i, c) in enumerate(found):
        results[0][0, n], results[1][0, n], results[2][0, n] = boxes[i], c, table[i, c]
    results[3][0] = len(found)
    return results


def _decoded(op: Op, codes: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """float32 [N, 4]: top, left, bottom, right."""
    y, x, h, w = (codes[:, i] / np.float64(np.float32(attribute(op, f"{n}_scale"))) for i, n in enumerate("yxhw"))
    centre = np.stack([y * anchors[:, 2] + anchors[:, 0], x * anchors[:, 3] + anchors[:, 1]], 1).astype(np.float32)
    half = (0.5 * np.exp(np.stack([h, w], 1)) * anchors[:, 2:]).astype(np.float32)
    return np.concatenate([centre - half, centre + half], 1)


def _best(op: Op, boxes: np.ndarray, scores: np.ndarray) -> list[int]:
    """Boxes by falling score, without those that overlap a better one too much."""
    least, most = (np.float32(attribute(op, name)) for name in ("nms_score_threshold", "nms_iou_threshold"))
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] >= least and all(_overlap(boxes[j], boxes[i]) <= most for j in kept):
            kept.append(int(i))
    return kept


def _overlap(a: np.ndarray, b: np.ndarray) -> np.float32:
    size = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), np.float32(0))
    both = size[0] * size[1]
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return np.float32(both / (areas[0] + areas[1] - both))


def case(draw: Draw, dtype: str) -> Op:
    rng, count, classes = cases.rng_of(draw), draw.integer(1, 20), draw.integer(1, 4)
    anchors = rng.uniform(0.2, 0.8, (count, 4)).astype(np.float32)
    operands: list[Value | None] = [Value("", dtype, (1, count, 4 + draw.integer(0, 1)))]
    operands += [Value("", dtype, (1, count, classes + draw.integer(0, 1))), Value("", dtype, anchors.shape, anchors)]
    attrs = {
        "num_classes": classes,
        # with fewer boxes, and with several classes a box, TFLite Micro leaves or skips places of the results
        "max_detections": 1 if not (regular := draw.choice([False, True])) else draw.integer(1, 12),
        "nms_score_threshold": draw.choice([-100.0, 0.5]) if regular else -100.0,
        "nms_iou_threshold": draw.choice([0.1, 0.5, 1.0]),
        "use_regular_nms": regular,
        "detections_per_class": draw.choice([1, 3, 100]),
    }
    op = Op("detection_post_process", operands, [], {**_ATTRS, **attrs})
    op.outputs = [Value("", dtype, s) for s in shape(op)]
    return op


OP = Declaration(shape=shape, reference=reference, case=case, data=(0, 1), attrs=_ATTRS)
