"""Several subgraphs: IF, WHILE, CALL_ONCE and resource variables, beside TFLite Micro and LiteRT, and in our own files."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from several_runs import allocated, compare, run

import arenite
from arenite import flat, writer
from arenite.errors import GraphError, ModelError
from arenite.evaluate import evaluate
from arenite.graph import Graph, Value
from arenite.reader import read
from arenite.text import constants, parse, to_text
from arenite.writer import write

X = np.array([[1, -2, 3, 0.5]], np.float32)
Y = np.array([[-7, 0.25, 2, 8]], np.float32)

BRANCH = """
%p: bool[] = input
%x: float32[1,4] = input
%y: float32[1,4] = if(%p, %x) {then_subgraph_index=@"double", else_subgraph_index=@"same"}
return %y

subgraph "double"
%x: float32[1,4] = input
%y: float32[1,4] = add(%x, %x)
return %y

subgraph "same"
%x: float32[1,4] = input
return %x
"""
#: a loop in a loop, whose inner body branches; the inner condition is used by both loops
NESTED = """
%n: float32[] = input
%x: float32[1,4] = input
%k: float32[] = const 0.0
%i: float32[], %m: float32[], %y: float32[1,4] = while(%k, %n, %x) {cond_subgraph_index=@"more", body_subgraph_index=@"outer"}
%z: float32[1,4] = add(%y, %x)
return %z

subgraph "more"
%i: float32[] = input
%n: float32[] = input
%x: float32[1,4] = input
%b: bool[] = less(%i, %n)
return %b

subgraph "outer"
%i: float32[] = input
%n: float32[] = input
%x: float32[1,4] = input
%0: float32[] = const 0.0
%2: float32[] = const 2.0
%1: float32[] = const 1.0
%j: float32[], %m: float32[], %y: float32[1,4] = while(%0, %2, %x) {cond_subgraph_index=@"more", body_subgraph_index=@"inner"}
%k: float32[] = add(%i, %1)
return %k, %n, %y

subgraph "inner"
%i: float32[] = input
%n: float32[] = input
%x: float32[1,4] = input
%1: float32[] = const 1.0
%b: bool[] = less(%i, %1)
%y: float32[1,4] = if(%b, %x) {then_subgraph_index=@"grow", else_subgraph_index=@"shrink"}
%j: float32[] = add(%i, %1)
return %j, %n, %y

subgraph "grow"
%x: float32[1,4] = input
%3: float32[] = const 3.0
%y: float32[1,4] = mul(%x, %3)
return %y

subgraph "shrink"
%x: float32[1,4] = input
%3: float32[] = const 0.5
%y: float32[1,4] = mul(%x, %3)
return %y
"""
COUNTER = """
%x: int8[1,4] q(0.5, 3) = input
call_once() {init_subgraph_index=@"init"}
%a: resource[] = var_handle() {shared_name="a"}
%b: resource[] = var_handle() {shared_name="b"}
%old: int8[1,4] q(0.5, 3) = read_variable(%a)
%never: int8[1,4] q(0.5, 3) = read_variable(%b)
%new: int8[1,4] q(0.5, 3) = add(%old, %x)
assign_variable(%a, %new)
assign_variable(%b, %x)
return %new, %never

