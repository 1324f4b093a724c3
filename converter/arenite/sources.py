"""Sample data that lies somewhere: ``.npz``, ``.npy``, ``.csv``, a folder of images, or Python code by its name.

What an image or a row of a table becomes depends on the model's inputs, so these sources are opened first and read when the
inputs are known. Nothing but the sample at hand is held; ``.npy`` files are memory-mapped.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import AreniteError, DataError
from .samples import InputSpec, Source, chosen, is_label, read_npz, without_labels

if TYPE_CHECKING:
    from PIL.Image import Image

#: Files that are taken for images.
IMAGE_ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
#: Channels of an image input → Pillow's name of the colours.
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def open_data(path: Path | str, scale: tuple[float, float] | None = None) -> Any:
    """Samples at ``path``, as :func:`arenite.samples.batches` takes them.

    scale  for images: what black and full colour become, (0, 1) or (−1, 1); None leaves 0 … 255.
    Raises DataError when there is nothing, or nothing that can be read.
    """
    place = Path(path)
    if scale is not None and not place.is_dir():
        raise DataError(f"scale is for folders of images; '{path}' is none")
    if place.is_dir():
        return ImageFolder(place, scale)
    if place.suffix == ".csv":
        return Table(place)
    if place.suffix == ".npy" and place.exists():
        return _mapped(place)
    return read_npz(place)[0]


def open_labelled(path: Path | str, scale: tuple[float, float] | None = None) -> tuple[Any, Any]:
    """``(samples, labels)`` at ``path``; labels: an array [N], a dict of them by output, or None where there are none.

    Of ``.npz`` files and tables what is called ``labels``, ``y`` or ``labels_<output>``; of a folder of images whose images
    all lie in folders of it, the number of that folder in alphabetical order, as Keras counts classes.
    """
    data = open_data(path, scale)
    if isinstance(data, Table | ImageFolder):
        return data, data.labels()
    return data, read_npz(path)[1] if Path(path).suffix != ".npy" else None


def _mapped(path: Path) -> np.ndarray:
    """A ``.npy`` file that is read where it is looked at."""
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # what numpy stumbles over in a damaged file
        raise DataError(f"'{path}' is not a .npy file of plain numbers: {error}") from None
    return array


@dataclass(frozen=True)
class Code(Source):
    """Samples that a function of the user's returns or yields; what goes wrong in it is told with its ``name``."""

    name: str
    function: Callable[[], Any]

    def samples(self, inputs: Sequence[InputSpec], count: int | None, seed: int | None) -> Any:
        return self.labelled()[0]

    def labelled(self) -> tuple[Any, Any]:
        """What one call gives, and the labels where that is a dict that has some by name, as an ``.npz`` file."""
        with self._explained():
            data = self.function()
        if isinstance(data, Mapping):
            return without_labels(data)
        return self._watched(data) if isinstance(data, Iterator) else data, None

    def _watched(self, data: Iterator[Any]) -> Iterator[Any]:
        with self._explained():
            yield from data

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (GeneratorExit, AreniteError):
            raise
        except Exception as error:
            raise DataError(f"'{self.name}' fails: {type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class ImageFolder(Source):
    """All images of a folder and those below it, in the order of their paths, as the model's only input."""

    path: Path
    scale: tuple[float, float] | None

    def samples(self, inputs: Sequence[InputSpec], count: int | None, seed: int | None) -> Iterator[np.ndarray]:
        spec, mode = _image_input(inputs, self.path)
        files = self._files()
        order = chosen(len(files), count, seed)
        for index in range(len(files)) if order is None else order:
            yield self._values(files[int(index)], spec, mode)

    def labels(self) -> np.ndarray | None:
        """For each image the number of the folder that it lies in; None unless all lie in two folders or more."""
        inside = [file.relative_to(self.path).parts for file in self._files()]
        classes = sorted({parts[0] for parts in inside})
        if any(len(parts) == 1 for parts in inside) or len(classes) < 2:
            return None
        return np.array([classes.index(parts[0]) for parts in inside])

    def _files(self) -> list[Path]:
        files = sorted(file for file in self.path.rglob("*") if file.suffix.lower() in IMAGE_ENDINGS)
        if not files:
            raise DataError(f"'{self.path}' holds no images ({', '.join(IMAGE_ENDINGS)})")
        return files

    def _values(self, file: Path, spec: InputSpec, mode: str) -> np.ndarray:
        """One image [H, W, C] or [H, W] in the size of the input."""
        height, width = spec.sample_shape[:2]
        with _opened(file) as image:
            pixels = np.asarray(_upright(image).convert(mode).resize((width, height), _bilinear()))
        pixels = pixels.reshape(spec.sample_shape)
        if self.scale is None:  # codes of a quantized input they are not
            return pixels if spec.dtype is not None else pixels.astype(np.float32)
        low, high = self.scale
        return (low + pixels * ((high - low) / 255)).astype(np.float32)


def _image_input(inputs: Sequence[InputSpec], path: Path) -> tuple[InputSpec, str]:
    """The input that takes images, and their mode."""
    shapes = ", ".join(f"'{spec.name}' {list(spec.shape)}" for spec in inputs)
    if len(inputs) != 1:
        raise DataError(f"'{path}' is a folder of images, but the model has the inputs {shapes}; give a .npz file")
    sample = inputs[0].sample_shape
    mode = MODES.get(sample[2]) if len(sample) == 3 else "L" if len(sample) == 2 else None
    if mode is None:
        raise DataError(f"'{path}' is a folder of images, but the input {shapes} takes none: [1, H, W, 1, 3 or 4]")
    return inputs[0], mode


def _opened(file: Path) -> Image:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise DataError("reading images needs Pillow: pip install 'arenite[images]'") from None
    try:
        image: Image.Image = Image.open(file)
        image.load()
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise DataError(f"'{file}' is not an image that can be read: {error}") from None
    return image


def _upright(image: Image) -> Image:
    """As the camera was held."""
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _bilinear() -> Any:
    from PIL.Image import Resampling

    return Resampling.BILINEAR


@dataclass(frozen=True)
class Table(Source):
    """A ``.csv`` file: a sample per row, numbers separated by commas, semicolons or tabs, with or without a header.

    Columns called ``labels``, ``y`` or ``labels_<output>`` hold labels. With one input the others are its elements in
    order. With several, a header says whose they are: the input's name, or the name with ``_0``, ``_1`` … behind it, in order.
    """

    path: Path

    def samples(self, inputs: Sequence[InputSpec], count: int | None, seed: int | None) -> Iterator[list[np.ndarray]]:
        header, total = self._measure()
        columns = self._columns(header, inputs)
        order = chosen(total, count, seed)
        wanted = None if order is None else set(order.tolist())
        for number, (line, row) in enumerate(self._rows(header is not None)):
            if wanted is None or number in wanted:
                yield [self._values(row, line, places, spec) for places, spec in zip(columns, inputs, strict=True)]

    def labels(self) -> Any:
        """The numbers of the label columns: an array [N], a dict of them by output, or None."""
        header, _ = self._measure()
        places = {name: i for i, name in enumerate(header or []) if is_label(name)}
        if not places:
            return None
        rows = [
            [self._label(row, line, name, place) for name, place in places.items()] for line, row in self._rows(True)
        ]
        columns = {name: _whole(np.array(column)) for name, column in zip(places, zip(*rows, strict=True), strict=True)}
        return without_labels({**columns, "": None})[1]

    def _label(self, row: list[str], line: int, name: str, place: int) -> float:
        if place >= len(row) or not _is_number(row[place]):
            given = repr(row[place]) if place < len(row) else "nothing"
            raise DataError(
                f"'{self.path}', line {line}: column '{name}' holds {given}; labels are numbers, classes from 0"
            )
        return float(row[place])

    def _measure(self) -> tuple[list[str] | None, int]:
        """(header or None, rows of numbers)."""
        rows = [row for _, row in zip(range(1), (row for _, row in self._rows(False)), strict=False)]
        if not rows:
            raise DataError(f"'{self.path}' holds no rows")
        header = None if all(map(_is_number, rows[0])) else [name.strip() for name in rows[0]]
        return header, sum(1 for _ in self._rows(header is not None))

    def _rows(self, has_header: bool) -> Iterator[tuple[int, list[str]]]:
        """(line, fields) of the rows that are not empty."""
        try:
            with self.path.open(newline="", encoding="utf-8-sig") as file:
                delimiter = _delimiter(file.readline())
                file.seek(0)
                reader = csv.reader(file, delimiter=delimiter)
                rows = ((reader.line_num, row) for row in reader if any(field.strip() for field in row))
                if has_header:
                    next(rows, None)
                yield from rows
        except FileNotFoundError:
            raise DataError(f"'{self.path}' does not exist") from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"'{self.path}' cannot be read as a table: {error}") from None

    def _columns(self, header: list[str] | None, inputs: Sequence[InputSpec]) -> list[list[int]]:
        """Places of each input's elements in a row."""
        if header is None:
            if len(inputs) != 1:
                names = ", ".join(spec.name for spec in inputs)
                raise DataError(
                    f"'{self.path}' has no header; the model has several inputs: name their columns {names}"
                )
            return [list(range(_size(inputs[0])))]
        if len(inputs) == 1:
            return [self._checked([i for i, name in enumerate(header) if not is_label(name)], inputs[0])]
        return [self._checked(_named(header, spec.name), spec) for spec in inputs]

    def _checked(self, places: list[int], spec: InputSpec) -> list[int]:
        if len(places) != _size(spec):
            raise DataError(
                f"'{self.path}' has {len(places)} columns for input '{spec.name}', which takes {_size(spec)} numbers"
            )
        return places

    def _values(self, row: list[str], line: int, places: list[int], spec: InputSpec) -> np.ndarray:
        try:
            numbers = np.array([float(row[place]) for place in places])
        except (ValueError, IndexError):
            raise DataError(
                f"'{self.path}', line {line}: {len(row)} fields, of which input '{spec.name}' takes {len(places)} numbers"
            ) from None
        if spec.dtype is not None and np.dtype(spec.dtype).kind in "iu" and (numbers == np.rint(numbers)).all():
            numbers = numbers.astype(spec.dtype)
        return numbers.reshape(spec.sample_shape)


def _named(header: Iterable[str], name: str) -> list[int]:
    """Places of the columns ``name``, or ``name_0``, ``name_1`` …"""
    numbered = {text: i for i, text in enumerate(header)}
    if name in numbered:
        return [numbered[name]]
    places: list[int] = []
    while f"{name}_{len(places)}" in numbered:
        places.append(numbered[f"{name}_{len(places)}"])
    return places


def _size(spec: InputSpec) -> int:
    return int(np.prod(spec.sample_shape))


def _whole(numbers: np.ndarray) -> np.ndarray:
    """Integers where all are: classes are."""
    return numbers.astype(np.int64) if (numbers == np.rint(numbers)).all() else numbers


def _delimiter(line: str) -> str:
    return next((mark for mark in (";", "\t") if mark in line), ",")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
