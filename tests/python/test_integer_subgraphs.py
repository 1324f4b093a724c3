"""Branches, loops and variables of integer models: integers inside too, one type and grid wherever a value is carried."""

from __future__ import annotations

import numpy as np
import pytest
from several_runs import allocated, compare, run
from test_control_flow import BRANCH

import arenite
from arenite.conversion import Conversion
from arenite.errors import CalibrationError, UnsupportedError
from arenite.evaluate import evaluate, keeps_samples_apart, takes_one_path
from arenite.graph import Graph, Op, Value
from arenite.passes import EXACT, TARGET, PassContext, refine_weights, run_passes
from arenite.text import parse

RNG = np.random.default_rng(0)
SAMPLES = RNG.normal(size=(40, 4)).astype(np.float32)

#: a variable that is assigned, a branch behind it
STATEFUL = """
%x: float32[1,4] = input
%w: float32[4,4] = const random(3)
%a: float32[1,4] = fully_connected(%x, %w, none)
%axes: int32[2] = const [0, 1]
%s: float32[] = sum(%a, %axes) {keep_dims=False}
%0: float32[] = const 0.0
%p: bool[] = greater(%s, %0)
call_once() {init_subgraph_index=@"init"}
%h: resource[] = var_handle() {shared_name="a"}
%old: float32[1,4] = read_variable(%h)
%half: float32[] = const 0.5
%less: float32[1,4] = mul(%old, %half)
%new: float32[1,4] = add(%less, %a)
assign_variable(%h, %new)
%y: float32[1,4] = if(%p, %new) {then_subgraph_index=@"double", else_subgraph_index=@"same"} @"gate"
%o: float32[1,4] = fully_connected(%y, %w, none)
return %o

subgraph "init"
%a: resource[] = var_handle() {shared_name="a"}
%1: float32[1,4] = const [5, 6, 7, 8]
assign_variable(%a, %1)
return
""" + BRANCH[BRANCH.index('\nsubgraph "double"') :]
#: a recurrent cell for eight rounds; the second variable goes around unchanged, the third is a constant at first
LOOP = """
%x: float32[1,4] = input
%0: int32[] = const 0
%h: float32[1,4] = const 0.25
%n: int32[], %k: float32[1,4], %y: float32[1,4] = while(%0, %x, %h) {cond_subgraph_index=@"if", body_subgraph_index=@"do"} @"in"
return %y

subgraph "if"
%n: int32[] = input
%x: float32[1,4] = input
%h: float32[1,4] = input
%8: int32[] = const 8
%p: bool[] = less(%n, %8)
return %p

subgraph "do"
%n: int32[] = input
%x: float32[1,4] = input
%h: float32[1,4] = input
%1: int32[] = const 1
%m: int32[] = add(%n, %1)
%w: float32[4,4] = const random(5)
%a: float32[1,4] = fully_connected(%h, %w, none)
%b: float32[1,4] = add(%a, %x)
%y: float32[1,4] = tanh(%b) @"cell"
return %m, %x, %y
"""

#: of a cell, in place of tanh alone: what goes around grows
ENDING = """%c: float32[1,4] = tanh(%b)
%half: float32[] = const 0.5
%d: float32[1,4] = abs(%c)
%y: float32[1,4] = add(%d, %half)"""
#: an input of one truth value per sample
CONDITION = "%p1: bool[1] = input\n%none: int32[0] = const 0\n%p: bool[] = reshape(%p1, %none)"
#: until its variable is large enough, which grows
UNTIL = (
    LOOP.replace("less(%n, %8)", "less(%s, %z)")
    .replace(
        "%8: int32[] = const 8", "%a: int32[2] = const [0, 1]\n%s: float32[] = sum(%h, %a)\n%z: float32[] = const 1.5"
    )
    .replace("%y: float32[1,4] = tanh(%b)", ENDING)
)


def integer_model(text: str, scheme: str = "int8", samples: object = SAMPLES, **options: object) -> Conversion:
    """The converted model, whose every boundary is sound and which computes in integers."""
    converted = arenite.convert(parse(text), scheme, samples, **options)  # type: ignore[arg-type]
    require_agreement(converted.graph)
    return converted