subgraph "init"
%a: resource[] = var_handle() {shared_name="a"}
%1: int8[1,4] q(0.5, 3) = const [5, 6, 7, 8]
assign_variable(%a, %1)
return
"""


def scalar(value: float | bool) -> np.ndarray:
    return np.array(value, np.bool_ if isinstance(value, bool) else np.float32)


# --- our own files --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", [BRANCH, NESTED, COUNTER])
def test_text_file_and_copy_keep_every_subgraph(text: str) -> None:
    graph = parse(text)
    printed = to_text(graph)
    assert to_text(parse(printed)) == printed
    assert to_text(graph.copy()) == printed
    content = write(graph)
    again = read(content)
    assert write(again) == content
    assert [part.name for part in again.subgraphs()] == [part.name for part in graph.subgraphs()]
    assert constants(again).keys() == constants(graph).keys()


def test_branches() -> None:
    compare(write(parse(BRANCH)), [[scalar(True), X], [scalar(False), X], [scalar(True), Y]])


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_loops_in_loops(rounds: int) -> None:
    content = write(parse(NESTED))
    feeds = [[scalar(float(rounds)), X], [scalar(float(rounds)), Y]]
    compare(content, feeds, ["tflm"])  # LiteRT does not take a subgraph that two loops use at a time
    apart = NESTED.replace('"more", body_subgraph_index=@"inner"', '"again", body_subgraph_index=@"inner"')
    condition = NESTED[NESTED.index('\nsubgraph "more"') : NESTED.index('\nsubgraph "outer"')]
    compare(write(parse(apart + condition.replace('"more"', '"again"'))), feeds)
    (expected,) = evaluate(parse(NESTED), [scalar(float(rounds)), X])
    np.testing.assert_array_equal(run(allocated(content), [scalar(float(rounds)), X])[0], expected)


def test_variables_live_between_runs() -> None:
    x = np.array([[1, -2, 3, 100]], np.int8)
    compare(write(parse(COUNTER)), [[x], [x + 1], [x], [x]], ["tflm"])  # LiteRT reads no variable before it is assigned
    kept = COUNTER.replace("%never: int8[1,4] q(0.5, 3) = read_variable(%b)\n", "").replace(", %never", "")
    compare(write(parse(kept)), [[x], [x + 1], [x], [x]])


def test_an_unassigned_variable_is_real_zero() -> None:
    _, never = run(allocated(write(parse(COUNTER))), [np.zeros((1, 4), np.int8)])
    np.testing.assert_array_equal(never, np.full((1, 4), 3, np.int8))


def test_reset_is_the_state_of_the_first_run() -> None:
    """TFLite Micro makes variables zero and does not initialise them again, which no first run sees; LiteRT keeps them."""
    interpreter, x = allocated(write(parse(COUNTER))), np.array([[1, -2, 3, 100]], np.int8)
    first = run(interpreter, [x])
    assert not np.array_equal(run(interpreter, [x])[0], first[0])
    interpreter.reset_all_variables()
    np.testing.assert_array_equal(run(interpreter, [x]), first)


# --- memory ---------------------------------------------------------------------------------------------------------
def test_plan_overlaps_only_what_does_not_live_together() -> None:
    plan = allocated(write(parse(NESTED))).memory_plan()
    for i, a in enumerate(plan):
        for b in plan[:i]:
            together = a.first <= b.last and b.first <= a.last
            apart = a.offset + a.size <= b.offset or b.offset + b.size <= a.offset
            assert not together or apart, (a, b)


def test_branches_share_their_room() -> None:
    """One branch that needs 4 kB costs as much as two of them."""

    def arena(branch: str) -> int:
        big = """
