"""keras.ops and the layers that are made of them."""

from __future__ import annotations

from keras import layers as L
from keras import ops

from .building import SERIES, function, image, pair, row, series
from .registry import register

register("ops", {
    "arithmetic": lambda: row(function(lambda x: (1 - x) * x + x / 4.0 - 2)),
    "abs, exp, sqrt": lambda: row(function(lambda x: ops.sqrt(ops.exp(x) + ops.abs(x)))),
    "log": lambda: row(function(lambda x: ops.log(ops.abs(x) + 1.0))),
    "log1p and expm1": lambda: row(function(lambda x: ops.expm1(ops.log1p(ops.abs(x))))),
    "sin and cos": lambda: row(function(lambda x: ops.sin(x) + ops.cos(x))),
    "erf": lambda: row(function(lambda x: ops.erf(x))),
    "rsqrt": lambda: row(function(lambda x: ops.rsqrt(x * x + 1.0))),
    "square": lambda: row(function(lambda x: ops.square(x))),
    "power": lambda: row(function(lambda x: ops.power(ops.abs(x), 1.5))),
    "reciprocal": lambda: row(function(lambda x: ops.reciprocal(ops.abs(x) + 0.5))),
    "negative": lambda: row(function(lambda x: -x)),
    "clip": lambda: row(function(lambda x: ops.clip(x, -0.5, 1))),
    "round": lambda: row(function(lambda x: ops.round(x * 3) / 3)),
    "sign": lambda: row(function(lambda x: ops.sign(x))),
    "division": lambda: pair(function(lambda xs: xs[0] / (xs[1] * xs[1] + 1.0))),
    "matmul of two": lambda: pair(function(lambda xs: ops.matmul(xs[0], ops.transpose(xs[1], (0, 2, 1))))),
    "einsum of two": lambda: pair(function(lambda xs: ops.einsum("btc,bsc->bts", *xs))),
    "einsum outer": lambda: pair(function(lambda xs: ops.einsum("btc,btd->bcd", *xs))),
    "squared difference": lambda: pair(function(lambda xs: ops.mean(ops.square(xs[0] - xs[1]), axis=1))),
    "sum": lambda: image(function(lambda x: ops.sum(x, axis=(1, 2)))),
    "mean over channels": lambda: image(function(lambda x: ops.mean(x, axis=-1))),
    "max over channels": lambda: image(function(lambda x: ops.max(x, axis=-1))),
    "min": lambda: image(function(lambda x: ops.min(x, axis=(1, 2)))),
    "variance": lambda: series(function(lambda x: ops.var(x, axis=1))),
    "standard deviation": lambda: series(function(lambda x: ops.std(x, axis=1))),
    "norm": lambda: series(function(lambda x: ops.norm(x, axis=-1))),
    "argmax": lambda: row(L.Dense(6), function(lambda x: ops.argmax(x, axis=-1))),
    "cumsum": lambda: series(function(lambda x: ops.cumsum(x, axis=1))),
    "logsumexp": lambda: series(function(lambda x: ops.logsumexp(x, axis=-1))),
    "where": lambda: pair(function(lambda xs: ops.where(xs[0] > 0.1, xs[0], xs[1]))),
    "comparison as a mask": lambda: series(function(lambda x: x * ops.cast(x > 0.0, "float32"))),
    "top k": lambda: row(function(lambda x: ops.top_k(x, 3)[0])),
    "maximum and minimum": lambda: pair(function(lambda xs: ops.maximum(xs[0], ops.minimum(xs[1], 0.5))), SERIES),
})  # fmt: skip
