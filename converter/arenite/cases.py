"""Generated instances of one operator: what a declaration's ``case`` is made of.

The choices come from a :class:`Draw`, which the tests back with hypothesis, so that a failing case shrinks. Nasty values
are drawn as often as ordinary ones: size 1, zero points at both ends, scales far apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np

from .activation import RANGES
from .elements import limits, numpy_dtype
from .graph import Op, Quantization, Value

T = TypeVar("T")


class Draw(Protocol):
    """A source of choices."""

    def integer(self, low: int, high: int) -> int:
        """An integer in [low, high]."""

    def choice(self, options: Sequence[T]) -> T:
        """One of ``options``."""


def scale(draw: Draw) -> float:
    """A float32 scale in [2**-9, 2**2) with all 24 bits in use."""
    return float(np.float32(draw.integer(2**23, 2**24 - 1)) * np.float32(2.0) ** draw.integer(-32, -22))


def quantization(draw: Draw) -> Quantization:
    """Per tensor, int8; both ends of the zero point's range are likely."""
    return Quantization.per_tensor(scale(draw), draw.choice([0, -128, 127, draw.integer(-128, 127)]))


def without_zero_point(quant: Quantization) -> Quantization:
    return Quantization(quant.scale, np.zeros_like(quant.zero_point), quant.axis)


def often_without_zero_point(draw: Draw) -> Quantization:
    """For operators of which TFLite Micro knows the arithmetic without a zero point only."""
    quant = quantization(draw)
    return draw.choice([quant, without_zero_point(quant)])


def coded(dtype: str, quant: Quantization | None) -> Quantization | None:
    """What a tensor of ``dtype`` keeps of ``quant``: all of it in int4 and int8, the scales in int16, else nothing."""
    if quant is None or dtype in ("int4", "int8"):
        return quant
    return without_zero_point(quant) if dtype == "int16" else None


def grid(draw: Draw, dtype: str) -> Quantization | None:
    """A quantization for codes of any type, uint8 and int32 too; None for floats."""
    quant = quantization(draw)
    if dtype == "uint8":
        return Quantization(quant.scale, quant.zero_point + 128)
    return without_zero_point(quant) if dtype == "int32" else coded(dtype, quant)


def fixed(grids: Mapping[str, tuple[float, int]], dtype: str) -> Quantization | None:
    """The one quantization that results of ``dtype`` may have; None for floats."""
    return Quantization.per_tensor(*grids[dtype]) if dtype in grids else None


def weight_dtype(dtype: str) -> str:
    """The type of the weights that multiply activations of ``dtype``; of ``"int8/int4"`` what stands behind the stroke."""
    data, _, weights = dtype.partition("/")
    return weights or ("int8" if data == "int16" else data)


def is_hybrid(dtype: str) -> bool:
    """Whether float activations meet integer weights."""
    return data_dtype(dtype) == "float32" and weight_dtype(dtype) != "float32"


def data_dtype(dtype: str) -> str:
    """The type of the activations: of ``"int8/int4"`` what stands before the stroke."""
    return dtype.partition("/")[0]


def channel_quantization(draw: Draw, channels: int, axis: int) -> Quantization:
    """Per channel along ``axis``: scales within a factor of 16 of each other, zero points 0."""
    factors = rng_of(draw).uniform(1 / 16, 1, channels).astype(np.float32)
    return Quantization(factors * np.float32(scale(draw)), np.zeros(channels, np.int64), axis if channels > 1 else 0)


def weight_quantization(draw: Draw, dtype: str) -> Quantization:
    """Per tensor; the zero point is 0 more often than not. Float weights have none."""
    codes = weight_dtype(dtype)
    low, high = (0, 0) if codes == "float32" else limits(codes)
    return Quantization.per_tensor(scale(draw), draw.choice([0, 0, 0, draw.integer(low, high)]))


def near_quantization(draw: Draw, x: Value) -> Quantization | None:
    """For a result in the range of ``x``: its scale times 2**-3 to 2**3. None for floats."""
    return _scaled(draw, float(x.quant.scale[0]), -3, 3) if x.quant is not None else None


