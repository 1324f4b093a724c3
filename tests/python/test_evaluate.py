"""The numpy interpreter: observation, quantized graphs, batches."""

from __future__ import annotations

import numpy as np
import pytest

from arenite.evaluate import dequantize, evaluate, keeps_samples_apart, on_grid, quantize
from arenite.graph import Quantization
from arenite.text import parse

GRAPH = """
%x: float32[1,2] = input
%c: float32[2] = const [1, -5]
%a: float32[1,2] = add(%x, %c)
%y: float32[1,2] = relu(%a)
return %y, %a
"""


def test_outputs_in_order_and_each_value_observed_once() -> None:
    seen: list[tuple[str, list[float]]] = []
    y, a = evaluate(parse(GRAPH), [np.array([[1, 2]], np.float32)], lambda v, x: seen.append((v.name, x[0].tolist())))
    assert (y.tolist(), a.tolist()) == ([[2, 0]], [[2, -3]])
    assert seen == [("x", [1, 2]), ("a", [2, -3]), ("y", [2, 0])]


def test_a_quantized_graph_rounds_to_its_grids() -> None:
    graph = parse("""
%x: int8[1,2] q(0.5, 0) = input
%w: int8[1,2] q([0.25], axis=0) = const [4, 8]
%b: int32[1] = const 3
%y: int8[1,1] q(0.5, -128) = fully_connected(%x, %w, %b)
return %y
""")
    # x → [1, −0.5]; y = 1·1 − 0.5·2 + 3·0.125 = 0.375 → the step 0.5
    assert evaluate(graph, [np.array([[1.1, -0.6]], np.float32)])[0].tolist() == [[0.5]]
    assert evaluate(graph, [np.array([[-9.0, 0]], np.float32)])[0].tolist() == [[0.0]]  # saturates at −128


def test_quantize_rounds_halves_away_from_zero_and_saturates() -> None:
    grid = Quantization.per_tensor(0.5, 10)
    assert quantize(np.float32([0.25, -0.25, 1e9, -1e9, 0]), grid).tolist() == [11, 9, 127, -128, 10]
    channels = Quantization(np.float32([1, 2]), np.int64([0, 0]), 1)
    assert dequantize(np.int8([[3, 3]]), channels).tolist() == [[3, 6]]
    assert on_grid(np.float32([[3.4, 3.2]]), channels, "int8").tolist() == [[3, 4]]


@pytest.mark.parametrize(("dtype", "zero"), [("int4", 3), ("int8", -128), ("uint8", 130), ("int16", 0), ("int32", 9)])
def test_values_on_a_grid_are_those_of_its_steps(dtype: str, zero: int) -> None:
    rng = np.random.default_rng(0)
    grid = Quantization(np.float32([0.5, 0.03]), np.int64([zero, 1]), 1)
    halves = np.arange(-40, 40).reshape(-1, 2) * grid.scale * np.float32(0.5)
    x = np.concatenate([halves, rng.normal(0, 40, (500, 2)), [[1e30, -np.inf], [-0.0, -1e-9]]]).astype(np.float32)
    made = on_grid(x, grid, dtype)
    assert made.tobytes() == dequantize(quantize(x, grid, dtype), grid).tobytes()


def test_what_is_no_number_is_the_lowest_step() -> None:
    assert on_grid(np.float32([np.nan, 1]), Quantization.per_tensor(0.5, -1), "int8").tolist() == [-63.5, 1]


@pytest.mark.parametrize(
    ("line", "apart"),
    [
        ("%y: float32[1,4] = softmax(%x)", True),
        ("%y: float32[1,8] = concatenation(%x, %x) {axis=1}", True),
        ("%y: float32[2,4] = concatenation(%x, %x) {axis=0}", False),
        ("%s: int32[2] = const [1, 4]\n%y: float32[1,4] = reshape(%x, %s)", True),
        ("%s: int32[1] = const 0\n%y: float32[4] = mean(%x, %s)", False),
        ("%s: int32[2] = const [4, 1]\n%t: float32[4,1] = reshape(%x, %s)\n%y: float32[4,1] = softmax(%t)", True),
    ],
)
def test_which_graphs_keep_samples_apart(line: str, apart: bool) -> None:
    assert keeps_samples_apart(parse(f"%x: float32[1,4] = input\n{line}\nreturn %y")) == apart
