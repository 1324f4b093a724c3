"""Sample data in every form a user may hand over, brought into one: an array [N, *sample] per model input.

Calibration and comparison both read their data here, and the CLI its ``.npz`` and ``.npy`` files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import DataError

#: names under which an ``.npz`` file may hold class labels.
LABEL_NAMES = ("labels", "y")
#: before an output's name: the labels of that output.
LABELS_OF = "labels_"


@dataclass(frozen=True)
class InputSpec:
    """What the model expects of one input: ``shape`` with its leading batch dimension, ``dtype`` as numpy names it.

    A ``dtype`` of None takes numbers of any type as they are.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str | None = "float32"

    @property
    def sample_shape(self) -> tuple[int, ...]:
        return self.shape[1:]


def stack_samples(data: Any, inputs: Sequence[InputSpec]) -> list[np.ndarray]:
    """One array [N, *sample_shape] of the input's dtype per model input, in the model's order; N ≥ 1, equal for all.

    data  one array (a model with one input); a list or tuple of arrays in the order of the inputs; a dict by input
          name; or an iterable of single samples, each in one of these forms, with or without the batch axis.
    Raises DataError: missing or unknown names, shapes that do not fit, no samples, NaN or infinity, lossy dtypes.
    """
    if isinstance(data, np.ndarray | Mapping):
        columns = _by_input(data, inputs)
    elif isinstance(data, list | tuple) and len(data) == len(inputs) and all(hasattr(a, "__array__") for a in data):
        columns = list(data)
    elif hasattr(data, "__array__"):
        columns = _by_input(np.asarray(data), inputs)
    elif isinstance(data, Iterable):
        columns = _gather(data, inputs)
    else:
        raise DataError(f"data is a {type(data).__name__}; give an array, a list of arrays, a dict or an iterator")
    stacked = [_fit(column, spec) for column, spec in zip(columns, inputs, strict=True)]
    counts = {spec.name: len(array) for spec, array in zip(inputs, stacked, strict=True)}
    if len(set(counts.values())) > 1:
        raise DataError(f"the inputs have different numbers of samples: {counts}")
    return stacked


def specs_of(details: Sequence[Mapping[str, Any]]) -> list[InputSpec]:
    """What an interpreter's input details ask for; quantized inputs take their own integers or real values."""
    return [
        InputSpec(
            d["name"], tuple(int(n) for n in d["shape"]), None if d["quantization"][0] else np.dtype(d["dtype"]).name
        )
        for d in details
    ]


def quantize(values: np.ndarray, detail: Mapping[str, Any]) -> np.ndarray:
    """Real values in the dtype of the tensor that ``detail`` describes: round half to even, saturate.

    Values that have the dtype already, and tensors that are not quantized, are only cast.
    """
    dtype = np.dtype(detail["dtype"])
    scale, zero_point = detail["quantization"]
    if values.dtype == dtype or not scale:
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    steps = np.rint(values.astype(np.float32) / np.float32(scale)) + zero_point
    quantized: np.ndarray = np.clip(steps, limits.min, limits.max).astype(dtype)
    return quantized


def dequantize(values: np.ndarray, detail: Mapping[str, Any]) -> np.ndarray:
    """float32 scale·(q − zero_point), per-channel scales along their axis; tensors that are not quantized are only cast."""
    parameters = detail["quantization_parameters"]
    scales = np.asarray(parameters["scales"], np.float32)
    if scales.size == 0 or values.dtype.kind == "f":
        return values.astype(np.float32)
    shape = [1] * values.ndim
    if scales.size > 1:
        shape[parameters["quantized_dimension"]] = -1
    zero_points = np.asarray(parameters["zero_points"], np.float32)
    return (values.astype(np.float32) - zero_points.reshape(shape)) * scales.reshape(shape)


def read_npz(path: Path | str) -> tuple[Any, Any]:
    """``(data, labels)`` from an ``.npz`` or ``.npy`` file, data as :func:`stack_samples` takes it.

    An array called ``labels`` or ``y`` holds the labels, if there is one; arrays called ``labels_<output>`` give a dict of
    them by output. The others are inputs by name. A single other array, or arrays without names (``arr_0``, ``arr_1``),
    are inputs in order. Raises DataError.
    """
    content = _load(Path(path))
    if isinstance(content, np.ndarray):
        return content, None
    label_name = next((name for name in LABEL_NAMES if name in content and len(content) > 1), None)
    labels: Any = content.pop(label_name) if label_name else None
    if labels is None:
        named = [name for name in content if name.startswith(LABELS_OF) and len(content) > 1]
        labels = {name.removeprefix(LABELS_OF): content.pop(name) for name in named} or None
    if not content:
        raise DataError(f"'{path}' holds no arrays")
    if len(content) == 1 or all(name == f"arr_{i}" for i, name in enumerate(content)):
        return list(content.values()), labels
    return content, labels