def require_agreement(graph: Graph) -> None:
    """Wherever bytes are copied, both sides read them alike."""
    names: dict[str, set[object]] = {}
    for part in graph.subgraphs():
        handles = {op.output: op.attrs["shared_name"] for op in part.ops if op.name == "var_handle"}
        for op in part.ops:
            for one, other in copies(op):
                assert (one.dtype, one.quant) == (other.dtype, other.quant), (op, one.name, other.name)
            if op.name in ("read_variable", "assign_variable"):
                held = op.output if op.name == "read_variable" else op.operand(1)
                names.setdefault(handles[op.operand(0)], set()).add((held.dtype, held.quant))
    assert all(len(grids) == 1 for grids in names.values()), names


def copies(op: Op) -> list[tuple[Value, Value]]:
    """What the runtime copies for IF and WHILE."""
    graphs, operands = op.callees, [value for value in op.inputs if value is not None]
    if op.name == "if":
        operands = operands[1:]
    taken = [pair for graph in graphs for pair in zip(operands, graph.inputs, strict=True)]
    giving = {"if": graphs, "while": graphs[1:]}.get(op.name, [])
    given = [pair for graph in giving for pair in zip(op.outputs, graph.outputs, strict=True)]
    return taken + given + ([*zip(operands, op.outputs, strict=True)] if op.name == "while" else [])


def kinds(graph: Graph) -> set[str]:
    return {value.dtype for part in graph.subgraphs() for value in part.values()}


def sqnr(text: str, converted: Conversion, samples: np.ndarray) -> float:
    """dB of the first output, the samples one after the other."""
    exact, rounded = allocated(arenite.convert(parse(text)).content), allocated(converted.content)
    truth, result = (np.stack([run(it, [x[None]])[0] for x in samples]) for it in (exact, rounded))
    return float(10 * np.log10(np.square(truth).sum() / np.square(truth - result).sum()))


# --- bytes and accuracy ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("scheme", "least"), [("int8", 28), ("16x8", 45)])
def test_a_variable_and_a_branch(scheme: str, least: float) -> None:
    """Samples follow each other: the variable's range is what it reaches by the last one, from its first value on."""
    converted = integer_model(STATEFUL, scheme, io="float32")
    integer = "int8" if scheme == "int8" else "int16"
    assert {op.output.dtype for op in converted.graph.ops if op.name in ("read_variable", "if", "add")} == {integer}
    assert sqnr(STATEFUL, converted, SAMPLES[:20]) > least
    if scheme == "int8":  # int16 comparisons are not TFLite Micro's; LiteRT sums wrongly to a scalar
        compare(converted.content, [[x[None]] for x in SAMPLES[:6]], ["tflm"])


@pytest.mark.parametrize(("scheme", "least"), [("int8", 25), ("16x8", 40)])
def test_a_recurrent_cell_in_a_loop(scheme: str, least: float) -> None:
    converted = integer_model(LOOP, scheme)
    assert "float32" not in kinds(converted.graph) and "int32" in kinds(converted.graph)
    feeds = [[q] for q in RNG.integers(-100, 100, (5, 1, 4)).astype(converted.graph.inputs[0].dtype)]
    compare(converted.content, feeds, ["tflm"])  # LiteRT rounds fully connected otherwise, which goes around
    assert sqnr(LOOP, integer_model(LOOP, scheme, io="float32"), SAMPLES) > least


def test_litert_runs_integer_loops_alike() -> None:
    text = LOOP.replace("%w: float32[4,4] = const random(5)", "%w: float32[] = const 0.75")
    converted = integer_model(text.replace("fully_connected(%h, %w, none)", "mul(%h, %w)"))
    compare(converted.content, [[q] for q in RNG.integers(-128, 128, (5, 1, 4)).astype(np.int8)])


