"""int8 functions of one element on boards, every code: the host's bytes, in hardware floats and in software."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import arenite.board
from arenite.graph import Graph, Op, Quantization, Value
from arenite.runtime import Interpreter
from arenite.writer import write

pytestmark = [pytest.mark.needs_tools, pytest.mark.slow]

SHAPE = (1, 512)  # more elements than codes: through the table
#: operator → (attributes, scale and zero point of the result); the operand's scale is 0.037.
FUNCTIONS: dict[str, tuple[dict[str, Any], float, int]] = {
    "abs": ({}, 0.037, -128),
    "elu": ({}, 0.0371, -90),
    "exp": ({}, 0.31, -120),
    "gelu": ({"approximate": False}, 0.03, -100),
    "hard_swish": ({}, 0.03, -100),
    "leaky_relu": ({"alpha": 0.3}, 0.04, -5),
    "log": ({}, 0.0123, 20),
    "tanh": ({}, 1 / 128, 0),
}


def model() -> bytes:
    """One input, a result of each function."""
    x = Value("x", "int8", SHAPE, None, Quantization.per_tensor(0.037, 3))
    results, ops = [], []
    for name, (attrs, scale, zero_point) in FUNCTIONS.items():
        results.append(Value(name, "int8", SHAPE, None, Quantization.per_tensor(scale, zero_point)))
        ops.append(Op(name, [x], [results[-1]], dict(attrs)))
    return write(Graph("main", [x], results, ops, ["x"], list(FUNCTIONS)))


@pytest.mark.parametrize("board", ["cortex-m0plus", "cortex-m7"])
def test_every_code(board: str) -> None:
    codes = np.tile(np.arange(-128, 128), 2).astype(np.int8).reshape(SHAPE)
    host = Interpreter(model_content=model())
    host.allocate_tensors()
    host.set_tensor(host.get_input_details()[0]["index"], codes)
    host.invoke()
    for results in arenite.board.run(model(), [codes, codes], board=board).outputs:  # tables are filled, then found
        for detail, result in zip(host.get_output_details(), results, strict=True):
            np.testing.assert_array_equal(result, host.get_tensor(detail["index"]), detail["name"])
