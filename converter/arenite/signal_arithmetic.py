"""Whole-number arithmetic of TFLite Micro's signal operators, for the references in ``ops/signal_*.py``.

A complex array is a pair of int64 arrays; every result is cut to the width of the type, as C does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .errors import GraphError
from .graph import Value

Array = np.ndarray
Complex = tuple[Array, Array]


def constant(data: Array) -> Value:
    """An operand with data in the file."""
    return Value("", data.dtype.name, data.shape, data)


def bit_length(x: Array) -> Array:
    """Bits that each of the numbers takes, x < 2**53."""
    return np.frexp(x.astype(np.float64))[1].astype(np.int64)


def radices(length: int) -> list[int]:
    """Of the stages of a complex transform; GraphError when there are other factors than 4, 2, 3 and 5, or none."""
    result, rest = list[int](), length
    for radix in (4, 2, 3, 5):
        while rest > 1 and rest % radix == 0:
            result.append(radix)
            rest //= radix
    if rest != 1 or not result:
        raise GraphError(
            f"half of the length of a Fourier transform is {length}: it must have the factors 2, 3, 5 only"
        )
    return result


@dataclass(frozen=True)
class FixedFourier:
    """Transforms of real signals along the last axis in fixed point.

    dtype   "int16" or "int32"; ``length`` of the signal is even.
    """

    dtype: str
    length: int
    inverse: bool = False

    @property
    def bits(self) -> int:
        return 15 if self.dtype == "int16" else 31

    def forward(self, samples: Array) -> Array:
        """[…, n] with n ≤ length → […, length + 2]: real and imaginary parts in turns."""
        padded = np.zeros((*samples.shape[:-1], self.length), np.int64)
        padded[..., : samples.shape[-1]] = samples
        re, im = self.transform((padded[..., ::2], padded[..., 1::2]))
        first = self.divided((re[..., :1], im[..., :1]), 2)
        n = self.length // 2
        out_re, out_im = (np.zeros((*re.shape[:-1], n + 1), np.int64) for _ in range(2))
        out_re[..., :1], out_re[..., n:] = self.cut(first[0] + first[1]), self.cut(first[0] - first[1])
        k = np.arange(1, n // 2 + 1)
        (er, ei), (dr, di) = self.parts((re, im), k)
        out_re[..., k], out_im[..., k] = self.half(er + dr), self.half(ei + di)
        out_re[..., n - k], out_im[..., n - k] = self.half(er - dr), self.half(di - ei)
        return np.stack([out_re, out_im], -1).reshape(*re.shape[:-1], self.length + 2).astype(self.dtype)

    def backward(self, spectrum: Array) -> Array:
        """[…, length + 2] → […, length]."""
        pairs = spectrum.reshape(*spectrum.shape[:-1], -1, 2).astype(np.int64)
        re, im = pairs[..., 0], pairs[..., 1]
        n = self.length // 2
        low, high = re[..., :1], re[..., n:]
        first = self.divided((self.cut(low + high), self.cut(low - high)), 2)
        out_re, out_im = (np.zeros((*re.shape[:-1], n), np.int64) for _ in range(2))
        out_re[..., :1], out_im[..., :1] = first
        k = np.arange(1, n // 2 + 1)
        (er, ei), (dr, di) = self.parts((re, im), k)
        out_re[..., k], out_im[..., k] = self.cut(er + dr), self.cut(ei + di)
        out_re[..., n - k], out_im[..., n - k] = self.cut(er - dr), self.cut(di - ei)
        re, im = self.transform((out_re, out_im))
        return np.stack([re, im], -1).reshape(*re.shape[:-1], self.length).astype(self.dtype)

    # --- the complex transform --------------------------------------------------------------------------------------
    def transform(self, x: Complex) -> Complex:
        n = self.length // 2
        stages = radices(n)
        order = np.arange(n).reshape(stages[::-1]).transpose().ravel()
        re, im = x[0][..., order], x[1][..., order]
        span = 1
        for radix in reversed(stages):
            shape = (*re.shape[:-1], -1, radix, span)
            columns = self.divided((re.reshape(shape), im.reshape(shape)), radix)
            rows = [(columns[0][..., i, :], columns[1][..., i, :]) for i in range(radix)]
            step = n // (radix * span)
            results = self.stage(rows, radix, span, step)
            re, im = (np.stack([r[i] for r in results], -2).reshape(x[0].shape) for i in range(2))
            span *= radix
        return re, im

    def stage(self, rows: list[Complex], radix: int, span: int, step: int) -> list[Complex]:
        u, n = np.arange(span), self.length // 2
        a, *rest = [rows[0]] + [
            self.product(rows[i], self.twiddles(2 * np.pi * (i * u * step) / n)) for i in range(1, radix)
        ]
        one, two = (self.twiddles(np.array(2 * np.pi * (i * step * span) / n)) for i in (1, 2))
        match radix:
            case 2:
                return [self.add(a, rest[0]), self.subtract(a, rest[0])]
            case 3:
                total, side = self.add(*rest), self.turned(self.scaled(self.subtract(*rest), one[1]))
                middle = self.subtract(a, (total[0] >> 1, total[1] >> 1))
                return [self.add(a, total), self.add(middle, side), self.subtract(middle, side)]
            case 4:
                b, c, d = rest
                side = self.turned(self.subtract(b, d) if self.inverse else self.subtract(d, b))
                ends, across, middle = self.add(a, c), self.subtract(a, c), self.add(b, d)
                return [self.add(ends, middle), self.add(across, side),
                        self.subtract(ends, middle), self.subtract(across, side)]  # fmt: skip
            case _:
                return self.five(a, rest, one, two)

    def five(self, a: Complex, rest: Sequence[Complex], one: Complex, two: Complex) -> list[Complex]:
        b, c, d, e = rest
        outer, inner, outer_side, inner_side = (
            self.add(b, e), self.add(c, d), self.subtract(b, e), self.subtract(c, d)
        )  # fmt: skip
        first = self.total([a, self.scaled(outer, one[0]), self.scaled(inner, two[0])])
        second = self.total([a, self.scaled(outer, two[0]), self.scaled(inner, one[0])])
        first_side = self.turned(self.add(self.scaled(outer_side, one[1]), self.scaled(inner_side, two[1])))
        second_side = self.turned(self.subtract(self.scaled(outer_side, two[1]), self.scaled(inner_side, one[1])))
        return [self.total([a, outer, inner]), self.add(first, first_side), self.add(second, second_side),
                self.subtract(second, second_side), self.subtract(first, first_side)]  # fmt: skip

    def parts(self, x: Complex, k: Array) -> tuple[Complex, Complex]:
        """Spectra of the even samples and of the odd ones, these turned by half a step."""
        n = self.length // 2
        a = self.divided((x[0][..., k], x[1][..., k]), 2)
        b = self.divided((x[0][..., n - k], self.cut(-x[1][..., n - k])), 2)
        return self.add(a, b), self.product(self.subtract(a, b), self.twiddles(np.pi * (k / n + 0.5)))

    # --- arithmetic -------------------------------------------------------------------------------------------------
    def cut(self, x: Array) -> Array:
        return x.astype(self.dtype).astype(np.int64)

    def half(self, x: Array) -> Array:
        """In the 32 bits that C adds in, whatever the type."""
        return self.cut(x.astype(np.int32) >> 1)

    def rounded(self, x: Array) -> Array:
        return self.cut((x + (1 << (self.bits - 1))) >> self.bits)

    def add(self, a: Complex, b: Complex) -> Complex:
        return self.cut(a[0] + b[0]), self.cut(a[1] + b[1])

    def subtract(self, a: Complex, b: Complex) -> Complex:
        return self.cut(a[0] - b[0]), self.cut(a[1] - b[1])

    def total(self, numbers: Sequence[Complex]) -> Complex:
        return self.cut(sum(x[0] for x in numbers)), self.cut(sum(x[1] for x in numbers))  # type: ignore[arg-type]

    def product(self, a: Complex, b: Complex) -> Complex:
        return self.rounded(a[0] * b[0] - a[1] * b[1]), self.rounded(a[0] * b[1] + a[1] * b[0])

    def scaled(self, a: Complex, factor: Array) -> Complex:
        return self.rounded(a[0] * factor), self.rounded(a[1] * factor)

    def turned(self, a: Complex) -> Complex:
        return self.cut(-a[1]), a[0]

    def divided(self, a: Complex, divisor: int) -> Complex:
        return self.scaled(a, np.array(((1 << self.bits) - 1) // divisor))

    def twiddles(self, angle: Array) -> Complex:
        """exp(−i · angle), rounded up at the half; the library's functions, whose last bit decides at a sixth of a turn."""
        largest, sign = (1 << self.bits) - 1, 1 if self.inverse else -1
        flat = [float(a) * sign for a in angle.ravel()]
        re, im = ([math.floor(0.5 + largest * f(a)) for a in flat] for f in (math.cos, math.sin))
        return np.array(re, np.int64).reshape(angle.shape), np.array(im, np.int64).reshape(angle.shape)
