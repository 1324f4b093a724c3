"""Random weights and statistics from a fixed seed, and random inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from .building import VOCABULARY


def randomize(model: Any, inputs: Sequence[np.ndarray]) -> None:
    """Replace what initializers leave at one number, and give every BatchNorm statistics near those of ``inputs``.

    Kernels stay as Keras draws them. With statistics of 0 and 1, or biases of 0, a forgotten one would not show; far from
    the data's they would make every deep network saturate.
    """
    rng = np.random.default_rng(0)
    for variable in model.trainable_variables:
        array = np.asarray(variable.value, np.float32)
        name = variable.path.rpartition("/")[2]
        if name == "gamma" or (array.size and np.ptp(array) == 0 and array.flat[0] == 1):
            variable.assign(rng.uniform(0.5, 1.5, array.shape))
        elif array.size and np.ptp(array) == 0:
            low, high = (0.05, 0.4) if name == "alpha" else (-0.3, 0.3)
            variable.assign(rng.uniform(low, high, array.shape))
    _normalize(model, inputs, rng)


def _normalize(model: Any, inputs: Sequence[np.ndarray], rng: np.random.Generator) -> None:
    """One step of training without memory gives the statistics of ``inputs``; then they are disturbed."""
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    if not layers:
        return
    for layer in layers:
        layer.momentum = 0.0
    model(called_with(model, inputs), training=True)
    for layer in layers:
        layer.momentum = 0.99
        mean, variance = (np.asarray(v.value) for v in (layer.moving_mean, layer.moving_variance))
        layer.moving_mean.assign(mean + 0.1 * np.sqrt(variance) * rng.standard_normal(mean.shape))
        layer.moving_variance.assign(variance * rng.uniform(0.7, 1.4, mean.shape) + 1e-4)


def input_specs(model: Any) -> list[tuple[str, tuple[int, ...], str]]:
    """(name, shape without the batch, dtype) of each input, in the user's order."""
    structure = getattr(model, "_inputs_struct", None)
    if structure is None:  # subclassed
        return [("input", tuple(model._build_shapes_dict["input_shape"][1:]), "float32")]
    tensors = list(structure.values()) if isinstance(structure, Mapping) else keras.tree.flatten(structure)
    return [(tensor.name, tuple(tensor.shape[1:]), tensor.dtype) for tensor in tensors]


def called_with(model: Any, inputs: Sequence[Any]) -> Any:
    """``inputs`` in the structure that the model declares."""
    structure = getattr(model, "_inputs_struct", None)
    if isinstance(structure, Mapping):
        return dict(zip(structure, inputs, strict=True))
    return list(inputs) if len(inputs) > 1 else inputs[0]


def flat(structure: Any) -> list[Any]:
    """A model's outputs as a list, dicts in the user's order."""
    if isinstance(structure, Mapping):
        return [leaf for item in structure.values() for leaf in flat(item)]
    if isinstance(structure, list | tuple):
        return [leaf for item in structure for leaf in flat(item)]
    return [structure]


def random_inputs(model: Any, count: int, seed: int) -> list[np.ndarray]:
    """One array [count, …] per input: images of patches with noise, normal numbers, bytes, or token numbers."""
    rng = np.random.default_rng(seed)
    return [_random(rng, (count, *shape), dtype) for _, shape, dtype in input_specs(model)]


def _random(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    if dtype == "uint8":
        return rng.integers(0, 256, shape).astype(np.uint8)
    if dtype.startswith("int"):
        return rng.integers(1, VOCABULARY, shape).astype(dtype)
    noise = rng.standard_normal(shape).astype(np.float32)
    if len(shape) != 4:
        return noise
    count, height, width, channels = shape
    patches = rng.standard_normal((count, -(-height // 4), -(-width // 4), channels))
    smooth = np.kron(patches, np.ones((1, 4, 4, 1)))[:, :height, :width]
    return (smooth + 0.3 * noise).astype(np.float32)
