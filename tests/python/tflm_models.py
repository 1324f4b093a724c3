"""The models of examples/tflm: ``python tests/python/tflm_models.py directory`` writes them."""

from __future__ import annotations

import sys
from pathlib import Path

import c_models
import front_end
import numpy as np

from arenite.graph import Graph, Op, Quantization, Value
from arenite.writer import write

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))
import models  # noqa: E402


def hello_world_float() -> bytes:
    """1-16-16-1 in float32."""
    rng = np.random.default_rng(1)
    value = Value("x", "float32", (1, 1))
    graph = Graph("main", [value], [], [], ["x"], ["y"])
    for i, (width, activation) in enumerate([(16, "RELU"), (16, "RELU"), (1, "NONE")]):
        shape = (width, value.shape[1])
        w = Value(f"w{i}", "float32", shape, rng.normal(size=shape).astype(np.float32))
        b = Value(f"b{i}", "float32", (width,), rng.normal(size=width).astype(np.float32))
        y = Value(f"y{i}", "float32", (1, width))
        attrs = {
            "fused_activation_function": activation,
            "keep_num_dims": False,
            "asymmetric_quantize_inputs": False,
        }
        graph.ops.append(Op("fully_connected", [value, w, b], [y], attrs))
        value = y
    graph.outputs = [value]
    return write(graph)


def micro_speech() -> bytes:
    """49 rows of 40 features, 4 classes: convolution, fully connected, softmax."""
    b = models.Builder("micro_speech", (1, 49, 40, 1))
    x = b.flatten(b.conv_2d(b.input, 8, (10, 8), stride=2))
    return b.finish(b.softmax(b.fully_connected(x, 4, relu=False)))


def person_detect() -> bytes:
    """96x96 grey image, 2 classes: depthwise-separable convolutions."""
    b = models.Builder("person_b", (1, 96, 96, 1))
    x = b.conv_2d(b.input, 8, (3, 3), stride=2)
    for channels in (16, 32, 32, 64):
        x = b.conv_2d(b.depthwise_conv_2d(x, stride=2), channels, (1, 1))
    x = b.conv_2d(b.max_pool_2d(x, (3, 3)), 2, (1, 1), relu=False)
    return b.finish(b.flatten(x))


SMOOTHED_WEIGHTS = np.array([3, -2, 1, 7, -5, 2, 0, -128], np.int8)
SMOOTHED_SHIFT = 2


def smoothed() -> bytes:
    """int8 [1, 8], zero point -3: relu, then the operator that examples/tflm/custom_operator.cc brings along."""
    x, positive, y = _smoothed_values()
    return write(Graph("main", [x], [y], [Op("relu", [x], [positive]), _smoothed_op(positive, y)], ["x"], ["y"]))


def smoothed_branch() -> bytes:
    """The same with the operator in a branch, which is always taken."""
    x, positive, y = _smoothed_values()
    _, given, result = _smoothed_values()
    branch = Graph("smooth", [given], [result], [_smoothed_op(given, result)], ["positive"], ["y"])
    subgraphs = {"then_subgraph_index": branch, "else_subgraph_index": branch}
    yes = Value("yes", "bool", (), np.array(True))
    ops = [Op("relu", [x], [positive]), Op("if", [yes, positive], [y], subgraphs)]
    return write(Graph("main", [x], [y], ops, ["x"], ["y"]))


def _smoothed_values() -> list[Value]:
    named = {"x": -3, "positive": -3, "y": 0}
    return [Value(name, "int8", (1, 8), None, Quantization.per_tensor(0.5, zero)) for name, zero in named.items()]


def _smoothed_op(x: Value, y: Value) -> Op:
    weights = Value("weights", "int8", (8,), SMOOTHED_WEIGHTS, Quantization.per_tensor(1, 0))
    return Op("custom", [x, weights], [y], {"custom_code": "SMOOTHED", "custom_options": bytes([SMOOTHED_SHIFT])})


MODELS = {
    "hello_world_float": hello_world_float,
    "hello_world_int8": models.sine,
    "audio_front_end": front_end.model,
    "micro_speech": micro_speech,
    "person_detect": person_detect,
    "smoothed": smoothed,
    "smoothed_branch": smoothed_branch,
}


def write_all(directory: Path) -> None:
    """Each as ``<name>.tflite``."""
    for name, make in MODELS.items():
        (directory / f"{name}.tflite").write_bytes(make())


def assembly(directory: Path) -> str:
    """The models of :func:`write_all` as the arrays that the programs name, for the assembler."""
    return c_models.assembly({f"g_{name}_model_data": directory / f"{name}.tflite" for name in MODELS})


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
