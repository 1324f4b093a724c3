"""Chains of element-wise operators as one look-up, masks before softmax, and what takes the place of missing kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracle import engines
from seeded import SeededDraw

import arenite
from arenite.comparison.metrics import sqnr_db
from arenite.evaluate import evaluate
from arenite.graph import Graph, Quantization
from arenite.opdef import declaration
from arenite.passes import PassContext, run_passes, tabulate
from arenite.tabulation import entries_of, looked_up, table
from arenite.text import parse

SOFTPLUS = (
    '%x: float32[1,8] = input "x"\n%minus: float32[] = const -1.0\n%one: float32[] = const 1.0\n'
    "%p: float32[1,8] = relu(%x)\n%a: float32[1,8] = abs(%x)\n%n: float32[1,8] = mul(%a, %minus)\n"
    "%e: float32[1,8] = exp(%n)\n%s: float32[1,8] = add(%e, %one)\n%l: float32[1,8] = log(%s)\n"
    "%y: float32[1,8] = add(%p, %l)\nreturn %y"
)
SAMPLES = np.random.default_rng(0).uniform(-6, 6, (64, 8)).astype(np.float32)


def names(graph: Graph) -> list[str]:
    return [op.name for op in graph.ops]


def tabulated(text: str) -> list[str]:
    return names(run_passes(parse(text), PassContext("int8"), (tabulate,)))


def run(content: bytes, inputs: np.ndarray) -> np.ndarray:
    """Real outputs in our interpreter."""
    interpreter = arenite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    scale, zero = source["quantization"]
    limits = np.iinfo(source["dtype"])
    codes = np.clip(np.rint(inputs / scale) + zero, limits.min, limits.max).astype(source["dtype"])
    rows = []
    for row in codes:
        interpreter.set_tensor(source["index"], row[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(result["index"])[0].astype(np.float64))
    scale, zero = result["quantization"]
    return (np.array(rows) - zero) * scale


@pytest.mark.parametrize(("scheme", "least_db"), [("int8", 44.0), ("16x8", 70.0)])
def test_a_chain_is_one_look_up_and_rounds_once(scheme: str, least_db: float) -> None:
    graph = parse(SOFTPLUS)
    conversion = arenite.convert(graph, scheme, SAMPLES)
    assert names(conversion.graph) == ["arenite_table"]
    assert any("arenite_table instead of relu, abs, mul, exp, add, log, add" in e.text for e in conversion.report.log)
    truth = np.concatenate([evaluate(graph, [sample[None]])[0] for sample in SAMPLES])
    assert sqnr_db(truth, run(conversion.content, SAMPLES)) > least_db
    assert conversion.report.predicted_sqnr_db["y"] > least_db


def test_int8_entries_are_the_nearest_codes() -> None:
    conversion = arenite.convert(parse(SOFTPLUS), "int8", SAMPLES)
    (op,) = conversion.graph.ops
    x, entries, y = op.operand(0).quant, op.operand(1).data, op.output.quant
    assert x is not None and y is not None and entries is not None
    real = (np.arange(-128, 128) - x.zero_point[0]) * np.float64(x.scale[0])
    exact = np.logaddexp(0, real) / y.scale[0] + y.zero_point[0]
    assert np.abs(entries - np.clip(exact, -128, 127)).max() < 0.5001


def test_lines_are_half_a_step_from_a_smooth_function() -> None:
    grid = Quantization.per_tensor(2.0**-13, 0)
    graph = parse('%x: float32[1] = input "x"\n%y: float32[1] = sin(%x)\nreturn %y')
    from arenite.tabulation import Function

    entries = table(Function(graph), grid, Quantization.per_tensor(2.0**-15, 0), "int16")
    assert entries.shape == (entries_of("int16"),)
    x = np.linspace(-3.9, 3.9, 4001, dtype=np.float32)
    real = looked_up(entries * np.float32(2.0**-15), x, grid, "int16")
    assert np.abs(real - np.sin(x)).max() < 2.0**-13


HEAD = '%x: float32[1,8] = input "x"\n'


def test_two_operators_with_kernels_stay() -> None:
    assert tabulated(HEAD + "%a: float32[1,8] = abs(%x)\n%y: float32[1,8] = exp(%a)\nreturn %y") == ["abs", "exp"]


def test_one_without_a_kernel_does_not() -> None:
    assert tabulated(HEAD + "%y: float32[1,8] = ceil(%x)\nreturn %y") == ["arenite_table"]


def test_a_chain_ends_where_two_operands_meet_or_another_reads() -> None:
    two = (
        HEAD + '%z: float32[1,8] = input "z"\n%s: float32[1,8] = add(%x, %z)\n%c: float32[1,8] = ceil(%s)\n'
        "%f: float32[1,8] = floor(%c)\n%y: float32[1,8] = mul(%f, %c)\nreturn %y"
    )
    assert tabulated(two) == ["add", "arenite_table"]
    read = HEAD + "%c: float32[1,8] = ceil(%x)\n%y: float32[1,8] = floor(%c)\nreturn %c, %y"
    assert tabulated(read) == ["arenite_table", "arenite_table"]


def test_constants_that_differ_and_broadcasting_are_no_function_of_one_element() -> None:
    varied = HEAD + "%k: float32[2] = const [1.0, 2.0]\n%r: float32[1,4,2] = reshape(%x)\n"
    varied += "%y: float32[1,4,2] = pow(%r, %k)\nreturn %y"
    assert "arenite_table" not in tabulated(varied)
    spread = '%x: float32[1,1] = input "x"\n%z: float32[1,8] = input "z"\n%y: float32[1,8] = pow(%z, %x)\nreturn %y'
    assert tabulated(spread) == ["pow"]


def test_a_condition_on_an_element_is_part_of_its_function() -> None:
    text = HEAD + "%k: float32[] = const 0.5\n%g: bool[1,8] = greater(%x, %k)\n"
    text += '%m: float32[1,8] = cast(%g) {in_data_type="BOOL", out_data_type="FLOAT32"}\n'
    text += "%y: float32[1,8] = mul(%x, %m)\nreturn %y"
    assert tabulated(text) == ["arenite_table"]


MASKED = {
    "chosen": "%k: float32[] = const -1e9\n%b: float32[1,8] = select_v2(%keep, %x, %k)\n",
    "added": "%k: float32[8] = const [0, 0, 0, 0, 0, -1e9, -1e9, -1e9]\n%b: float32[1,8] = add(%x, %k)\n",
}


@pytest.mark.parametrize("how", MASKED)
@pytest.mark.parametrize(("scheme", "least_db"), [("int8", 36.0), ("16x8", 70.0)])
def test_masks_do_not_take_the_range(how: str, scheme: str, least_db: float) -> None:
    keep = "%keep: bool[8] = const [1, 1, 1, 1, 1, 0, 0, 0]\n"
    graph = parse(HEAD + (keep if how == "chosen" else "") + MASKED[how] + "%y: float32[1,8] = softmax(%b)\nreturn %y")
    conversion = arenite.convert(graph, scheme, SAMPLES)
    assert any(e.pass_name == "bound_masks" and "masked elements become" in e.text for e in conversion.report.log)
    truth = np.concatenate([evaluate(graph, [sample[None]])[0] for sample in SAMPLES])
    results = run(conversion.content, SAMPLES)
    assert sqnr_db(truth, results) > least_db
    assert results[:, 5:].max() <= 1 / 256


def test_a_wide_range_without_masks_stays() -> None:
    graph = parse(HEAD + "%y: float32[1,8] = softmax(%x)\nreturn %y")
    assert not any(e.pass_name == "bound_masks" for e in arenite.convert(graph, "int8", SAMPLES).report.log)


@pytest.mark.parametrize("scheme", ["int8", "16x8"])
def test_comparisons_and_quotients_are_integer(scheme: str) -> None:
    text = HEAD + '%z: float32[1,8] = input "z"\n%e: float32[1,8] = exp(%z)\n%y: float32[1,8] = div(%x, %e)\nreturn %y'
    conversion = arenite.convert(parse(text), scheme, [SAMPLES, SAMPLES[::-1] / 4])
    assert not any("stays float" in entry.text for entry in conversion.report.log)
    if scheme == "int8":
        text = HEAD + '%z: float32[1,8] = input "z"\n%y: bool[1,8] = greater(%x, %z)\nreturn %y'
        conversion = arenite.convert(parse(text), scheme, [SAMPLES, SAMPLES[::-1]])
        assert names(conversion.graph) == ["greater"] and conversion.graph.inputs[0].dtype == "int8"


def test_builtins_only_keeps_to_what_others_know_and_else_names_the_layer() -> None:
    plain = arenite.convert(parse(SOFTPLUS), quantize="int8", calibration=SAMPLES, builtins_only=True)
    assert "arenite_table" not in names(plain.graph) and "exp" in names(plain.graph)
    wave = parse('%x: float32[1,8] = input "x"\n%y: float32[1,8] = sin(%x)\nreturn %y')
    with pytest.raises(arenite.UnsupportedError, match="sin has no int8 kernel"):
        arenite.convert(wave, quantize="int8", calibration=SAMPLES, builtins_only=True)


def test_builtins_only_names_layers_that_are_operators_of_our_own(tmp_path: Path) -> None:
    case = declaration("arenite_gru").case
    assert case is not None
    model = tmp_path / "gru.tflite"
    model.write_bytes(engines.model_of(case(SeededDraw(1), "float32")))
    assert any("ARENITE_GRU" in warning for warning in arenite.convert(model).report.warnings)
    with pytest.raises(arenite.UnsupportedError, match=r"do not know:\n.*ARENITE_GRU\nReplace"):
        arenite.convert(model, builtins_only=True)