def _load(path: Path) -> np.ndarray | dict[str, np.ndarray]:
    try:
        loaded = np.load(path, allow_pickle=False)
        return loaded if isinstance(loaded, np.ndarray) else dict(loaded)
    except FileNotFoundError:
        raise DataError(f"'{path}' does not exist") from None
    except (
        Exception
    ) as error:  # zlib's, the tokenizer's, the archive's: whatever a damaged file makes numpy stumble over
        raise DataError(f"'{path}' is not a .npz or .npy file of plain arrays: {error}") from None


def _by_input(data: np.ndarray | Mapping[str, Any], inputs: Sequence[InputSpec]) -> list[Any]:
    """The parts of ``data`` in the order of the inputs."""
    if not isinstance(data, Mapping):
        if len(inputs) != 1:
            names = ", ".join(spec.name for spec in inputs)
            raise DataError(f"the model has {len(inputs)} inputs ({names}), data is one array; give a list or a dict")
        return [data]
    missing = [spec.name for spec in inputs if spec.name not in data]
    unknown = sorted(set(data) - {spec.name for spec in inputs})
    if missing or unknown:
        expected = ", ".join(spec.name for spec in inputs)
        raise DataError(f"data has the names {', '.join(sorted(data)) or '(none)'}; the model's inputs are {expected}")
    return [data[spec.name] for spec in inputs]


def _gather(data: Iterable[Any], inputs: Sequence[InputSpec]) -> list[np.ndarray]:
    """Stack an iterable of samples."""
    columns: list[list[np.ndarray]] = [[] for _ in inputs]
    for number, sample in enumerate(data):
        parts = sample if isinstance(sample, list | tuple) else _by_input_sample(sample, inputs)
        if len(parts) != len(inputs):
            raise DataError(f"sample {number} has {len(parts)} parts, the model has {len(inputs)} inputs")
        for column, part, spec in zip(columns, parts, inputs, strict=True):
            column.append(_one_sample(np.asarray(part), spec, number))
    if not columns or not columns[0]:
        raise DataError("the data holds no samples")
    return [np.concatenate(column) for column in columns]


def _by_input_sample(sample: Any, inputs: Sequence[InputSpec]) -> list[Any]:
    return _by_input(sample if isinstance(sample, Mapping) else np.asarray(sample), inputs)


def _one_sample(part: np.ndarray, spec: InputSpec, number: int) -> np.ndarray:
    """``part`` with a leading sample axis."""
    if part.shape == spec.sample_shape:
        return part[None]
    if part.shape[1:] == spec.sample_shape and part.ndim == len(spec.shape):
        return part
    raise DataError(
        f"sample {number} of input '{spec.name}' has shape {list(part.shape)}, expected {list(spec.sample_shape)}"
    )


def _fit(column: Any, spec: InputSpec) -> np.ndarray:
    """``column`` checked and cast to the input's dtype."""
    array = np.asarray(column)
    if array.shape[1:] != spec.sample_shape or array.ndim != len(spec.shape):
        hint = "; add a leading axis for the samples" if array.shape == spec.sample_shape else ""
        wanted = ["N", *spec.sample_shape]
        raise DataError(
            f"data for input '{spec.name}' has shape {list(array.shape)},"
            f" expected [{', '.join(str(d) for d in wanted)}]{hint}"
        )
    if len(array) == 0:
        raise DataError(f"data for input '{spec.name}' holds no samples")
    wanted_dtype = np.dtype(spec.dtype or array.dtype)
    if array.dtype.kind not in "fiub" or not _is_castable(array.dtype, wanted_dtype):
        raise DataError(f"data for input '{spec.name}' is {array.dtype}, the model takes {spec.dtype or 'numbers'}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"data for input '{spec.name}' holds NaN or infinity")
    return array.astype(wanted_dtype, copy=False)


def _is_castable(given: np.dtype[Any], wanted: np.dtype[Any]) -> bool:
    """Any number becomes a float; an integer only becomes an integer type that holds all its values, or its own."""
    return wanted.kind == "f" or given == wanted or (given.kind in "iub" and np.can_cast(given, wanted))
