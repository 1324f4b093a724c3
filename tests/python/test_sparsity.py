"""Pruned and clustered weights: zeros stay zero, empty channels vanish, few distinct values stay few."""

from __future__ import annotations

import numpy as np
import pytest

import arenite
from arenite.graph import Graph
from arenite.text import parse

RNG = np.random.default_rng(8)
SAMPLES = RNG.normal(size=(60, 1, 8, 8, 3)).astype(np.float32)[:, 0]
MODEL = """
%x: float32[1,8,8,3] = input
%w: float32[16,3,3,3] = const random(1)
%b: float32[16] = const random(2)
%c: float32[1,6,6,16] = conv_2d(%x, %w, %b) {padding="VALID", stride_w=1, stride_h=1}
%r: float32[1,6,6,16] = relu(%c)
%v: float32[4,6,6,16] = const random(3)
%u: float32[4] = const random(4)
%y: float32[1,1,1,4] = conv_2d(%r, %v, %u) {padding="VALID", stride_w=1, stride_h=1}
return %y "scores"
"""


def model() -> Graph:
    return parse(MODEL)


def weights(graph: Graph) -> list[np.ndarray]:
    """Codes or reals of the two layers' weights."""
    found = [op.operand(1).data for op in graph.ops if op.name == "conv_2d"]
    assert len(found) == 2 and all(data is not None for data in found)
    return [data for data in found if data is not None]


def change(graph: Graph, place: int, operand: int, data: np.ndarray) -> None:
    value = [op for op in graph.ops if op.name == "conv_2d"][place].operand(operand)
    value.data = data.astype(np.float32)


@pytest.mark.parametrize(
    ("quantize", "dtype"), [("int8", "int8"), ("int8", "int4"), ("16x8", "int8"), ("dynamic", "int4")]
)
def test_zeros_stay_zero(quantize: str, dtype: str) -> None:
    """Half of the weights pruned by magnitude: each of these zeros is a zero of the file."""
    graph = model()
    for place, data in enumerate(weights(graph)):
        change(graph, place, 1, np.where(np.abs(data) < np.median(np.abs(data)), 0, data))
    pruned = [data == 0 for data in weights(graph)]
    data = None if quantize == "dynamic" else SAMPLES
    file = arenite.convert(graph, quantize, data, weights=dtype)
    for zeros, stored in zip(pruned, weights(file.graph), strict=True):
        assert 0.45 < zeros.mean() < 0.55 and not stored[zeros].any()


def test_channels_that_were_pruned_vanish() -> None:
    """A filter of zeros, and one that the next layer does not read, are not in the file; the outputs stay."""
    graph, zeros, unread = model(), (2, 5, 11), (7,)
    filters, matrix = weights(graph)
    bias = graph.ops[0].operand(2).data
    assert bias is not None
    filters, bias, matrix = filters.copy(), bias.copy(), matrix.copy()
    filters[list(zeros)], bias[list(zeros)], matrix[..., list(unread)] = 0, 0, 0
    for place, operand, data in ((0, 1, filters), (0, 2, bias), (1, 1, matrix)):
        change(graph, place, operand, data)
    whole, file = arenite.convert(model(), "int8", SAMPLES), arenite.convert(graph, "int8", SAMPLES)
    convolution = next(op for op in file.graph.ops if op.name == "conv_2d")
    assert convolution.operand(1).shape == (12, 3, 3, 3) and convolution.output.shape[-1] == 12
    assert file.report.macs < 0.8 * whole.report.macs and len(file.content) < len(whole.content) - 300
    assert file.report.predicted_sqnr_db["scores"] > 30


@pytest.mark.parametrize("clusters", [4, 16])
def test_clustered_weights_keep_their_number_of_values(clusters: int) -> None:
    """One set of values for a layer: each channel has its own scale, and at most as many codes as it had values."""
    graph = model()
    centres = np.linspace(-1, 1, clusters)
    for place, data in enumerate(weights(graph)):
        nearest = np.abs(data[..., None] / np.abs(data).max() - centres).argmin(axis=-1)
        change(graph, place, 1, centres[nearest])
    given = weights(graph)
    for before, after in zip(given, weights(arenite.convert(graph, "int8", SAMPLES).graph), strict=True):
        for values, codes in zip(before, after, strict=True):
            assert len(np.unique(codes)) <= len(np.unique(values)) <= clusters
