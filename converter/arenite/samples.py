"""Sample data in every form a user may hand over, brought into one: an array [N, *sample] per model input.

Calibration and comparison both read their data here, and the CLI its ``.npz`` and ``.npy`` files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

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

    data  as :func:`batches` takes it.
    Raises DataError: missing or unknown names, shapes that do not fit, no samples, NaN or infinity, lossy dtypes.
    """
    parts = list(batches(data, inputs, None))
    return [np.concatenate(columns) if len(columns) > 1 else columns[0] for columns in zip(*parts, strict=True)]


def batches(
    data: Any, inputs: Sequence[InputSpec], size: int | None, count: int | None = None, seed: int | None = 0
) -> Iterator[list[np.ndarray]]:
    """The samples, ``size`` at a time (None: in one piece or as they come); no more than one piece is held.

    data   one array (a model with one input), memory-mapped ones too; a list or tuple of arrays in the order of the inputs;
           a dict by input name; an iterable of single samples, each in one of these forms, with or without the batch
           axis; a function without arguments that returns any of these; a :class:`Source`.
    count  at most so many samples: of arrays and files a random choice by ``seed`` in their order, of an iterable the first.
    Yields lists as :func:`stack_samples` returns them, at least one. Raises DataError as it does.
    """
    if isinstance(data, Source):
        data = data.samples(inputs, count, seed)
    elif callable(data) and not hasattr(data, "__array__"):
        data = data()
    columns = _columns(data, inputs)
    pieces = _slices(columns, inputs, size, count, seed) if columns else _gathered(data, inputs, size, count)
    position = 0
    for piece in pieces:
        checked = [_numbers(part, spec, position) for part, spec in zip(piece, inputs, strict=True)]
        position += len(piece[0])
        yield checked
    if not position:
        raise DataError("the data holds no samples")


@runtime_checkable
class Source(Protocol):
    """Samples that lie somewhere, and need to know what the model expects before they are read."""

    def samples(self, inputs: Sequence[InputSpec], count: int | None, seed: int | None) -> Iterable[Any]:
        """What :func:`batches` takes, single samples at best: at most ``count``, chosen by ``seed``. Raises DataError."""


def _columns(data: Any, inputs: Sequence[InputSpec]) -> list[Any] | None:
    """One array per input when ``data`` is made of arrays, their shapes checked; None when it is an iterable of samples."""
    if isinstance(data, np.ndarray | Mapping):
        columns = _by_input(data, inputs)
    elif isinstance(data, list | tuple) and len(data) == len(inputs) and all(hasattr(a, "__array__") for a in data):
        columns = list(data)
    elif hasattr(data, "__array__"):
        columns = _by_input(np.asarray(data), inputs)
    elif isinstance(data, Iterable):
        return None
    else:
        raise DataError(f"data is a {type(data).__name__}; give an array, a list of arrays, a dict or an iterator")
    arrays = [_shaped(column, spec) for column, spec in zip(columns, inputs, strict=True)]
    counts = {spec.name: len(array) for spec, array in zip(inputs, arrays, strict=True)}
    if len(set(counts.values())) > 1:
        raise DataError(f"the inputs have different numbers of samples: {counts}")
    return arrays


def chosen(total: int, count: int | None, seed: int | None) -> np.ndarray | None:
    """Ascending indices of ``count`` of ``total`` samples, chosen at random, the first without a seed; None when all are
    wanted.
    """
    if count is None or count >= total:
        return None
    if seed is None:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(total, count, replace=False))


def _slices(
    columns: list[Any], inputs: Sequence[InputSpec], size: int | None, count: int | None, seed: int | None
) -> Iterator[list[Any]]:
    total = len(columns[0])
    order = chosen(total, count, seed)
    total = total if order is None else len(order)
    for begin in range(0, total, size or max(total, 1)):
        rows = slice(begin, begin + (size or total)) if order is None else order[begin : begin + (size or total)]
        yield [column[rows] for column in columns]


def _gathered(
    data: Iterable[Any], inputs: Sequence[InputSpec], size: int | None, count: int | None
) -> Iterator[list[np.ndarray]]:
    """Samples of an iterable, put together to pieces of ``size``."""
    waiting: list[list[np.ndarray]] = []
    taken = 0
    for number, sample in enumerate(data):
        part = _sample(sample, inputs, number)
        if count is not None:
            part = [column[: count - taken] for column in part]
        taken += len(part[0])
        waiting.append(part)
        if size is not None and sum(len(part[0]) for part in waiting) >= size:
            joined = _joined(waiting)
            whole = len(joined[0]) // size * size
            for begin in range(0, whole, size):
                yield [column[begin : begin + size] for column in joined]
            waiting = [[column[whole:] for column in joined]]
        if count is not None and taken >= count:
            break
    if any(len(part[0]) for part in waiting):
        yield _joined(waiting)