subgraph "{}"
%x: float32[1,4] = input
%1: float32[256,4] = const 1.0
%a: float32[256,4] = add(%x, %1)
%y: float32[1,4] = reduce_max(%a, %axis) {{keep_dims=True}}
return %y
""".replace("%y: float32[1,4] =", "%axis: int32[1] = const 0\n%y: float32[1,4] =")
        text = BRANCH[: BRANCH.index("\nsubgraph")] + big.format("double")
        text += big.format("same") if branch == "big" else BRANCH[BRANCH.index('subgraph "same"') :]
        return allocated(write(parse(text))).arena_used().planned

    assert arena("big") == arena("same") < 2 * 4096


def test_arena_is_exact() -> None:
    content = write(parse(NESTED))
    used = int(allocated(content).arena_used())
    np.testing.assert_array_equal(
        run(allocated(content, arena_size=used), [scalar(2.0), X]), run(allocated(content), [scalar(2.0), X])
    )
    with pytest.raises(arenite.ArenaError):
        allocated(content, arena_size=used - 1)


# --- refusals -------------------------------------------------------------------------------------------------------
def endless() -> bytes:
    return write(parse(NESTED.replace("%b: bool[] = less(%i, %n)", "%b: bool[] = less_equal(%i, %i)")))


def test_no_file_loops_for_ever() -> None:
    interpreter = allocated(endless())
    interpreter.set_iteration_limit(1000)
    with pytest.raises(ModelError, match=r"operator 0 \(while.*subgraph 2.*more iterations.*set_iteration_limit"):
        run(interpreter, [scalar(1.0), X])


def test_the_limit_counts_all_loops_of_one_run() -> None:
    interpreter = allocated(write(parse(NESTED)))
    interpreter.set_iteration_limit(9)  # 3 · (1 + 2)
    for _ in range(2):
        run(interpreter, [scalar(3.0), X])
    interpreter.set_iteration_limit(8)
    with pytest.raises(ModelError, match="more iterations"):
        run(interpreter, [scalar(3.0), X])


def unchecked(graph: Graph) -> bytes:
    """The file of a graph that breaks the invariants."""
    return flat.serialize(writer._Writer(graph, False).model(), capacity=65536)


def test_subgraphs_that_call_each_other() -> None:
    graph = parse(NESTED)
    inner = graph.subgraphs()[3]
    inner.ops[1].attrs["then_subgraph_index"] = graph.subgraphs()[2]
    with pytest.raises(GraphError, match="8 deep, or circular"):
        graph.verify()
    inner.ops[1].name, inner.ops[1].inputs = "while", [*inner.inputs[:2], inner.inputs[2]]
    inner.ops[1].attrs = {"cond_subgraph_index": graph.subgraphs()[1], "body_subgraph_index": inner}
    inner.ops[1].outputs = [Value("j", "float32", ()), Value("m", "float32", ()), *inner.ops[1].outputs]
    with pytest.raises(ModelError, match="exceeds a fixed limit"):
        allocated(unchecked(graph))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('subgraph "same"\n%x: float32[1,4]', 'subgraph "same"\n%x: float32[4,1]', "shape"),
        ('subgraph "same"\n%x: float32[1,4]', 'subgraph "same"\n%x: int32[1,4]', "types"),
        ('subgraph "same"\n%x: float32[1,4] = input', 'subgraph "same"\n%x: float32[1,4] = const 1.0', "too few or too many"),
        ("return %x\n", "return %x, %x\n", "too few or too many"),
        ("%p: bool[] =", "%p: bool[2] =", "shape"),
    ],
)  # fmt: skip
def test_calls_that_do_not_fit(old: str, new: str, message: str) -> None:
    assert old in BRANCH
    with pytest.raises(ModelError, match=message):
        allocated(write(parse(BRANCH.replace(old, new))))


#: gives its operand, if the condition's constant is False
LOOP = """
%x: float32[2] = input
%y: float32[2] = while(%x) {cond_subgraph_index=@"more", body_subgraph_index=@"next"}
return %y

subgraph "more"
%x: float32[2] = input
%b: bool[] = const False
return %b

