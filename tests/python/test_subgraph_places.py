"""Subgraphs: how deep calls may be nested, whose place an error names, and which variable a subgraph means."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from test_guarantee import LIMIT, refusal
from test_reader import dictionary, tensor

from arenite import flat
from arenite.errors import AreniteError
from arenite.runtime import Interpreter
from arenite.text import parse
from arenite.writer import write

DEEPEST = 8  # kMaxCallDepth


def nested(depth: int, innermost: str = "relu(%x)") -> bytes:
    """A main graph and ``depth`` subgraphs, each of which calls the next and then does something else."""
    parts = []
    for level in range(depth + 1):
        both = f'{{then_subgraph_index=@"s{level + 1}", else_subgraph_index=@"s{level + 1}"}}'
        name = f'subgraph "s{level}"' if level else ""
        call = [f"%y: int32[4] = if(%c, %x) {both}"] if level < depth else [f"%y: int32[4] = {innermost}"]
        given = ["%c: bool[] = const 1", "%x: int32[4] = input"] if level < depth else ["%x: int32[4] = input"]
        parts.append("\n".join([name, *given, *call, "%z: int32[4] = add(%y, %y)", "return %z"]).strip())
    return write(parse("\n\n".join(parts)))


def calls(subgraph: dict[str, Any], index: int) -> None:
    """Its IF calls that subgraph."""
    _, options = subgraph["operators"][0]["builtin_options"]
    options.update(then_subgraph_index=index, else_subgraph_index=index)


def test_calls_are_nested_as_deep_as_the_limit() -> None:
    interpreter = Interpreter(model_content=nested(DEEPEST, "add(%x, %x)"))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.ones(4, np.int32))
    interpreter.invoke()
    assert (interpreter.get_tensor(interpreter.get_output_details()[0]["index"]) == 2 ** (DEEPEST + 2)).all()
    root = dictionary(flat.read(nested(DEEPEST, "add(%x, %x)")))
    one_more = copy.deepcopy(root["subgraphs"][DEEPEST - 1])  # our writer would refuse a file of as many levels
    calls(one_more, DEEPEST + 1)
    root["subgraphs"].insert(DEEPEST, one_more)
    assert LIMIT in refusal(flat.serialize(root))


def test_a_subgraph_that_there_is_not() -> None:
    root = dictionary(flat.read(nested(1, "add(%x, %x)")))
    calls(root["subgraphs"][0], len(root["subgraphs"]))
    assert "an index" in refusal(flat.serialize(root))


def test_behind_a_call_the_place_is_the_callers_again() -> None:
    root = dictionary(flat.read(nested(1, "add(%x, %x)")))
    tensor(root, "z")["shape"] = [5]
    said = refusal(flat.serialize(root))
    assert "operator 1 (add" in said and "subgraph" not in said.split(";")[0]


def test_a_failure_has_the_place_of_the_innermost_operator() -> None:
    interpreter = Interpreter(model_content=nested(3, "floor_div(%x, %x)"))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.zeros(4, np.int32))
    with pytest.raises(AreniteError, match=r"operator 0 \(floor_div.*subgraph 3"):
        interpreter.invoke()


#: one subgraph, called with two variables
TWO = """
%p: bool[] = input
%x: float32[4] = input
%v: resource[] = var_handle() {shared_name="v"}
%w: resource[] = var_handle() {shared_name="w"}
%a: float32[4] = if(%p, %v, %x) {then_subgraph_index=@"store", else_subgraph_index=@"store"}
%b: float32[4] = if(%p, %w, %x) {then_subgraph_index=@"store", else_subgraph_index=@"store"}
%y: float32[4] = add(%a, %b)
return %y

subgraph "store"
%v: resource[] = input
%x: float32[4] = input
assign_variable(%v, %x)
return %x
"""

#: a variable that a condition chooses
CHOSEN = """
%p: bool[] = input
%x: float32[4] = input
%v: resource[] = var_handle() {shared_name="v"}
%w: resource[] = var_handle() {shared_name="w"}
%c: resource[] = if(%p, %v, %w) {then_subgraph_index=@"first", else_subgraph_index=@"second"}
assign_variable(%c, %x)
%y: float32[4] = read_variable(%v)
return %y

subgraph "first"
%v: resource[] = input
%w: resource[] = input
return %v

subgraph "second"
%v: resource[] = input
%w: resource[] = input
return %w
"""


def test_a_subgraph_means_one_variable() -> None:
    Interpreter(model_content=write(parse(TWO.replace("if(%p, %w,", "if(%p, %v,")))).allocate_tensors()
    assert "subgraph 1" in refusal(write(parse(TWO)))


def test_a_variable_that_is_chosen_while_the_model_runs_is_refused() -> None:
    assert "operator 3 (assign_variable" in refusal(write(parse(CHOSEN)))


APART = """
%x: float32[{size}] = input
%v: resource[] = var_handle() {{container="a", shared_name="v"}}
%w: resource[] = var_handle() {{container="b", shared_name="v"}}
assign_variable(%v, %x)
%y: float32[{size}] = read_variable(%w)
return %y
"""


def test_variables_of_one_name_in_two_containers_are_two() -> None:
    interpreter = Interpreter(model_content=write(parse(APART.format(size=4))))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.ones(4, np.float32))
    interpreter.invoke()
    assert not interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).any()


def test_a_variable_without_elements_is_refused() -> None:
    assert "operator 2 (assign_variable" in refusal(write(parse(APART.format(size=0))))