def _joined(parts: list[list[np.ndarray]]) -> list[np.ndarray]:
    return [np.concatenate(columns) for columns in zip(*parts, strict=True)]


class Reservoir:
    """All samples while they are few, of more a random choice in which each is as likely."""

    def __init__(self, most: int, most_bytes: int, seed: int) -> None:
        self.seen = 0
        self._most, self._bytes = most, most_bytes
        self._rng = np.random.default_rng(seed)
        self._kept: list[list[np.ndarray]] = []

    def add(self, inputs: Sequence[np.ndarray]) -> None:
        """Take in a batch, one array [n, …] per input."""
        room = max(1, min(self._most, self._bytes // max(sum(array[0].nbytes for array in inputs), 1)))
        for i in range(len(inputs[0])):
            self.seen += 1
            place = len(self._kept) if self.seen <= room else int(self._rng.integers(self.seen))
            if place == len(self._kept) and self.seen <= room:
                self._kept.append([array[i].copy() for array in inputs])
            elif place < room:
                self._kept[place] = [array[i].copy() for array in inputs]

    @property
    def samples(self) -> list[np.ndarray]:
        """One array [n, …] per input."""
        return [np.stack(column) for column in zip(*self._kept, strict=True)]


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
    content, labels = without_labels(content)
    if not content:
        raise DataError(f"'{path}' holds no arrays")
    if len(content) == 1 or all(name == f"arr_{i}" for i, name in enumerate(content)):
        return list(content.values()), labels
    return content, labels


def is_label(name: str) -> bool:
    """Whether an array or a column of this name holds labels."""
    return name in LABEL_NAMES or name.startswith(LABELS_OF)


def without_labels(content: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """``(the rest, labels)`` of named arrays: those of one name, else a dict by output, else None. The last array stays."""
    rest = dict(content)
    label_name = next((name for name in LABEL_NAMES if name in rest and len(rest) > 1), None)
    if label_name is not None:
        labels = rest.pop(label_name)
        return rest, labels
    named = [name for name in rest if name.startswith(LABELS_OF)]
    by_output = {name.removeprefix(LABELS_OF): rest.pop(name) for name in named if len(rest) > 1}
    return rest, by_output or None


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


def _sample(sample: Any, inputs: Sequence[InputSpec], number: int) -> list[np.ndarray]:
    """The parts of sample ``number`` of an iterable, each with a leading sample axis."""
    parts = sample if isinstance(sample, list | tuple) else _by_input_sample(sample, inputs)
    if len(parts) != len(inputs):
        raise DataError(f"sample {number} has {len(parts)} parts, the model has {len(inputs)} inputs")
    columns = [_one_sample(np.asarray(part), spec, number) for part, spec in zip(parts, inputs, strict=True)]
    if len({len(column) for column in columns}) > 1:
        raise DataError(f"sample {number} has parts of different lengths: {[len(column) for column in columns]}")
    return columns


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


def _shaped(column: Any, spec: InputSpec) -> Any:
    """``column`` as an array whose shape was checked."""
    array = column if isinstance(column, np.ndarray) else np.asarray(column)
    if array.shape[1:] != spec.sample_shape or array.ndim != len(spec.shape):
        hint = "; add a leading axis for the samples" if array.shape == spec.sample_shape else ""
        wanted = ["N", *spec.sample_shape]
        raise DataError(
            f"data for input '{spec.name}' has shape {list(array.shape)},"
            f" expected [{', '.join(str(d) for d in wanted)}]{hint}"
        )
    if len(array) == 0:
        raise DataError(f"data for input '{spec.name}' holds no samples")
    return array


def _numbers(array: np.ndarray, spec: InputSpec, position: int) -> np.ndarray:
    """``array``, whose first sample is number ``position`` of all, checked and cast to the input's dtype."""
    wanted = np.dtype(spec.dtype or array.dtype)
    if array.dtype.kind not in "fiub" or not _is_castable(array.dtype, wanted):
        raise DataError(f"data for input '{spec.name}' is {array.dtype}, the model takes {spec.dtype or 'numbers'}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        broken = ~np.isfinite(array).reshape(len(array), -1).all(axis=1)
        raise DataError(f"sample {position + int(broken.argmax())} of input '{spec.name}' holds NaN or infinity")
    return np.asarray(array).astype(wanted, copy=False)


def _is_castable(given: np.dtype[Any], wanted: np.dtype[Any]) -> bool:
    """Any number becomes a float; an integer only becomes an integer type that holds all its values, or its own."""
    return wanted.kind == "f" or given == wanted or (given.kind in "iub" and np.can_cast(given, wanted))