subgraph "next"
%x: float32[2] = input
return %x
"""


def test_a_loop_gives_what_it_takes() -> None:
    """Results that fit the body alone would be copied from and to operands of other sizes."""
    x = np.array([1, 2], np.float32)
    np.testing.assert_array_equal(run(allocated(write(parse(LOOP))), [x])[0], x)
    wider = LOOP.replace("%y: float32[2]", "%y: float32[3]")
    wider = wider.replace('"next"\n%x: float32[2] = input\nreturn %x', '"next"\n%x: float32[2] = input\n'
                          "%w: float32[3] = const 1.0\nreturn %w")  # fmt: skip
    with pytest.raises(ModelError, match="shape"):
        allocated(write(parse(wider)))
    more = LOOP.replace("%y: float32[2] = while", "%y: float32[2], %z: float32[2] = while")
    more = more.replace("return %x\n", "return %x, %x\n")
    with pytest.raises(ModelError, match="too few or too many"):
        allocated(write(parse(more)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("%never: int8[1,4]", "%never: int8[1,5]"),  # its size differs from what is assigned
        ('%b: resource[] = var_handle() {shared_name="b"}', "%b: resource[] = variable"),  # named by nobody
    ],
)
def test_variables_that_do_not_fit(old: str, new: str) -> None:
    assert old in COUNTER
    with pytest.raises(ModelError):
        allocated(write(parse(COUNTER.replace(old, new))))


def test_conversion_and_inspection() -> None:
    converted = arenite.convert(parse(NESTED))
    np.testing.assert_array_equal(
        run(allocated(converted.content), [scalar(2.0), X]), run(allocated(write(parse(NESTED))), [scalar(2.0), X])
    )
    counts = arenite.inspect(converted.content).op_counts
    assert counts == {"add": 3, "while": 2, "mul": 2, "less": 2, "if": 1}


@pytest.mark.parametrize("text", [BRANCH, NESTED])
def test_optimizing_keeps_every_subgraph(text: str) -> None:
    lean = arenite.optimize(write(parse(text)), checks=3).content
    assert len(read(lean).subgraphs()) == len(parse(text).subgraphs())


# --- files of TensorFlow's converter --------------------------------------------------------------------------------
@cache
def tensorflow_model(make: Callable[[Any], Any]) -> bytes:
    tf = pytest.importorskip("tensorflow")
    module, function = make(tf)
    concrete = function.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], module)
    converter.experimental_enable_resource_variables = True
    return bytes(converter.convert())


def tf_branch(tf: Any) -> Any:
    spec = [tf.TensorSpec([1, 4]), tf.TensorSpec([], tf.bool)]
    function = tf.function(lambda x, p: tf.cond(p, lambda: x * 2 + 1, lambda: tf.nn.relu(x) - 3), input_signature=spec)
    return tf.Module(), function


def tf_loop(tf: Any) -> Any:
    def loop(x: Any, n: Any) -> Any:
        start = [tf.constant(0.0), x]
        _, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.nn.relu(y * 0.9) + 1.0), start)
        return y, y + x

    return tf.Module(), tf.function(loop, input_signature=[tf.TensorSpec([1, 4]), tf.TensorSpec([])])


def tf_variable(tf: Any) -> Any:
    module = tf.Module()
    module.total, module.count = tf.Variable(tf.ones([1, 4]) * 5), tf.Variable(tf.zeros([1, 4]))

    def step(x: Any) -> Any:
        module.total.assign_add(x)
        module.count.assign(module.count + module.total)
        return module.total + 0.0, module.count * 1.0

    module.step = tf.function(step, input_signature=[tf.TensorSpec([1, 4])])
    return module, module.step


def tf_variable_in_loop(tf: Any) -> Any:
    """The loop is handed the variable; TensorFlow counts rounds in int32."""
    module = tf.Module()
    module.value = tf.Variable(tf.ones([1, 4]))

    def step(x: Any, n: Any) -> Any:
        def body(i: Any) -> Any:
            module.value.assign(module.value * 2.0 + x)
            return (i + 1,)

        tf.while_loop(lambda i: i < n, body, [tf.constant(0)])
        return module.value + 0.0

    module.step = tf.function(step, input_signature=[tf.TensorSpec([1, 4]), tf.TensorSpec([], tf.int32)])
    return module, module.step


@pytest.mark.parametrize(
    ("make", "feeds"),
    [
        (tf_variable_in_loop, [[X, np.array(3, np.int32)], [Y, np.array(0, np.int32)], [Y, np.array(1, np.int32)]]),
        (tf_branch, [[X, scalar(True)], [X, scalar(False)]]),
        (tf_loop, [[X, scalar(5.0)], [Y, scalar(0.0)]]),
        (tf_variable, [[X], [Y], [X]]),
    ],
)
def test_files_of_tensorflow(make: Callable[[Any], Any], feeds: list[list[np.ndarray]]) -> None:
    content = tensorflow_model(make)
    compare(content, feeds)
    compare(write(read(content)), feeds)
