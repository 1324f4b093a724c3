"""An invoke in steps gives what a whole one gives: operators, subgraphs, variables, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import small_models
import test_control_flow

import arenite
from arenite.errors import DataError
from arenite.text import parse
from arenite.writer import write

STATEFUL = """\
%x: int8[1,4] q(0.5, 3) = input
%state: int8[1,4] q(0.25, -7) = variable
%y: int8[1,4] q(0.5, 0) = add(%x, %state)
%z: int8[1,4] q(0.5, 0) = relu(%y)
return %z
"""


def interpreter(content: bytes) -> arenite.Interpreter:
    made = arenite.Interpreter(model_content=content)
    made.allocate_tensors()
    return made


def feed(host: arenite.Interpreter, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for detail in host.get_input_details():
        host.set_tensor(detail["index"], rng.integers(0, 5, detail["shape"]).astype(detail["dtype"]))


def results(host: arenite.Interpreter) -> list[bytes]:
    return [host.get_tensor(detail["index"]).tobytes() for detail in host.get_output_details()]


@pytest.mark.parametrize("operators", [1, 2, 1000])
@pytest.mark.parametrize("content", [small_models.float_mlp(), write(parse(STATEFUL)),
                                     write(parse(test_control_flow.COUNTER))], ids=["mlp", "variables", "while"])  # fmt: skip
def test_steps_give_what_a_whole_invoke_gives(content: bytes, operators: int) -> None:
    whole, stepped = interpreter(content), interpreter(content)
    count = sum(1 for _ in arenite.inspect(content).operators)
    for seed in range(3):
        feed(whole, seed)
        feed(stepped, seed)
        assert whole.invoke()
        steps = 1
        while stepped.invoke_step(operators) is None:
            steps += 1
        assert results(stepped) == results(whole)
        assert steps <= -(-count // operators)
        assert steps > 1 or operators > 1 or count == 1


def test_an_invoke_can_be_begun_anew_only_when_it_is_done() -> None:
    host = interpreter(small_models.float_mlp())
    feed(host, 1)
    assert host.invoke_step() is None
    host.allocate_tensors()  # gives up the one that is under way
    feed(host, 1)
    steps = [host.invoke_step() for _ in arenite.inspect(small_models.float_mlp()).operators]
    assert steps[-1] is True
    assert set(steps[:-1]) == {None}


def test_a_step_of_no_operators_is_refused() -> None:
    with pytest.raises(DataError, match="give 1 or more"):
        interpreter(small_models.float_mlp()).invoke_step(0)
