"""What single operators do not show on a board: subgraphs, variables, state over many runs, an operator from outside."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import front_end
import numpy as np
import seeded
import test_control_flow
import tour
from board.packs import OK, Packed, on_host
from oracle import engines, test_state

from arenite.graph import Graph, Op, Quantization, Value
from arenite.runtime import Interpreter
from arenite.text import parse
from arenite.writer import write

EXAMPLE = Path(__file__).parents[3] / "examples" / "custom_operator" / "make_model.py"
#: operators whose int8 kernels look every code up → (attributes, scale and zero point of the result); the operand's scale
#: is 0.037
FUNCTIONS: dict[str, tuple[dict[str, Any], float, int]] = {
    "abs": ({}, 0.037, -128),
    "elu": ({}, 0.0371, -90),
    "exp": ({}, 0.31, -120),
    "gelu": ({"approximate": False}, 0.03, -100),
    "hard_swish": ({}, 0.03, -100),
    "leaky_relu": ({"alpha": 0.3}, 0.04, -5),
    "log": ({}, 0.0123, 20),
    "tanh": ({}, 1 / 128, 0),
}


def every_code() -> Packed:
    """One input, a result of each function; two runs, because tables are filled in the first one and found in the next."""
    x = Value("x", "int8", (1, 512), None, Quantization.per_tensor(0.037, 3))
    results, ops = [], []
    for name, (attrs, scale, zero_point) in FUNCTIONS.items():
        results.append(Value(name, "int8", x.shape, None, Quantization.per_tensor(scale, zero_point)))
        ops.append(Op(name, [x], [results[-1]], dict(attrs)))
    codes = np.tile(np.arange(-128, 128), 2).astype(np.int8).reshape(x.shape)
    return on_host("every code", write(Graph("main", [x], results, ops, ["x"], list(FUNCTIONS))), [[codes]] * 2)


def odd_rows() -> Packed:
    """Fully connected with int4 rows of an odd number of weights: every second one begins inside a byte."""
    rng = np.random.default_rng(4)
    x = Value("x", "int8", (2, 99), None, Quantization.per_tensor(0.05, -3))
    y = Value("y", "int8", (2, 37), None, Quantization.per_tensor(0.9, -8))
    scales = rng.uniform(0.01, 0.02, 37).astype(np.float32)
    w = Value(
        "w",
        "int4",
        (37, 99),
        rng.integers(-8, 8, (37, 99)).astype(np.int8),
        Quantization(scales, np.zeros(37, np.int64)),
    )
    bias = Value(
        "bias", "int32", (37,), rng.integers(-900, 900, 37).astype(np.int32), Quantization.per_tensor(0.0007, 0)
    )
    attrs = {"fused_activation_function": "NONE", "keep_num_dims": False, "asymmetric_quantize_inputs": False}
    content = write(Graph("main", [x], [y], [Op("fully_connected", [x, w, bias], [y], attrs)], ["x"], ["y"]))
    return on_host("odd rows", content, [[rng.integers(-128, 128, x.shape).astype(np.int8)]])


def control_flow() -> list[Packed]:
    x, y = test_control_flow.X, test_control_flow.Y
    yes, no, three = np.array(True), np.array(False), np.array(3, np.float32)
    code = np.array([[1, -2, 3, 100]], np.int8)
    feeds = {
        test_control_flow.BRANCH: [[yes, x], [no, y], [yes, y]],
        test_control_flow.NESTED: [[three, x], [three - 3, y], [three * 1000, x], [three, y]],
        test_control_flow.COUNTER: [[code], [code + 1], [-code], [code]],
    }
    names = ("branch", "nested", "counter")
    return [on_host(name, write(parse(text)), feeds[text]) for name, text in zip(names, feeds, strict=True)]


def with_state() -> list[Packed]:
    packs = [on_host("front end", front_end.model(), [[frame] for frame in front_end.frames(12)])]
    for name, op in test_state.STATEFUL.items():
        rng = np.random.default_rng(3)
        packs.append(on_host(name, engines.model_of(op), [seeded.feeds(op, rng) for _ in range(12)]))
    return packs


def chain() -> Packed:
    """An image classifier's operators, one behind the other."""
    content, rng = tour.model(), np.random.default_rng(1)
    detail = Interpreter(model_content=content).get_input_details()[0]
    images = rng.normal(size=(3, *detail["shape"])) * 2 if detail["dtype"] == np.float32 else None
    feeds = images if images is not None else rng.integers(-128, 128, (3, *detail["shape"]))
    return on_host("chain", content, [[x.astype(detail["dtype"])] for x in feeds])


def peak_hold() -> Packed:
    """max(2 x, the last result less 10); the host's interpreter has no such operator."""
    rng, outputs = np.random.default_rng(2), []
    feeds = rng.integers(-60, 60, (5, 1, 8)).astype(np.int8)
    held = np.full((1, 8), -128, np.int16)
    for x in feeds:
        held = np.maximum(2 * x.astype(np.int16), held - 10)
        outputs.append([held.astype(np.int8)])
    content = runpy.run_path(str(EXAMPLE))["model"](10)
    return Packed("peak hold", content, [[x] for x in feeds], [OK] * 5, outputs, 1024, exact=False)


def all_of_them() -> list[Packed]:
    return [every_code(), odd_rows(), *control_flow(), *with_state(), chain(), peak_hold()]
