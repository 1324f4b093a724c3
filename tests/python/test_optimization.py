"""``arenite.optimize``: a leaner file with the same bytes at every output."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small_models
from random_graphs import Builder

from arenite import AreniteError, ModelError, UnsupportedError, convert, optimize
from arenite.graph import Graph, Op, Quantization, Value
from arenite.opdef import declaration
from arenite.passes import PIPELINE, PassContext, dead_channels, run_passes
from arenite.reader import read
from arenite.runtime import Interpreter
from arenite.writer import write

tflm = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")


class Convolutions(Builder):
    """Mostly convolutions, on images of their own."""

    KINDS = (0, 0, 0, 0, 1, 1, *range(2, 11))


def pruned(seed: int) -> bytes:
    """A random int8 model in which some channels of the weights are zero, as structured pruning leaves them."""
    graph = Convolutions(seed).build()
    rng = np.random.default_rng(seed)
    data = rng.standard_normal((4, *graph.inputs[0].shape[1:])).astype(np.float32)
    graph = convert(graph, "int8", data).graph
    for op in graph.ops:
        decl = declaration(op.name)
        if decl.weight is None:
            continue
        index, axis = decl.weight
        data = np.array(op.operand(index).data)
        for where in {axis, data.ndim - 1}:
            gone = rng.random(data.shape[where]) < 0.4
            data[tuple(gone if i == where else slice(None) for i in range(data.ndim))] = 0
        op.inputs[index] = dataclasses.replace(op.operand(index), name=f"{op.operand(index).name}_{seed}", data=data)
    return write(graph)


def outputs_here(content: bytes, inputs: list[np.ndarray]) -> list[bytes]:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    results = []
    for x in inputs:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        results += [interpreter.get_tensor(detail["index"]).tobytes() for detail in interpreter.get_output_details()]
    return results


def outputs_of_tflm(content: bytes, inputs: list[np.ndarray], count: int) -> list[bytes]:
    interpreter = tflm.Interpreter.from_bytes(content)
    results = []
    for x in inputs:
        interpreter.set_input(x, 0)
        interpreter.invoke()
        results += [interpreter.get_output(i).tobytes() for i in range(count)]
    return results


def test_pruned_models_keep_every_byte_and_lose_their_dead_channels() -> None:
    removed = 0
    for seed in range(40):
        content = pruned(seed)
        lean = optimize(content, checks=2)
        rng = np.random.default_rng(seed)
        inputs = [rng.integers(-128, 128, read(content).inputs[0].shape, np.int8) for _ in range(10)]
        expected = outputs_of_tflm(content, inputs, 2)
        assert outputs_here(lean.content, inputs) == expected, seed
        assert outputs_of_tflm(lean.content, inputs, 2) == expected, seed
        assert lean.after.macs <= lean.before.macs
        removed += any(entry.pass_name == "dead_channels" and entry.kind == "applied" for entry in lean.log)
    assert removed >= 20, "the models hardly exercise the pass"


def quantized(name: str, *shape: int, zero_point: int = -128, scale: float = 0.5) -> Value:
    return Value(name, "int8", shape, quant=Quantization.per_tensor(scale, zero_point))


def weights(name: str, array: np.ndarray, axis: int) -> Value:
    count = array.shape[axis]
    quant = Quantization(np.full(count, 0.25, np.float32), np.zeros(count, np.int64), axis if count > 1 else 0)
    return Value(name, "int8", array.shape, array.astype(np.int8), quant)


def bias(name: str, *values: int) -> Value:
    return Value(name, "int32", (len(values),), np.array(values, np.int32))


WINDOW = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}


def two_convolutions(level: int, padding: str) -> Graph:
    """x → 1×1 convolution whose channel 1 is a constant (its bias gives ``level``) → 3×3 convolution."""
    rng = np.random.default_rng(1)
    x, middle, y = quantized("x", 1, 6, 6, 2), quantized("middle", 1, 6, 6, 3), quantized("y", 1, 6, 6, 4)
    if padding == "VALID":
        y.shape = (1, 4, 4, 4)
    first = rng.integers(-127, 128, (3, 1, 1, 2))
    first[1] = 0
    second = rng.integers(-127, 128, (4, 3, 3, 3))
    ops = [
        Op("conv_2d", [x, weights("w1", first, 0), bias("b1", 5, level, 7)], [middle], {"padding": "VALID", **WINDOW}),
        Op("conv_2d", [middle, weights("w2", second, 0), bias("b2", 1, 2, 3, 4)], [y], {"padding": padding, **WINDOW}),
    ]
    return Graph("main", [x], [y], ops, ["x"], ["y"])


@pytest.mark.parametrize(
    ("level", "padding", "channels"),
    [(40, "VALID", 2), (0, "SAME", 2), (-9, "SAME", 3), (40, "SAME", 3)],
    ids=["folded into the bias", "zero is what padding is", "below zero", "padding shows where it ends"],
)
def test_a_constant_channel_moves_into_the_next_bias_unless_padding_shows_it(
    level: int, padding: str, channels: int
) -> None:
    graph = two_convolutions(level, padding)
    if level < 0:
        graph.ops[0].output.quant = Quantization.per_tensor(0.5, 0)
    lean = optimize(write(graph), checks=8)
    assert lean.graph.ops[0].output.shape[-1] == channels
    x = [np.random.default_rng(0).integers(-128, 128, (1, 6, 6, 2), np.int8)]
    assert outputs_here(lean.content, x) == outputs_of_tflm(write(graph), x, 1)


def test_a_result_of_the_model_keeps_all_its_channels() -> None:
    graph = two_convolutions(40, "VALID")
    graph.outputs.append(graph.ops[0].output)
    graph.output_names.append("middle")
    assert optimize(write(graph)).graph.ops[0].output.shape[-1] == 3


def test_the_last_channel_of_a_tensor_stays() -> None:
    graph = two_convolutions(40, "VALID")
    graph.ops[0].inputs[1] = weights("w1", np.zeros((3, 1, 1, 2)), 0)
    lean = optimize(write(graph), checks=4)
    assert lean.graph.ops[0].output.shape[-1] == 1


def test_a_bias_that_would_leave_its_type_stays_as_it_is() -> None:
    graph = two_convolutions(40, "VALID")
    graph.ops[1].inputs[2] = bias("b2", 2**30 - 1, 2**30 - 1, 2**30 - 1, 2**30 - 1)
    assert optimize(write(graph), checks=4).graph.ops[0].output.shape[-1] == 3


def test_without_kernels_only_what_nobody_reads_goes() -> None:
    graph = two_convolutions(40, "VALID")
    assert run_passes(graph, PassContext(), (dead_channels,)).ops[0].output.shape[-1] == 3
    second = np.array(graph.ops[1].operand(1).data)
    second[..., 2] = 0
    graph.ops[1].inputs[1] = weights("w2", second, 0)
    assert run_passes(graph, PassContext(), (dead_channels,)).ops[0].output.shape[-1] == 2


def test_conversion_drops_channels_that_pruning_left() -> None:
    rng = np.random.default_rng(3)
    x, middle, y = (Value(n, "float32", (1, 5, 5, c)) for n, c in (("x", 2), ("middle", 6), ("y", 3)))
    first, second = rng.standard_normal((6, 3, 3, 2)), rng.standard_normal((3, 1, 1, 6))
    first[[1, 4]] = 0

    def constant(name: str, array: np.ndarray) -> Value:
        return Value(name, "float32", array.shape, array.astype(np.float32))

    ops = [
        Op("conv_2d", [x, constant("w1", first)], [middle], {"padding": "SAME", **WINDOW}),
        Op("conv_2d", [middle, constant("w2", second)], [y], {"padding": "SAME", **WINDOW}),
    ]
    graph = Graph("main", [x], [y], ops, ["x"], ["y"])
    converted = convert(graph, "int8", rng.standard_normal((20, 5, 5, 2)).astype(np.float32))
    assert converted.graph.ops[0].output.shape == (1, 5, 5, 4)
    assert converted.report.predicted_sqnr_db["y"] > 30
    assert dead_channels in PIPELINE


def test_min_and_max_and_unused_tensors_are_left_out() -> None:
    content = small_models.int8_mlp()
    lean = optimize(content, strip=True)
    assert lean.after.file_bytes < lean.before.file_bytes
    figures = {name: (before, after) for name, before, after in lean.figures()}
    assert figures["operators"] == (3, 3)
    assert lean.to_dict()["figures"]["file, bytes"]["after"] == len(lean.content)


def test_operators_that_nobody_knows_are_an_error() -> None:
    with pytest.raises(UnsupportedError, match="not in our table: fake_quant"):
        optimize(small_models.with_fake_quant())


def test_outputs_that_differ_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(graph: Graph, context: PassContext) -> None:
        op = graph.ops[0]
        data = np.array(op.operand(2).data)
        op.inputs[2] = dataclasses.replace(op.operand(2), data=data + 2**20)

    monkeypatch.setattr(dead_channels, "run", spoil)
    with pytest.raises(AreniteError, match="gives other values at output 'scores'"):
        optimize(small_models.int8_mlp())


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot read"):
        optimize(tmp_path / "absent.tflite")


def test_the_command_writes_the_file_and_says_what_became_less(tmp_path: Path) -> None:
    model, lean = tmp_path / "model.tflite", tmp_path / "lean.tflite"
    model.write_bytes(write(two_convolutions(40, "VALID")))
    run = subprocess.run(
        [sys.executable, "-m", "arenite", "optimize", str(model), "-o", str(lean), "--explain"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "multiply-accumulates" in run.stdout and "outputs equal on 16 random inputs" in run.stdout
    assert lean.stat().st_size < model.stat().st_size