def product_quantization(draw: Draw, a: Value, b: Value) -> Quantization | None:
    """For a result made of products of ``a`` and ``b``: multipliers from 2**-13 to 2, so that some results saturate.

    From 2**-20 when ``a`` is int16.
    """
    if a.quant is None or b.quant is None:
        return None
    return _scaled(draw, float(a.quant.scale[0]) * float(b.quant.scale.max()), -1, 20 if a.dtype == "int16" else 13)


def quotient_quantization(draw: Draw, a: Value, b: Value) -> Quantization | None:
    """For a result made of quotients of ``a`` and ``b``: multipliers from 1/2 to 2**20, of int16 to 2**13."""
    if a.quant is None or b.quant is None:
        return None
    return _scaled(draw, float(a.quant.scale[0]) / float(b.quant.scale[0]), -20 if a.dtype == "int8" else -13, 0)


def _scaled(draw: Draw, base: float, low: int, high: int) -> Quantization:
    mantissa = draw.integer(2**23, 2**24 - 1) / 2**23
    zero_point = draw.choice([0, -128, 127, draw.integer(-128, 127)])
    return Quantization.per_tensor(base * mantissa * 2.0 ** draw.integer(low, high), zero_point)


def rng_of(draw: Draw) -> np.random.Generator:
    return np.random.default_rng(draw.integer(0, 2**32 - 1))


def values(rng: np.random.Generator, dtype: str, shape: Sequence[int]) -> np.ndarray:
    """Random data: integers over the whole range with one value in four at an end, floats about 0 with spread 3."""
    if dtype == "float32":
        return (3 * rng.standard_normal(tuple(shape))).astype(np.float32)
    if dtype == "bool":
        return rng.integers(0, 2, tuple(shape)).astype(np.bool_)
    low, high = limits(dtype)
    held = numpy_dtype(dtype)
    q = rng.integers(low, high, tuple(shape), held, endpoint=True)
    ends = rng.choice(np.array([low, high], held), tuple(shape))
    return np.where(rng.random(tuple(shape)) < 0.25, ends, q).astype(held)


def tensor(draw: Draw, dtype: str, shape: Sequence[int], quant: Quantization | None = None) -> Value:
    """An operand that the test feeds; codes of reals get ``quant`` or a drawn quantization."""
    if dtype in ("int4", "int8", "int16") and quant is None:
        quant = quantization(draw)
    return Value("", dtype, tuple(shape), None, coded(dtype, quant))


def constant(draw: Draw, dtype: str, shape: Sequence[int], quant: Quantization | None = None) -> Value:
    """The same with data in the file."""
    value = tensor(draw, dtype, shape, quant)
    value.data = values(rng_of(draw), dtype, shape)
    return value


def without_negatives(draw: Draw, dtype: str, shape: Sequence[int]) -> Value:
    """A constant of real values from 0 on; floats are fed, of either sign."""
    if dtype == "float32":
        return tensor(draw, dtype, shape)
    x = constant(draw, dtype, shape)
    assert x.data is not None and x.quant is not None
    x.data = np.maximum(x.data, x.quant.zero_point[0]).astype(dtype)
    return x


def weights(draw: Draw, dtype: str, shape: Sequence[int], quant: Quantization | None = None) -> Value:
    """Those of a case of ``dtype``. Beside floats not −128: LiteRT's vector code sums it wrongly, converters avoid it."""
    value = constant(draw, weight_dtype(dtype), shape, quant)
    if is_hybrid(dtype) and value.dtype == "int8":
        value.data = np.maximum(value.data, -127)  # type: ignore[arg-type]
    return value


def divisors(draw: Draw, dtype: str, shape: Sequence[int]) -> Value:
    """A constant without a zero; floats are fed."""
    if dtype == "float32":
        return tensor(draw, dtype, shape)
    value = constant(draw, dtype, shape)
    data = np.asarray(value.data)
    zero = 0 if value.quant is None else int(value.quant.zero_point[0])
    return replace(value, data=np.where(data == zero, zero - 1 if zero > 0 else zero + 1, data).astype(dtype))


