"""Variables: state that a graph keeps from one run to the next, through text, file, passes, simulation and runtime."""

from __future__ import annotations

import numpy as np
import pytest

import arenite
from arenite.errors import GraphError
from arenite.evaluate import State, evaluate
from arenite.graph import Graph, Value
from arenite.passes import PassContext, run_passes
from arenite.reader import read
from arenite.text import parse, to_text
from arenite.writer import write

STATEFUL = """\
%x: int8[1,4] q(0.5, 3) = input
%state: int8[1,4] q(0.25, -7) = variable
%y: int8[1,4] q(0.5, 0) = add(%x, %state)
return %y
"""
FLOAT = """
%x: float32[1,4] = input
%state: float32[1,4] = variable
%shape: int32[2] = const [1, 4]
%v: float32[1,4] = reshape(%state, %shape)
%y: float32[1,4] = add(%x, %v)
%idle: float32[1,4] = mul(%x, %state)
return %y
"""


def test_text_and_file_keep_variables() -> None:
    graph = parse(STATEFUL)
    assert to_text(graph) == STATEFUL
    again = read(write(graph))
    assert [value.name for value in again.variables()] == ["state"]
    assert to_text(read(write(again))) == to_text(again)
    assert to_text(graph.copy()) == STATEFUL


def test_a_run_starts_from_real_zero() -> None:
    """int8 state is reset to its zero point, as TFLite Micro and LiteRT do."""
    content = write(parse(STATEFUL))
    interpreter = arenite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.reset_all_variables()
    x = np.array([[3, 5, 7, -13]], np.int8)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    assert interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).tolist() == [[0, 2, 4, -16]]
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    other = litert.Interpreter(model_content=content, experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF)
    other.allocate_tensors()
    other.set_tensor(other.get_input_details()[0]["index"], x)
    other.invoke()
    assert other.get_tensor(other.get_output_details()[0]["index"]).tolist() == [[0, 2, 4, -16]]


def test_passes_neither_fold_nor_bypass_nor_drop_what_has_state() -> None:
    graph = run_passes(parse(FLOAT), PassContext())
    assert [op.name for op in graph.ops] == ["reshape", "add", "mul"]
    assert [value.name for value in graph.variables()] == ["state"]


def test_evaluation_starts_from_zero_or_from_what_is_given() -> None:
    graph = parse(FLOAT)
    (state,) = graph.variables()
    x = np.ones((2, 4), np.float32)
    assert evaluate(graph, [x])[0].tolist() == x.tolist()
    held: State = {state: np.full((2, 4), 3, np.float32)}
    assert evaluate(graph, [x], state=held)[0].tolist() == (x + 3).tolist()
    assert held[state].tolist() == np.full((2, 4), 3).tolist()


def test_a_variable_is_nothing_else() -> None:
    for value in (
        Value("v", "float32", (1,), np.zeros(1, np.float32), is_variable=True),
        Value("v", "float32", (1,), is_variable=True),
    ):
        inputs = [] if value.is_constant else [value]
        with pytest.raises(GraphError, match="variable 'v' is"):
            Graph(inputs=inputs, outputs=[value], input_names=["v"] * len(inputs), output_names=["v"]).verify()
