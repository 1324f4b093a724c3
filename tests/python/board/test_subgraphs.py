"""A loop and variables on a board: the host's bytes over several runs, and the host's arena."""

from __future__ import annotations

import numpy as np
import pytest

import arenite.board
from arenite.runtime import Interpreter
from arenite.text import parse
from arenite.writer import write

pytestmark = pytest.mark.needs_tools

#: y = (variable + x) · 2³, the doubling in a loop; the variable starts at 5, 6, 7, 8 and becomes the sum
MODEL = """
%x: int8[1,4] q(0.5, 3) = input
call_once() {init_subgraph_index=@"init"}
%a: resource[] = var_handle() {shared_name="a"}
%old: int8[1,4] q(0.5, 3) = read_variable(%a)
%sum: int8[1,4] q(0.5, 3) = add(%old, %x)
assign_variable(%a, %sum)
%0: int32[] = const 0
%n: int32[], %y: int8[1,4] q(0.5, 3) = while(%0, %sum) {cond_subgraph_index=@"more", body_subgraph_index=@"double"}
return %y

subgraph "init"
%a: resource[] = var_handle() {shared_name="a"}
%1: int8[1,4] q(0.5, 3) = const [5, 6, 7, 8]
assign_variable(%a, %1)
return

subgraph "more"
%i: int32[] = input
%x: int8[1,4] q(0.5, 3) = input
%3: int32[] = const 3
%b: bool[] = less(%i, %3)
return %b

subgraph "double"
%i: int32[] = input
%x: int8[1,4] q(0.5, 3) = input
%1: int32[] = const 1
%j: int32[] = add(%i, %1)
%y: int8[1,4] q(0.5, 3) = add(%x, %x)
return %j, %y
"""


def test_loop_and_variables() -> None:
    content = write(parse(MODEL))
    host = Interpreter(model_content=content)
    host.allocate_tensors()
    inputs = [np.array([[1, -2, 3, 4]], np.int8), np.array([[0, 9, 5, -7]], np.int8), np.zeros((1, 4), np.int8)]
    expected = []
    for x in inputs:
        host.set_tensor(host.get_input_details()[0]["index"], x)
        host.invoke()
        expected.append(host.get_tensor(host.get_output_details()[0]["index"]))
    assert len({array.tobytes() for array in expected}) == len(inputs)
    result = arenite.board.run(content, inputs, "cortex-m3")
    assert result.arena == int(host.arena_used())
    for output, array in zip(result.outputs, expected, strict=True):
        np.testing.assert_array_equal(output[0], array)
