"""Keras as the oracle: random weights, Keras's own outputs, and our float graph evaluated with the numpy references."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from arenite import opdef
from arenite.graph import Graph, Value


def randomize(model: Any, seed: int = 0) -> Any:
    """Give every weight a random value; statistics too, since fresh ones (0 and 1) would hide a forgotten BatchNorm."""
    rng = np.random.default_rng(seed)
    for variable in model.variables:
        if "seed" in variable.path:
            continue
        array = rng.normal(0, 0.4, variable.shape)
        positive = "variance" in variable.path or "gamma" in variable.path
        variable.assign(np.abs(array) + 0.5 if positive else array)
    return model


def random_inputs(graph: Graph, seed: int = 1) -> list[np.ndarray]:
    """One array per graph input; whole numbers for the inputs named ``bytes``."""
    rng = np.random.default_rng(seed)
    return [
        rng.integers(0, 256, value.shape).astype(np.float32) if name == "bytes"
        else rng.normal(0, 1, value.shape).astype(np.float32)
        for name, value in zip(graph.input_names, graph.inputs, strict=True)
    ]  # fmt: skip


def evaluate(graph: Graph, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The graph's outputs; also checks each operator's shape and dtypes against its declaration."""
    known: dict[Value, np.ndarray] = dict(zip(graph.inputs, inputs, strict=True))
    known |= {value: np.zeros(value.shape, value.dtype) for value in graph.variables()}
    for op in graph.ops:
        assert opdef.matching_signature(op), f"{op} fits no signature"
        declaration = opdef.declaration(op.name)
        assert declaration.shape(op) == [value.shape for value in op.outputs], op
        operands = [None if v is None else known.get(v, v.data) for v in op.inputs]
        known.update(zip(op.outputs, declaration.reference(op, operands), strict=True))
    return [known.get(value, value.data) for value in graph.outputs]  # type: ignore[misc]


def flat(structure: Any) -> list[np.ndarray]:
    """A model's outputs as a list, dicts in the user's order."""
    if isinstance(structure, Mapping):
        return [array for item in structure.values() for array in flat(item)]
    if isinstance(structure, list | tuple):
        return [array for item in structure for array in flat(item)]
    return [np.asarray(structure, np.float32)]


def check(model: Any, tolerance: float = 1e-4, **options: Any) -> Graph:
    """Convert ``model`` with random weights; its graph must compute what Keras computes, within ``tolerance``."""
    from arenite.frontend import load_graph

    graph = load_graph(randomize(model), **options)
    inputs = random_inputs(graph)
    expected = flat(model(_as_called(model, graph, inputs), training=False))
    results = evaluate(graph, inputs)
    assert len(results) == len(expected) == len(graph.output_names)
    for name, result, truth in zip(graph.output_names, results, expected, strict=True):
        assert result.shape == truth.shape, name
        np.testing.assert_allclose(result, truth, rtol=tolerance, atol=tolerance, err_msg=name)
    return graph


def _as_called(model: Any, graph: Graph, inputs: list[np.ndarray]) -> Any:
    """The inputs in the structure that the model declares, or was built with."""
    functional = getattr(model, "_functional", None) or model
    structure = getattr(functional, "_inputs_struct", None)
    if structure is None:
        structure = model._build_shapes_dict["input_shape"]
    if isinstance(structure, Mapping):
        return dict(zip(graph.input_names, inputs, strict=True))
    return inputs if len(inputs) > 1 else inputs[0]


@pytest.fixture
def against_keras() -> Callable[..., Graph]:
    """The check of this directory: ``against_keras(model, **options of load_graph) -> Graph``."""
    pytest.importorskip("tensorflow")
    return check


@pytest.fixture(name="evaluate")
def evaluate_fixture() -> Callable[[Graph, list[np.ndarray]], list[np.ndarray]]:
    """``evaluate(graph, inputs) -> outputs`` by the operators' numpy references."""
    return evaluate
