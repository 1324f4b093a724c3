"""How well a model does its task: classes, yes or no, several labels at once, or numbers. Figures for one output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from arenite.errors import DataError

from .metrics import confusion_matrix

#: points of a ROC curve that are kept.
ROC_POINTS = 200
#: classes beyond which no curve is drawn.
ROC_CLASSES = 12


@dataclass(frozen=True)
class Roc:
    """A ROC curve, at most ``ROC_POINTS`` points: shares of the others and of the class above a falling threshold."""

    name: str
    false_positive: np.ndarray
    true_positive: np.ndarray
    area: float


@dataclass(frozen=True)
class Task:
    """One output with labels.

    kind       "classes", "yes or no", "labels" (several at once) or "numbers".
    reference, ours  figure → value of the float model and of ours; NaN where the labels leave it undefined.
    confusion  int64, rows are the true classes, ours; None for numbers and labels.
    per_class  columns precision, recall, auc, samples of ours, one row each.
    roc        ours.
    """

    output: str
    kind: str
    reference: dict[str, float]
    ours: dict[str, float]
    confusion: np.ndarray | None = None
    per_class: list[dict[str, float]] = field(default_factory=list)
    roc: list[Roc] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; undefined figures become None."""
        return {
            "output": self.output,
            "kind": self.kind,
            "reference": _finite(self.reference),
            "ours": _finite(self.ours),
            "confusion": None if self.confusion is None else self.confusion.tolist(),
            "per_class": [_finite(row) for row in self.per_class],
            "roc": [
                {
                    "name": curve.name,
                    "area": curve.area,
                    "false_positive": curve.false_positive.tolist(),
                    "true_positive": curve.true_positive.tolist(),
                }
                for curve in self.roc
            ],
        }


def _finite(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: float(value) if np.isfinite(value) else None for name, value in figures.items()}


def labels_by_output(labels: Any, names: Sequence[str]) -> dict[int, np.ndarray]:
    """Index of an output → its labels. One array is for the first output; a dict has outputs' names. DataError else."""
    if labels is None:
        return {}
    if not isinstance(labels, Mapping):
        return {0: np.asarray(labels)}
    if unknown := [name for name in labels if name not in names]:
        raise DataError(f"labels for '{unknown[0]}', but the model's outputs are {', '.join(names)}")
    return {names.index(name): np.asarray(array) for name, array in labels.items()}


def kind_of(labels: np.ndarray, output: np.ndarray, name: str) -> tuple[str, np.ndarray]:
    """(kind, labels in the form that its figures take) for labels of an output [N, …]. DataError when they do not fit."""
    samples, shape = len(output), output.shape
    if labels.dtype.kind not in "iubf" or not np.isfinite(labels.astype(np.float64)).all():
        raise DataError(f"labels of output '{name}' are {labels.dtype}, expected numbers")
    whole = labels.dtype.kind in "iub"
    if labels.shape == shape or (output[0].size == 1 and labels.shape in ((samples,), (samples, 1))):
        flat = labels.reshape(shape)
        binary = np.isin(flat, (0, 1)).all()
        if binary and output[0].size == 1:
            return "yes or no", flat.reshape(samples).astype(np.int64)
        if binary and shape[-1] > 1 and (flat.sum(axis=-1) == 1).all():
            return "classes", flat.argmax(axis=-1)
        return ("labels" if binary else "numbers"), flat
    classes = shape[-1]
    if whole and shape[-1] > 1 and labels.shape in (shape[:-1], (*shape[:-1], 1)):
        flat = labels.reshape(shape[:-1]).astype(np.int64)
        if flat.min() < 0 or flat.max() >= classes:
            raise DataError(
                f"labels of output '{name}' reach from {flat.min()} to {flat.max()}, it has {classes} classes"
            )
        return "classes", flat
    wanted = [samples, *shape[1:-1]]
    raise DataError(
        f"labels are {labels.dtype}{list(labels.shape)}, expected integers {wanted}: one class per sample; or numbers"
        f" {list(shape)}, as output '{name}' itself"
    )


def judge(name: str, labels: np.ndarray, reference: np.ndarray, ours: np.ndarray) -> Task:
    """Both models on one output, real values [N, …]."""
    kind, truth = kind_of(labels, reference, name)
    both = (reference.astype(np.float64), ours.astype(np.float64))
    if kind == "numbers":
        return Task(name, kind, _numbers(truth, both[0]), _numbers(truth, both[1]))
    if kind == "classes":
        truth, both = truth.reshape(-1), tuple(y.reshape(-1, y.shape[-1]) for y in both)  # type: ignore[assignment]
        return _classified(name, kind, truth, both, _class_figures, confusion_matrix(both[1], truth))
    if kind == "yes or no":
        scores = tuple(y.reshape(-1) for y in both)
        return _classified(name, kind, truth, scores, _binary_figures, _binary_confusion(truth, scores[1]))
    flat, rows = truth.reshape(-1, truth.shape[-1]), tuple(y.reshape(-1, y.shape[-1]) for y in both)
    return _classified(name, kind, flat, rows, _label_figures, None)