def test_the_simulation_sees_the_rounds_of_the_runtime() -> None:
    converted = integer_model(LOOP, io="float32")
    for x in SAMPLES[:4]:
        (simulated,) = evaluate(converted.graph, [x[None]])
        np.testing.assert_allclose(simulated, run(allocated(converted.content), [x[None]])[0], atol=4 / 128)


# --- grids at the boundaries ------------------------------------------------------------------------------------------
def test_the_grid_of_tanh_serves_the_whole_loop_if_it_holds_what_the_loop_starts_with() -> None:
    graph = integer_model(LOOP).graph
    loop = graph.ops[0]
    assert loop.operand(2).quant is not None and loop.operand(2).quant.scale[0] == 1 / 128
    assert "quantize" not in [op.name for op in graph.subgraphs()[2].ops]


def test_what_starts_beyond_tanh_gets_a_grid_for_both_and_tanh_is_rescaled() -> None:
    text = LOOP.replace("%h: float32[1,4] = const 0.25", "%h: float32[1,4] = const -3.0")
    converted = integer_model(text, io="float32")
    first = converted.graph.ops[1].operand(2)
    assert first.quant is not None and first.data is not None
    assert np.abs((first.data - first.quant.zero_point[0]) * first.quant.scale[0] + 3).max() < 0.02
    assert [op.name for op in converted.graph.subgraphs()[2].ops][-1] == "quantize"
    assert sqnr(text, converted, SAMPLES) > 22


def test_values_that_change_places_in_a_loop_have_one_grid() -> None:
    text = LOOP.replace("return %m, %x, %y", "return %m, %y, %x")
    graph = integer_model(text).graph
    assert graph.ops[0].operand(1).quant == graph.ops[0].operand(2).quant


def test_a_variable_that_is_handed_to_a_loop() -> None:
    """The body assigns what the model reads: one variable, though the handle is another value there."""
    text = """
%x: float32[1,4] = input
%h: resource[] = var_handle() {shared_name="a"}
%0: int32[] = const 0
%n: int32[], %g: resource[], %k: float32[1,4] = while(%0, %h, %x) {cond_subgraph_index=@"more", body_subgraph_index=@"add"}
%y: float32[1,4] = read_variable(%h)
return %y

subgraph "more"
%n: int32[] = input
%h: resource[] = input
%x: float32[1,4] = input
%3: int32[] = const 3
%p: bool[] = less(%n, %3)
return %p

subgraph "add"
%n: int32[] = input
%h: resource[] = input
%x: float32[1,4] = input
%old: float32[1,4] = read_variable(%h)
%half: float32[] = const 0.5
%less: float32[1,4] = mul(%old, %half)
%new: float32[1,4] = add(%less, %x)
assign_variable(%h, %new)
%1: int32[] = const 1
%m: int32[] = add(%n, %1)
return %m, %h, %x
"""
    graph = arenite.convert(parse(text), "int8", SAMPLES).graph
    body = graph.subgraphs()[2]
    (read,) = (op.output for op in graph.ops if op.name == "read_variable")
    inside = next(op.output for op in body.ops if op.name == "read_variable")
    assigned = next(op.operand(1) for op in body.ops if op.name == "assign_variable")
    assert read.dtype == "int8" and read.quant == inside.quant == assigned.quant


def test_channels_inside_of_a_loop_are_equalized_and_what_goes_around_is_not() -> None:
    uneven = """%u: float32[4,4] = const [9, 0, 0, 1, 0, 0.01, 0, 0.02, 0.01, 0, -0.02, 0, 5, 0, 1, 5]
%w: float32[4,4] = const [0.05, 20, 0, 0, 0, 30, 10, 0.01, 0, 20, 20, 0, 0.02, 0, 0, 0.05]
%r: float32[1,4] = fully_connected(%h, %u, none) {fused_activation_function="RELU"}
%a: float32[1,4] = fully_connected(%r, %w, none)"""
    text = LOOP.replace("%w: float32[4,4] = const random(5)\n%a: float32[1,4] = fully_connected(%h, %w, none)", uneven)
    plain, equalized = (
        integer_model(text, without=["rounding", "bias", *left_out], io="float32") for left_out in (["equalize"], [])
    )
    assert any("equalized the channels of 'r" in entry.text for entry in equalized.report.log)
    assert sqnr(text, equalized, SAMPLES) > sqnr(text, plain, SAMPLES) + 3


