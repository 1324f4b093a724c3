"""The models of examples/tflm: ``python tests/python/tflm_models.py directory`` writes them."""

from __future__ import annotations

import sys
from pathlib import Path

import c_models
import front_end
import numpy as np

from arenite.graph import Graph, Op, Value
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


MODELS = {
    "hello_world_float": hello_world_float,
    "hello_world_int8": models.sine,
    "audio_front_end": front_end.model,
    "micro_speech": micro_speech,
    "person_detect": person_detect,
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