def _classified(
    name: str,
    kind: str,
    truth: np.ndarray,
    scores: Sequence[np.ndarray],
    figures: Callable[[np.ndarray, np.ndarray], tuple[dict[str, float], list[dict[str, float]]]],
    confusion: np.ndarray | None,
) -> Task:
    (reference, _), (ours, rows) = (figures(truth, y) for y in scores)
    return Task(name, kind, reference, ours, confusion, rows, _curves(truth, scores[1]))


def _numbers(truth: np.ndarray, output: np.ndarray) -> dict[str, float]:
    error, spread = output - truth, float(np.square(truth - truth.mean(axis=0)).sum())
    return {
        "rmse": float(np.sqrt(np.square(error).mean())),
        "mae": float(np.abs(error).mean()),
        "worst": float(np.abs(error).max()),
        "r2": 1 - float(np.square(error).sum()) / spread if spread else float("nan"),
    }


def _class_figures(truth: np.ndarray, scores: np.ndarray) -> tuple[dict[str, float], list[dict[str, float]]]:
    taken = scores.argmax(axis=1)
    rows = [_one_class(truth == c, taken == c, scores[:, c]) for c in range(scores.shape[1])]
    return {"accuracy": float(np.mean(taken == truth)), **_means(rows)}, rows


def _binary_figures(truth: np.ndarray, scores: np.ndarray) -> tuple[dict[str, float], list[dict[str, float]]]:
    taken = scores > _threshold(scores)
    row = _one_class(truth == 1, taken, scores)
    return {"accuracy": float(np.mean(taken == truth)), **_means([row])}, [row]


def _label_figures(truth: np.ndarray, scores: np.ndarray) -> tuple[dict[str, float], list[dict[str, float]]]:
    taken = scores > _threshold(scores)
    rows = [_one_class(truth[:, c] == 1, taken[:, c], scores[:, c]) for c in range(scores.shape[1])]
    return {"accuracy": float(np.mean(taken == truth)), **_means(rows)}, rows


def _binary_confusion(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    matrix = np.zeros((2, 2), np.int64)
    np.add.at(matrix, (truth, (scores > _threshold(scores)).astype(np.int64)), 1)
    return matrix


def _threshold(scores: np.ndarray) -> float:
    """½ for probabilities; 0 for logits, which lie outside [0, 1] somewhere."""
    return 0.5 if scores.min() >= 0 and scores.max() <= 1 else 0.0


def _one_class(truth: np.ndarray, taken: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    hits = float(np.sum(truth & taken))
    precision = hits / taken.sum() if taken.any() else 0.0
    recall = hits / truth.sum() if truth.any() else float("nan")
    f1 = 2 * hits / (taken.sum() + truth.sum()) if taken.any() or truth.any() else float("nan")
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "auc": auc(truth, scores),
        "samples": float(truth.sum()),
    }


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Means over the classes that have samples."""
    present = [row for row in rows if row["samples"]]
    return {
        name: float(np.mean([row[name] for row in present])) if present else float("nan")
        for name in ("precision", "recall", "f1", "auc")
    }


def auc(truth: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: how often the class scores above the others, ties half. NaN without either."""
    positive, negative = int(truth.sum()), int((~truth).sum())
    if not positive or not negative:
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[place]
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))


def roc(name: str, truth: np.ndarray, scores: np.ndarray) -> Roc:
    """The curve of one class, ``truth`` bool [N]; points where the threshold passes distinct scores."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)
    hits, others = np.cumsum(truth[order])[last], np.cumsum(~truth[order])[last]
    x, y = (np.concatenate([[0.0], counts / max(counts[-1], 1)]) for counts in (others, hits))
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), ROC_POINTS)).round().astype(int))
    return Roc(name, x[kept], y[kept], auc(truth, scores))


def _curves(truth: np.ndarray, scores: np.ndarray) -> list[Roc]:
    columns = scores.reshape(len(scores), -1)
    if columns.shape[1] > ROC_CLASSES:
        return []
    if columns.shape[1] == 1:
        wanted = [("1", truth == 1)]
    else:
        wanted = [(str(c), (truth == c) if truth.ndim == 1 else truth[:, c] == 1) for c in range(columns.shape[1])]
    return [roc(n, t, columns[:, c]) for c, (n, t) in enumerate(wanted) if t.any() and not t.all()]