def test_weights_inside_of_a_loop_are_fitted_to_what_its_rounds_get() -> None:
    fitted, nearest = (integer_model(LOOP, "16x8", io="float32", without=left_out) for left_out in ([], ["rounding"]))
    unseen = RNG.normal(size=(30, 4)).astype(np.float32)
    assert sqnr(LOOP, fitted, unseen) > sqnr(LOOP, nearest, unseen) + 2
    assert any(entry.place == "main" and "kept: the outputs err" in entry.text for entry in fitted.report.log)


def test_weights_in_branches_are_fitted_to_the_samples_that_take_them() -> None:
    text = BRANCH.replace("add(%x, %x)", "fully_connected(%x, %w, none)").replace(
        'subgraph "double"\n%x: float32[1,4] = input',
        'subgraph "double"\n%x: float32[1,4] = input\n%w: float32[4,4] = const random(2)',
    )
    text = text.replace("%p: bool[] = input", CONDITION)
    log = integer_model(text, "16x8", [RNG.random(40) > 0.5, SAMPLES]).report.log
    assert any("chose weights by the results' error" in entry.text for entry in log)


def test_long_loops_that_the_data_ends_keep_their_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(text: str) -> bool:
        log = integer_model(text, "16x8").report.log
        return any("weights stay as they are: its loops end by the data" in entry.text for entry in log)

    assert not refused(UNTIL)
    monkeypatch.setattr(refine_weights, "MOST_ROUNDS", 10)
    assert refused(UNTIL) and not refused(LOOP)


# --- what calibration sees --------------------------------------------------------------------------------------------
def test_ranges_are_those_of_all_rounds_and_batches_see_what_single_samples_see() -> None:
    growing = LOOP.replace("tanh(%b)", "relu(%b)").replace("const 0.25", "const 1.0")
    seen = []
    for samples in (SAMPLES, (x for x in SAMPLES)):
        context = PassContext("int8", calibration=samples)
        graph = run_passes(parse(growing), context, (*EXACT, *TARGET[:4]))
        body = graph.subgraphs()[2]
        seen.append({value.name: context.statistics[value].high for value in body.values() if not value.is_constant})
    assert seen[0] == pytest.approx(seen[1], rel=1e-5)
    h = np.full((1, 4), 1.0, np.float32)
    w = next(value.data for value in body.values() if value.shape == (4, 4))
    highest = 0.0
    for x in SAMPLES:
        state = h
        for _ in range(8):
            state = np.maximum(state @ w.T + x, 0)
            highest = max(highest, float(state.max()))
    assert context.statistics[body.outputs[2]].high == pytest.approx(highest, rel=1e-5)


def test_samples_run_together_only_where_the_data_does_not_decide() -> None:
    assert takes_one_path(parse(LOOP)) and keeps_samples_apart(parse(LOOP))
    until = LOOP.replace("less(%n, %8)", "greater(%s, %z)").replace(
        "%8: int32[] = const 8", "%a: int32[2] = const [0, 1]\n%s: float32[] = sum(%h, %a)\n%z: float32[] = const 9.0"
    )
    assert not takes_one_path(parse(until))
    assert not takes_one_path(parse(BRANCH)) and not takes_one_path(parse(STATEFUL))
    known = BRANCH.replace("%p: bool[] = input", "%p: bool[] = const True")
    assert takes_one_path(parse(known))


def test_a_branch_that_no_sample_takes_is_named() -> None:
    with pytest.raises(
        CalibrationError, match=r"layer 'gate': subgraph 'double' of its if, with 1 operators\nAdd samples"
    ):
        arenite.convert(parse(STATEFUL), "int8", np.ones((4, 4), np.float32))
    named = STATEFUL.replace("add(%x, %x)", 'add(%x, %x) @"gate"')
    untaken = arenite.convert(parse(named), "int8", np.ones((4, 4), np.float32), layers={"gate": "float"})
    assert [op.output.dtype for op in untaken.graph.subgraphs()[2].ops] == ["float32"]