def integers(data: Sequence[int] | Sequence[Sequence[int]]) -> Value:
    """An int32 constant: axes, paddings, a shape."""
    array = np.array(data, np.int32)
    return Value("", "int32", array.shape, array)


def indices(draw: Draw, data: Sequence[int] | Sequence[Sequence[int]] | np.ndarray | int) -> Value:
    """The same of any rank in one of the types that axes, paddings and shapes have: int32, now and then int64."""
    array = np.array(data, np.dtype(draw.choice(["int32", "int32", "int64"])))
    return Value("", array.dtype.name, array.shape, array)


def scalar(data: int) -> Value:
    """An int32 constant of rank 0: one axis."""
    return Value("", "int32", (), np.array(data, np.int32))


def bias(draw: Draw, dtype: str, channels: int) -> list[Value]:
    """No bias, or one: small, or at the ends of what an accumulator of 32 bits (int16: of 48) may start from."""
    if draw.choice([False, False, True]):
        return []
    rng = rng_of(draw)
    if dtype == "float32":
        return [Value("", dtype, (channels,), rng.standard_normal(channels).astype(np.float32))]
    wide = dtype == "int16"
    limit = draw.choice([1000, 100_000, 2**30, 2**45] if wide else [1000, 100_000, 2**30])
    data = rng.integers(-limit, limit + 1, channels).astype(np.int64 if wide else np.int32)
    return [Value("", data.dtype.name, (channels,), data)]


def shape(draw: Draw, rank: tuple[int, int] = (1, 4), largest: int = 9) -> tuple[int, ...]:
    """Dimensions in [1, largest]."""
    return tuple(draw.integer(1, largest) for _ in range(draw.integer(*rank)))


def broadcast_pair(draw: Draw) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast with each other, up to rank 6; often they are one."""
    full = shape(draw, (1, 6), 5)
    if draw.choice([False, True]):
        return full, full
    first = draw.integer(0, len(full) - 1)
    repeated = tuple(draw.choice([1, n]) for n in full)
    pair = (repeated, full[first:])
    return pair if draw.choice([False, True]) else pair[::-1]


def image(draw: Draw, channels: int) -> tuple[int, int, int, int]:
    """An NHWC shape with a batch of up to 3."""
    return draw.choice([1, 1, 1, 2, 3]), draw.integer(1, 11), draw.integer(1, 11), channels


def channels(draw: Draw) -> int:
    """Odd, even, and past the width of vector registers."""
    return draw.choice([1, 2, 3, 4, 5, 8, 13, 16, 17, 33, 40])


def activation(draw: Draw) -> str:
    return draw.choice(list(RANGES))


def sliding(draw: Draw, size: tuple[int, int], kernel: tuple[int, int], dilated: bool) -> dict[str, object]:
    """Strides, padding and, when ``dilated``, dilations that fit an image of ``size``."""
    attrs: dict[str, object] = {"fused_activation_function": activation(draw)}
    fits = True
    for axis, n, k in zip("hw", size, kernel, strict=True):
        dilation = draw.choice([1, 1, 2, 3]) if dilated else 1
        attrs[f"stride_{axis}"] = draw.integer(1, 3)
        if dilated:
            attrs[f"dilation_{axis}_factor"] = dilation
        fits = fits and (k - 1) * dilation + 1 <= n
    attrs["padding"] = draw.choice(["SAME", "VALID"]) if fits else "SAME"
    return attrs


def finished(op: Op, shapes: Sequence[tuple[int, ...]], quant: Quantization | None, dtype: str | None = None) -> Op:
    """``op`` with its results: of operand 0's dtype unless given; ``quant`` counts for int8 and int16."""
    dtype = dtype or op.operand(0).dtype
    op.outputs = [Value("", dtype, s, None, coded(dtype, quant)) for s in shapes]
    return op
