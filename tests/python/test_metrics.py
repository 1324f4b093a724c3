"""Metrics against values worked out by hand."""

import math

import numpy as np
import pytest

from arenite.comparison import metrics


def test_sqnr() -> None:
    reference = np.array([3.0, 4.0], np.float32)
    assert metrics.sqnr_db(reference, reference + np.float32(0.5)) == pytest.approx(10 * math.log10(25 / 0.5))
    assert metrics.sqnr_db(reference, reference) == math.inf
    assert metrics.sqnr_db(np.zeros(2), reference) == -math.inf


def test_worst_abs_error_does_not_wrap_in_int8() -> None:
    assert metrics.worst_abs_error(np.array([-128], np.int8), np.array([127], np.int8)) == 255


def test_accuracy_and_confusion() -> None:
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    labels = np.array([0, 1, 1])
    assert metrics.accuracy(scores, labels) == pytest.approx(2 / 3)
    assert metrics.confusion_matrix(scores, labels).tolist() == [[1, 0], [1, 1]]


def test_agreement_counts_samples_over_all_outputs() -> None:
    a = [np.array([[1, 2], [3, 4], [5, 6]], np.int8), np.array([[0], [0], [0]], np.int8)]
    b = [np.array([[1, 2], [3, 7], [5, 6]], np.int8), np.array([[0], [0], [1]], np.int8)]
    result = metrics.agreement(a, b)
    assert (result.samples, result.samples_equal, result.worst_steps) == (3, 1, 3)