def test_some_of_a_stream_are_its_first() -> None:
    """A variable that sums up is as large as three samples make it."""
    summing = STATEFUL.replace("const 0.5", "const 1.0").replace("const [5, 6, 7, 8]", "const 0.0")
    context = PassContext("int8", calibration=SAMPLES, sample_count=3)
    graph = run_passes(parse(summing), context, (*EXACT, *TARGET[:4]))
    assigned = next(op.operand(1) for op in graph.ops if op.name == "assign_variable")
    w = graph.ops[0].operand(1).data
    assert w is not None
    reached = np.cumsum(SAMPLES[:3] @ w.T, axis=0)
    assert context.statistics[assigned].high == pytest.approx(reached.max(), rel=1e-5)


def test_loops_that_end_by_rounded_values_are_named() -> None:
    assert not integer_model(LOOP).report.warnings
    (warning,) = integer_model(UNTIL).report.warnings[:1]
    assert warning.startswith("layer 'in': rounded values decide how often the while runs")


# --- types by layer, fallback, training -------------------------------------------------------------------------------
def test_a_loop_that_shall_stay_float_does() -> None:
    graph = integer_model(LOOP, layers={"in": "float", "cell": "float"}).graph
    assert [op.name for op in graph.ops] == ["dequantize", "while", "quantize"]
    body = {op.name: op.outputs[0].dtype for op in graph.subgraphs()[2].ops}
    assert (body["fully_connected"], body["tanh"]) == ("int8", "float32")


def test_a_layer_of_another_type_inside() -> None:
    graph = integer_model(LOOP, layers={"cell": "int16"}).graph
    names = {op.name: op.outputs[0].dtype for op in graph.subgraphs()[2].ops}
    assert (names["tanh"], names["fully_connected"]) == ("int16", "int8")


def test_an_operator_without_a_kernel_in_a_loop_is_named_or_stays_float_alone() -> None:
    text = LOOP.replace('tanh(%b) @"cell"', 'fully_connected(%b, %v, none) @"cell"').replace(
        "%1: int32[] = const 1", "%1: int32[] = const 1\n%s: int32[2] = const [1, 4]\n%v: float32[4,4] = tile(%b, %s)"
    )
    text = text.replace("tile(%b, %s)", "tile(%h, %s)").replace("const [1, 4]\n%v", "const [4, 1]\n%v")
    with pytest.raises(UnsupportedError, match=r"layer 'cell': fully_connected has no int8 kernel"):
        arenite.convert(parse(text), "int8", SAMPLES / 9)
    converted = integer_model(text, samples=SAMPLES / 9, allow_float_fallback=True)
    body = {op.name: op for op in converted.graph.subgraphs()[2].ops}
    assert body["tile"].output.dtype == converted.graph.ops[0].outputs[2].dtype == "int8"
    assert len(converted.report.float_fallback) == 1


def test_trained_ranges_in_subgraphs_of_like_names() -> None:
    pair = "%q: int8[1,4] q({}, 0) = quantize(%{})\n%t: float32[1,4] = dequantize(%q)\nreturn %t"
    text = BRANCH.replace('return %y\n\nsubgraph "same"', pair.format(0.25, "y") + '\n\nsubgraph "same"')
    text = text.replace("%y: float32[1,4] = add(%x, %x)", "%y: float32[1,4] = mul(%x, %x)")
    both = [np.array([True, False] * 4), SAMPLES[:8]]
    text = text.replace("%p: bool[] = input", CONDITION)
    graph = integer_model(text, samples=both).graph
    branch = next(op for op in graph.ops if op.name == "if")
    assert "dequantize" not in [op.name for part in graph.subgraphs() for op in part.ops]
    assert branch.outputs[0].quant is not None and branch.outputs[0].quant.scale[0] >= 0.25
