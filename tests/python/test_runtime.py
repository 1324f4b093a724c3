"""``arenite.Interpreter``: the same test code runs against LiteRT's interpreter and ours; then what only ours has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import small_models

import arenite

DETAIL_KEYS = {
    "name", "index", "shape", "shape_signature", "dtype", "quantization", "quantization_parameters", "sparsity_parameters",
}  # fmt: skip
Maker = Callable[..., Any]


@pytest.fixture(params=["arenite", "litert"])
def maker(request: pytest.FixtureRequest) -> Maker:
    if request.param == "arenite":
        return arenite.Interpreter
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    return lambda **arguments: litert.Interpreter(
        **arguments, experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF
    )


def ready(maker: Maker, content: bytes) -> Any:
    interpreter = maker(model_content=content)
    interpreter.allocate_tensors()
    return interpreter


# --- what both must do ----------------------------------------------------------------------------------------------------
def test_details(maker: Maker) -> None:
    interpreter = ready(maker, small_models.int8_mlp())
    (detail,) = interpreter.get_input_details()
    assert set(detail) == DETAIL_KEYS
    assert detail["name"] == "x" and detail["dtype"] == np.int8
    assert detail["shape"].tolist() == detail["shape_signature"].tolist() == [1, 4]
    assert detail["shape"].dtype == np.int32
    assert detail["quantization"] == (small_models.INPUT_SCALE, small_models.INPUT_ZERO_POINT)
    parameters = detail["quantization_parameters"]
    assert parameters["scales"].tolist() == [small_models.INPUT_SCALE] and parameters["scales"].dtype == np.float32
    assert parameters["zero_points"].tolist() == [small_models.INPUT_ZERO_POINT]
    assert parameters["zero_points"].dtype == np.int32 and parameters["quantized_dimension"] == 0
    assert detail["sparsity_parameters"] == {}
    (output,) = interpreter.get_output_details()
    assert output["name"] == "scores" and output["quantization"] == (1 / 256, -128)
    assert interpreter.get_tensor_details()[detail["index"]]["name"] == "x"


def test_float_details_are_not_quantized(maker: Maker) -> None:
    (detail,) = ready(maker, small_models.float_mlp()).get_input_details()
    assert detail["quantization"] == (0.0, 0) and detail["quantization_parameters"]["scales"].size == 0


def test_float_inference(maker: Maker) -> None:
    interpreter = ready(maker, small_models.float_mlp())
    x = np.array([[1, -2, 3, 0.5]], np.float32)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    weights = np.arange(12).reshape(3, 4) / 8 - 0.5
    logits = np.maximum(x @ weights.T + [0.25, -0.5, 0.125], 0)
    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(
        interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), expected, rtol=1e-5
    )


def test_inputs_and_outputs_keep_their_order(maker: Maker) -> None:
    interpreter = ready(maker, small_models.two_inputs())
    assert [d["name"] for d in interpreter.get_input_details()] == ["right", "left"]
    assert [d["name"] for d in interpreter.get_output_details()] == ["total", "product"]
    right, left = np.arange(5, dtype=np.float32)[None], np.full((1, 5), 3, np.float32)
    for detail, value in zip(interpreter.get_input_details(), (right, left), strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    total, product = (interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details())
    assert total.tolist() == (left + right).tolist() and product.tolist() == (left * right).tolist()


def test_tensor_gives_a_view_and_get_tensor_a_copy(maker: Maker) -> None:
    interpreter = ready(maker, small_models.two_inputs())
    index = interpreter.get_input_details()[0]["index"]
    interpreter.tensor(index)()[...] = 7
    copy = interpreter.get_tensor(index)
    assert copy.tolist() == [[7] * 5]
    copy[...] = 0
    assert interpreter.get_tensor(index).tolist() == [[7] * 5]


@pytest.mark.parametrize(
    "value", [np.zeros((1, 4)), np.zeros((1, 3), np.float32), np.zeros(4, np.float32), np.zeros((2, 4), np.float32)]
)
def test_values_that_do_not_fit_are_value_errors(maker: Maker, value: np.ndarray) -> None:
    interpreter = ready(maker, small_models.float_mlp())
    with pytest.raises(ValueError):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], value)


def test_unknown_tensors_are_value_errors(maker: Maker) -> None:
    interpreter = ready(maker, small_models.float_mlp())
    with pytest.raises(ValueError):
        interpreter.get_tensor(999)


def test_invoke_before_allocation_is_a_runtime_error(maker: Maker) -> None:
    with pytest.raises(RuntimeError):
        maker(model_content=small_models.float_mlp()).invoke()


def test_garbage_is_a_value_error(maker: Maker) -> None:
    with pytest.raises(ValueError):
        maker(model_content=b"not a model at all, certainly not").allocate_tensors()


def test_signature_runner(maker: Maker) -> None:
    interpreter = maker(model_content=small_models.two_inputs())
    ((key, names),) = interpreter.get_signature_list().items()  # LiteRT sorts the names, we keep their order
    assert key == "serving_default" and set(names["inputs"]) == {"left", "right"}
    assert set(names["outputs"]) == {"product", "total"}
    runner = interpreter.get_signature_runner("serving_default")
    assert runner.get_input_details()["left"]["name"] == "left"
    assert list(runner.get_output_details()["total"]["shape"]) == [1, 5]
    left, right = np.full((1, 5), 3, np.float32), np.full((1, 5), 4, np.float32)
    results = runner(left=left, right=right)
    assert results["total"].tolist() == [[7] * 5] and results["product"].tolist() == [[12] * 5]
    with pytest.raises(ValueError):
        runner(left=left)
    with pytest.raises(ValueError):
        interpreter.get_signature_runner("training")


# --- ours alone -----------------------------------------------------------------------------------------------------------
def test_int8_inference_equals_tflm() -> None:
    tflm = pytest.importorskip("tflite_micro.python.tflite_micro.runtime")
    content = small_models.int8_mlp()
    interpreter = ready(arenite.Interpreter, content)
    oracle = tflm.Interpreter.from_bytes(content)
    rng = np.random.default_rng(3)
    for _ in range(50):
        x = rng.integers(-128, 128, (1, 4), np.int8)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
        interpreter.invoke()
        oracle.set_input(x, 0)
        oracle.invoke()
        ours = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        np.testing.assert_array_equal(ours, oracle.get_output(0))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros((1, 4), np.float32), r"'x': got float32\[1, 4\], expected int8\[1, 4\]; quantize it: round"),
        (np.zeros(4, np.int8), r"add the batch axis: value\[None\]"),
        (np.zeros((1, 4), np.int32), r"value.astype\('int8'\)"),
    ],
)
def test_the_error_says_how_to_make_it_fit(value: np.ndarray, words: str) -> None:
    interpreter = ready(arenite.Interpreter, small_models.int8_mlp())
    with pytest.raises(arenite.DataError, match=words):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], value)


def test_constants_cannot_be_set() -> None:
    interpreter = ready(arenite.Interpreter, small_models.float_mlp())
    detail = next(d for d in interpreter.get_tensor_details() if d["name"] == "dense/bias")
    assert interpreter.get_tensor(detail["index"]).tolist() == [0.25, -0.5, 0.125]
    with pytest.raises(arenite.DataError, match="constant"):
        interpreter.set_tensor(detail["index"], np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="read-only"):
        interpreter.tensor(detail["index"])()[0] = 1


def test_a_model_is_given_once() -> None:
    with pytest.raises(arenite.DataError, match="either"):
        arenite.Interpreter()
    with pytest.raises(arenite.ModelError, match=r"cannot read 'missing\.tflite'"):
        arenite.Interpreter(model_path="missing.tflite")


def test_arena_of_exactly_the_needed_size_suffices_and_one_byte_less_does_not() -> None:
    content = small_models.float_mlp()
    used = ready(arenite.Interpreter, content).arena_used()
    assert used.used == used.tensors + used.scratch + used.planning + used.persistent > 0
    exact = arenite.Interpreter(model_content=content, arena_size=used.used)
    exact.allocate_tensors()
    assert exact.arena_used() == used
    for size in (used.used - 1, 0):
        short = arenite.Interpreter(model_content=content, arena_size=size)
        with pytest.raises(arenite.ArenaError, match=rf"arena_size={used.used}\b"):
            short.allocate_tensors()


def test_plan_has_no_overlap_in_space_and_time() -> None:
    interpreter = ready(arenite.Interpreter, small_models.float_mlp())
    plan = interpreter.memory_plan()
    assert {"x", "dense", "scores"} <= {part.name for part in plan}
    for a in plan:
        assert a.offset >= 0 and a.offset + a.size <= interpreter.arena_used().planned
        for b in plan:
            together = a is not b and a.first <= b.last and b.first <= a.last
            assert not together or a.offset + a.size <= b.offset or b.offset + b.size <= a.offset


def test_op_counts() -> None:
    interpreter = arenite.Interpreter(model_content=small_models.int8_mlp())
    assert interpreter.op_counts() == {"fully_connected": 1, "relu": 1, "softmax": 1}


def test_preserve_all_tensors_keeps_intermediate_results() -> None:
    content = small_models.float_mlp()
    interpreter = arenite.Interpreter(model_content=content, preserve_all_tensors=True)
    interpreter.allocate_tensors()
    x = np.array([[1, -2, 3, 0.5]], np.float32)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    dense = next(d for d in interpreter.get_tensor_details() if d["name"] == "dense")
    weights = np.arange(12).reshape(3, 4) / 8 - 0.5
    np.testing.assert_allclose(interpreter.get_tensor(dense["index"]), x @ weights.T + [0.25, -0.5, 0.125], rtol=1e-5)


def test_two_interpreters_in_two_threads() -> None:
    content = small_models.int8_mlp()
    inputs = np.random.default_rng(5).integers(-128, 128, (300, 1, 4), np.int8)

    def run_all(results: list[np.ndarray]) -> None:
        interpreter = ready(arenite.Interpreter, content)
        for x in inputs:
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
            interpreter.invoke()
            results.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))

    alone: list[np.ndarray] = []
    run_all(alone)
    together: list[list[np.ndarray]] = [[], []]
    threads = [threading.Thread(target=run_all, args=(results,)) for results in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for results in together:
        np.testing.assert_array_equal(np.array(results), np.array(alone))


def test_views_outlive_the_interpreter() -> None:
    """A view keeps the arena alive; nothing dangles."""
    interpreter = ready(arenite.Interpreter, small_models.two_inputs())
    view = interpreter.tensor(interpreter.get_input_details()[0]["index"])()
    view[...] = 3
    del interpreter
    assert view.tolist() == [[3] * 5]
