"""Every form of sample data, and one clear sentence for each that does not fit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from arenite.errors import DataError
from arenite.samples import InputSpec, dequantize, quantize, read_npz, stack_samples

ONE = [InputSpec("image", (1, 2, 3))]
TWO = [InputSpec("a", (1, 2)), InputSpec("b", (1,), "int32")]
X = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
A, B = np.ones((4, 2), np.float32), np.arange(4, dtype=np.int32)


@pytest.mark.parametrize(
    "data",
    [
        X,
        X.astype(np.float64),
        [X],
        {"image": X},
        list(X),
        (x for x in X),
        ([x] for x in X),
        ({"image": x[None]} for x in X),
    ],
)
def test_forms_of_one_input(data: object) -> None:
    (stacked,) = stack_samples(data, ONE)
    assert stacked.dtype == np.float32
    np.testing.assert_array_equal(stacked, X)


@pytest.mark.parametrize("data", [[A, B], (A, B), {"b": B, "a": A}, zip(A, B, strict=True)])
def test_forms_of_two_inputs(data: object) -> None:
    a, b = stack_samples(data, TWO)
    np.testing.assert_array_equal(a, A)
    np.testing.assert_array_equal(b, B)


@pytest.mark.parametrize(
    ("data", "inputs", "words"),
    [
        (X[0], ONE, "add a leading axis"),
        (X[:, :1], ONE, r"shape \[4, 1, 3\], expected \[N, 2, 3\]"),
        (X[:0], ONE, "no samples"),
        (iter([]), ONE, "no samples"),
        ({"picture": X}, ONE, "the model's inputs are image"),
        (A, TWO, "give a list or a dict"),
        ([A, B[:2]], TWO, "different numbers of samples"),
        ([A, B.astype(np.float32)], TWO, "'b' is float32, the model takes int32"),
        (np.full_like(X, np.nan), ONE, "NaN"),
        (X.astype(str), ONE, "model takes float32"),
        (7, ONE, "data is a int"),
        (([x, x] for x in X), ONE, "sample 0 has 2 parts"),
    ],
)
def test_data_that_does_not_fit(data: object, inputs: list[InputSpec], words: str) -> None:
    with pytest.raises(DataError, match=words):
        stack_samples(data, inputs)


def test_npz_separates_labels(tmp_path) -> None:
    np.savez(tmp_path / "d.npz", images=X, labels=[1, 2, 3, 4])
    data, labels = read_npz(tmp_path / "d.npz")
    np.testing.assert_array_equal(data[0], X)
    assert labels is not None and labels.tolist() == [1, 2, 3, 4]


def test_npz_keeps_input_names(tmp_path) -> None:
    np.savez(tmp_path / "d.npz", a=A, b=B)
    data, labels = read_npz(tmp_path / "d.npz")
    assert sorted(data) == ["a", "b"] and labels is None


def test_files_that_are_not_arrays(tmp_path) -> None:
    (tmp_path / "text.npz").write_text("hello")
    np.savez(tmp_path / "objects.npz", x=np.array([{}], dtype=object))
    for name in ("text.npz", "objects.npz", "missing.npz"):
        with pytest.raises(DataError, match=name):
            read_npz(tmp_path / name)


def detail(scales: list[float], zero_points: list[int], axis: int = 0) -> dict[str, object]:
    per_tensor = (scales[0], zero_points[0]) if len(scales) == 1 else (0.0, 0)
    parameters = {"scales": scales, "zero_points": zero_points, "quantized_dimension": axis}
    return {"dtype": np.int8, "quantization": per_tensor, "quantization_parameters": parameters}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed, lambda path, x: np.save(path, x)])
def test_damaged_files_are_read_or_told(save: Callable[..., None], tmp_path: Path) -> None:
    """Cut off anywhere, or with bytes changed: zlib, the archive and numpy's header each fail in their own ways."""
    rng, path = np.random.default_rng(0), tmp_path / "x.npz"
    with path.open("wb") as file:
        save(file, np.ones((9, 4)))
    content, told = path.read_bytes(), 0
    for step in range(200):
        damaged = bytearray(content)
        for place in rng.integers(len(content), size=1 + step % 5):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged[: rng.integers(len(content))] if step % 3 == 0 else damaged)
        try:
            read_npz(path)
        except DataError as error:
            assert str(path) in str(error)
            told += 1
    assert told > 60


def test_quantize_rounds_half_to_even_and_saturates() -> None:
    values = np.array([0.25, 0.75, -100, 100, 0], np.float32)
    assert quantize(values, detail([0.5], [3])).tolist() == [3, 5, -128, 127, 3]
    raw = np.array([1, 2], np.int8)
    assert quantize(raw, detail([0.5], [3])).tolist() == [1, 2]


def test_dequantize_per_tensor_and_per_channel() -> None:
    raw = np.array([[1, 2], [3, 4]], np.int8)
    assert dequantize(raw, detail([0.5], [1])).tolist() == [[0, 0.5], [1, 1.5]]
    assert dequantize(raw, detail([1.0, 10.0], [0, 0], axis=1)).tolist() == [[1, 20], [3, 40]]
    assert dequantize(raw, detail([], [])).tolist() == raw.tolist()
