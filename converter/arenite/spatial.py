"""How a kernel slides over height and width: TFLite's padding arithmetic and strided views, for the references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .errors import GraphError

Pair = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """A kernel's path over an NHWC image; each field is (height, width).

    kernel    taps.   stride, dilation  ≥ 1.
    padding   "SAME": ceil(size / stride) outputs, the odd pixel of padding behind; "VALID": no padding.
    """

    kernel: Pair
    stride: Pair
    dilation: Pair = (1, 1)
    padding: str = "VALID"

    @property
    def extent(self) -> Pair:
        """Input pixels from the first tap to the last, both included."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True))  # type: ignore[return-value]

    def output_size(self, size: Pair) -> Pair:
        """Outputs over an image of ``size``; GraphError when the kernel does not fit or a parameter is not positive."""
        if self.padding not in ("SAME", "VALID"):
            raise GraphError(f"padding is SAME or VALID, not {self.padding!r}")
        if min(*self.kernel, *self.stride, *self.dilation) < 1:
            raise GraphError(f"kernel, stride and dilation must be positive: {self}")
        lost = (0, 0) if self.padding == "SAME" else (self.extent[0] - 1, self.extent[1] - 1)
        height, width = (-(-(n - x) // s) for n, x, s in zip(size, lost, self.stride, strict=True))
        if height < 1 or width < 1:
            raise GraphError(f"a kernel of extent {self.extent} does not fit an image of {size}")
        return height, width

    def pads(self, size: Pair) -> tuple[Pair, Pair]:
        """((top, bottom), (left, right)): pixels of padding around an image of ``size``."""
        if self.padding == "VALID":
            return (0, 0), (0, 0)
        totals = [
            max((out - 1) * s + e - n, 0)
            for out, s, e, n in zip(self.output_size(size), self.stride, self.extent, size, strict=True)
        ]
        return tuple((t // 2, t - t // 2) for t in totals)  # type: ignore[return-value]

    def pad(self, x: np.ndarray, fill: float) -> np.ndarray:
        """``x`` [N, H, W, C] with its padding written out as ``fill``."""
        vertical, horizontal = self.pads((x.shape[1], x.shape[2]))
        if vertical == horizontal == (0, 0):
            return x
        return np.pad(x, ((0, 0), vertical, horizontal, (0, 0)), constant_values=fill)

    def taps(self, x: np.ndarray, fill: float) -> Iterator[tuple[Pair, np.ndarray]]:
        """For each tap (i, j) the pixels [N, OH, OW, C] that it meets, as a view; padding counts as ``fill``."""
        height, width = self.output_size((x.shape[1], x.shape[2]))
        (sh, sw), (dh, dw), padded = self.stride, self.dilation, self.pad(x, fill)
        for i in range(self.kernel[0]):
            for j in range(self.kernel[1]):
                rows = slice(i * dh, i * dh + (height - 1) * sh + 1, sh)
                columns = slice(j * dw, j * dw + (width - 1) * sw + 1, sw)
                yield (i, j), padded[:, rows, columns, :]

    def patches(self, x: np.ndarray) -> np.ndarray:
        """The zero-padded pixels under each output, [N, OH, OW, KH, KW, C], a read-only view without copy."""
        height, width = self.output_size((x.shape[1], x.shape[2]))
        padded = self.pad(x, 0)
        n, h, w, c = padded.strides
        shape = (x.shape[0], height, width, *self.kernel, x.shape[3])
        strides = (n, h * self.stride[0], w * self.stride[1], h * self.dilation[0], w * self.dilation[1], c)
        return np.lib.stride_tricks.as_strided(padded, shape, strides, writeable=False)


def window_of(attrs: dict[str, object], kernel: Pair) -> Window:
    """The window that the options ``stride_h/w``, ``dilation_h/w_factor`` and ``padding`` describe."""

    def pair(name: str, default: int | None) -> Pair:
        values = [attrs.get(name.format(axis), default) for axis in "hw"]
        if not all(isinstance(value, int) for value in values):
            raise GraphError(f"the operator lacks {name.format('h')} or {name.format('w')}")
        return values[0], values[1]  # type: ignore[return-value]

    return Window(kernel, pair("stride_{}", None), pair("dilation_{}_factor", 1), str(attrs.get("padding", "SAME")))


def image_size(shape: tuple[int, ...]) -> Pair:
    """(H, W) of an NHWC shape; GraphError when it is not of rank 4."""
    if len(shape) != 4:
        raise GraphError(f"expected an NHWC image, got shape {list(shape)}")
    return shape[1], shape[2]
