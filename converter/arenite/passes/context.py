"""What passes share: the options of one conversion, calibration statistics, and the log that ``--explain`` prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

import numpy as np

from ..graph import Graph, Op, Origin, Quantization, Value
from ..histogram import Histogram
from ..opdef import case_dtypes, declaration
from ..packing import BITS

#: What a quantized model computes in: int8 throughout, int16 activations with int8 weights, or float activations with
#: integer or float16 weights.
Scheme = Literal["int8", "16x8", "dynamic", "float16"]
Io = Literal["int8", "uint8", "int16", "float32"]
#: Called as progress(stage, done, total); total 0 when unknown.
Progress = Callable[[str, int, int], None]
#: What a sample counts in a moving average once there have been 100.
MOVING = 0.01
#: (op, operands as op.inputs) → results, in the stored types, as our kernels compute them.
RunOp = Callable[[Op, Sequence[np.ndarray | None]], list[np.ndarray]]

#: What makes a quantized model more exact and takes time; each may be left out by itself.
IMPROVEMENTS = ("scale_features", "equalize", "rounding", "bias")


@dataclass(frozen=True)
class Entry:
    """One thing a pass did or would not do.

    kind   "applied" or "refused".
    place  the user's layer, as text.   text  what happened, or why it did not.
    """

    pass_name: str
    kind: Literal["applied", "refused"]
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.pass_name}: {self.told}"

    @property
    def told(self) -> str:
        """Without the pass."""
        return f"{self.kind}: {self.place}: {self.text}"


@dataclass(frozen=True)
class Size:
    """What a graph holds, with the subgraphs that it calls.

    constants, bytes   how many constants, and their bytes in the file.
    """

    operators: int
    constants: int
    bytes: int

    @staticmethod
    def of(graph: Graph) -> Size:
        parts = graph.subgraphs()
        constants = {value: value.nbytes for part in parts for value in part.values() if value.is_constant}
        return Size(sum(len(part.ops) for part in parts), len(constants), sum(constants.values()))


@dataclass(frozen=True)
class Stage:
    """One run of one pass: the graph before and after, and what it noted."""

    pass_name: str
    before: Size
    after: Size
    log: tuple[Entry, ...]

    def __str__(self) -> str:
        """One line, and below it one for each entry."""
        changes = [
            f"{old:,} → {new:,} {what}" if old != new else f"{new:,} {what}"
            for what, old, new in (
                ("operators", self.before.operators, self.after.operators),
                ("constants", self.before.constants, self.after.constants),
                ("bytes", self.before.bytes, self.after.bytes),
            )
        ]
        return "\n  ".join([f"{self.pass_name}: {', '.join(changes)}", *(entry.told for entry in self.log)])


@dataclass
class Statistics:
    """What calibration saw of one value: extremes over all samples, and the mean over samples where a pass needs it.

    low, high       real values; NaN and infinity were refused.
    average         moving average of the samples' own extremes (low, high); None when not collected or changed since.
    histogram       how often which values occurred; None when not collected or changed since.
    trained         the range comes from training: it stays as it is.
    lows, highs     the same per channel (innermost axis) [C].
    power           sum of squares per channel, float64 [C], over ``count`` elements each.
    crest           the smallest of the rows' largest elements; only for what an operator with ``negligible`` reads.
    total           sum over samples, float64 of the shape of one sample [1, …]; None when not collected.
    peaks           of the largest magnitude in each sample: how many, their sum, the sum of their squares.
    """

    low: float = np.inf
    high: float = -np.inf
    lows: np.ndarray | None = None
    highs: np.ndarray | None = None
    power: np.ndarray | None = None
    count: int = 0
    total: np.ndarray | None = None
    samples: int = 0
    crest: float = np.inf
    average: tuple[float, float] | None = None
    histogram: Histogram | None = None
    trained: bool = False
    averaged: int = 0
    peaks: np.ndarray = field(default_factory=lambda: np.zeros(3))

    def add(self, array: np.ndarray, channels: int) -> None:
        """Take in a batch of the value, [N, …, channels]; [N] for a value of one element."""
        rows = array.reshape(-1, channels)
        lows, highs, power = rows.min(axis=0), rows.max(axis=0), np.square(rows, dtype=np.float64).sum(axis=0)
        self.lows = lows if self.lows is None else np.minimum(self.lows, lows)
        self.highs = highs if self.highs is None else np.maximum(self.highs, highs)
        self.power = power if self.power is None else self.power + power
        self.count += len(rows)
        self.low, self.high = float(self.lows.min()), float(self.highs.max())

    def add_distribution(self, array: np.ndarray, size: int) -> None:
        """Take in a batch, seen by ``add`` before, for what calibrators ask; ``size`` elements are one sample."""
        self.histogram = self.histogram or Histogram()
        self.histogram.add(array, min(self.low, 0.0), max(self.high, 0.0))
        samples = array.reshape(-1, size)
        for low, high in zip(samples.min(axis=1).tolist(), samples.max(axis=1).tolist(), strict=True):
            self.averaged += 1
            pace = max(1 / self.averaged, MOVING)
            before = self.average or (low, high)
            self.average = (before[0] + pace * (low - before[0]), before[1] + pace * (high - before[1]))

    def add_total(self, array: np.ndarray, shape: tuple[int, ...]) -> None:
        """Take in a batch for the mean sample; ``shape`` is that of one sample."""
        samples = array.reshape(-1, *shape)
        sums = samples.sum(axis=0, dtype=np.float64)
        self.total = sums if self.total is None else self.total + sums
        self.samples += len(samples)

    def add_peaks(self, array: np.ndarray, size: int) -> None:
        """Take in a batch of samples of ``size`` elements each."""
        largest = np.abs(array.reshape(-1, size)).max(axis=1).astype(np.float64)
        self.peaks = self.peaks + np.array([len(largest), largest.sum(), np.square(largest).sum()])

    @property
    def spread(self) -> float:
        """Standard deviation of the samples' largest magnitudes."""
        count, total, squares = self.peaks
        return float(np.sqrt(max(squares / count - (total / count) ** 2, 0))) if count else 0.0

    def scale(self, factors: np.ndarray) -> None:
        """What would have been seen had channel c been factors[c] > 0 times as large."""
        assert self.lows is not None and self.highs is not None and self.power is not None
        self.lows, self.highs, self.power = self.lows * factors, self.highs * factors, self.power * factors**2
        self.low, self.high = float(self.lows.min()), float(self.highs.max())
        self.total = None if self.total is None else self.total * factors
        self.average = self.histogram = None

    def raise_to(self, floor: float) -> None:
        """What would have been seen had elements below ``floor`` been ``floor``."""
        assert self.lows is not None and self.highs is not None
        self.lows, self.highs = np.maximum(self.lows, floor), np.maximum(self.highs, floor)
        self.low, self.high = float(self.lows.min()), float(self.highs.max())
        self.average = self.histogram = None

    @property
    def mean(self) -> np.ndarray:
        """The mean sample, float32."""
        assert self.total is not None
        return (self.total / self.samples).astype(np.float32)


@dataclass
class PassContext:
    """One conversion.

    quantize     a scheme, or None for float32.
    io           dtype of the graph's inputs and outputs when quantizing: float32 or, whichever integer is stated, that of
                 the scheme's activations.
    calibration  samples in any form that :func:`arenite.samples.batches` takes; needed for a scheme.
    layers       layer pattern, as fnmatch takes it → what its operators compute in, "int8", "int16" or "float32"; the last
                 that fits counts, else the scheme.
    wide         operators that compute in int16 besides.
    aim_db       SQNR of the outputs for which operators are made wide; None: none are. ``extra_instructions``: what they cost.
    rounded      for ``aim_db``: place of an operator in ``exact`` → its constant operands as the model in int8 throughout has
                 them, real values.
    weights      layer pattern, as fnmatch takes it → dtype of the weights, "int8", "int4", "binary" or "ternary"; the last that
                 fits counts.
    run_op       runs one operator on our kernels; None where they are not installed.
    fast         improvers of accuracy are left out.
    builtins_only  operators of arenite's own are not made where others would do.
    allow_float_fallback  operators without an integer kernel may stay float; ``float_fallback`` names those that did.
    sample_count  at most so many samples of it; None: all.   seed  of every random choice.
    calibrator   how the range of an int8 activation is chosen, one of ``calibrators.CALIBRATORS``.
    samples      calibration data as one array per input, once calibrate has read it: all, or a random choice of many.
    ranges       trained ranges by the names of graph and value, which count more than what calibration sees.
    statistics   filled by calibrate, read by quantize; keyed by the values of the graph that both see.
    without      those of IMPROVEMENTS that are left out.
    effects      improvement → dB that the outputs err less by it on samples kept apart; 0 when it was given up for that.
    uneven       inputs whose features differ much in size, and what to do about it.
    floating     operators that passes made for the float side of an input.
    exact        the float graph as quantize met it.   twins  operator → what it was in ``exact``.
    """

    quantize: Scheme | None = None
    io: Io = "int8"
    calibration: object = None
    progress: Progress | None = None
    run_op: RunOp | None = None
    weights: Mapping[str, str] = field(default_factory=dict)
    layers: Mapping[str, str] = field(default_factory=dict)
    wide: set[Op] = field(default_factory=set)
    aim_db: float | None = None
    rounded: Mapping[int, Sequence[np.ndarray | None]] = field(default_factory=dict)
    extra_instructions: int = 0
    samples: list[np.ndarray] = field(default_factory=list)
    statistics: dict[Value, Statistics] = field(default_factory=dict)
    log: list[Entry] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ranges: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    allow_float_fallback: bool = False
    builtins_only: bool = False
    fast: bool = False
    calibrator: str = "minmax"
    sample_count: int | None = None
    seed: int = 0
    float_fallback: list[str] = field(default_factory=list)
    current: str = ""
    without: frozenset[str] = frozenset()
    exact: Graph | None = None
    twins: dict[Op, Op] = field(default_factory=dict)
    floating: set[Op] = field(default_factory=set)
    uneven: dict[Value, str] = field(default_factory=dict)
    effects: dict[str, float] = field(default_factory=dict)

    @property
    def is_integer(self) -> bool:
        """Whether the scheme's activations are integers: then it is calibrated."""
        return self.quantize in ("int8", "16x8")

    @property
    def effective_calibrator(self) -> str:
        """The calibrator; when it must be fast, nothing more is measured."""
        return "minmax" if self.fast and self.calibrator == "auto" else self.calibrator

    def weight_dtype(self, op: Op, data_dtype: str) -> str:
        """dtype that the weights of ``op`` get beside activations of ``data_dtype``; int8 where int4 has no kernel."""
        wanted = last_fitting(self.weights, op.origin.layer) or "int8"
        if wanted == "int8" or self.few_levels(op) is not None or f"{data_dtype}/{wanted}" in case_dtypes(op.name):
            return wanted
        self.refused(op.origin, f"{op.name} has no kernel for {wanted} weights beside {data_dtype}; they become int8")
        return "int8"

    def few_levels(self, op: Op) -> str | None:
        """ "binary" or "ternary" where the user wants such weights and the operator has a kernel for them; else None."""
        wanted = last_fitting(self.weights, op.origin.layer)
        integer = self.is_integer and self.activations_of(op) == "int8"
        possible = integer and declaration(op.name).packed_form is not None
        return wanted if wanted in BITS and possible else None

    def activations_of(self, op: Op) -> str:
        """dtype that ``op`` computes in: that of its layer, else the scheme's."""
        if op in self.floating:
            return "float32"
        if op in self.wide:
            return "int16"
        return last_fitting(self.layers, op.origin.layer) or self.activations

    def bias_of(self, op: Op) -> str:
        """dtype of the bias of ``op``."""
        return "int64" if self.activations_of(op) == "int16" else "int32"

    @property
    def activations(self) -> str:
        """dtype of the scheme's activations."""
        return "int16" if self.quantize == "16x8" else "int8"

    def applied(self, place: Origin | str, text: str) -> None:
        self._note("applied", place, text)

    def refused(self, place: Origin | str, text: str) -> None:
        """Record why a match was left alone; the same refusal once."""
        self._note("refused", place, text)

    def _note(self, kind: Literal["applied", "refused"], place: Origin | str, text: str) -> None:
        entry = Entry(self.current, kind, str(place), text)
        if kind == "applied" or entry not in self.log:
            self.log.append(entry)

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def last_fitting(patterns: Mapping[str, str], layer: str) -> str | None:
    """What the last pattern says that fits the layer's path; None when none does."""
    return next((said for pattern, said in reversed(list(patterns.items())) if fnmatchcase(layer, pattern)), None)


class Uses:
    """Producers and consumers of a graph at one moment; make a new one after each change."""

    def __init__(self, graph: Graph) -> None:
        self._producers = graph.producers()
        self._consumers = graph.consumers()
        self._outputs = set(graph.outputs)

    def producer(self, value: Value) -> Op | None:
        return self._producers.get(value)

    def only_reader(self, value: Value) -> Op | None:
        """The operator that alone reads ``value``, once; None when there are others or it is a graph output."""
        readers = self._consumers.get(value, [])
        return readers[0] if len(readers) == 1 and value not in self._outputs else None

    def stays_within(self, value: Value, ops: Sequence[Op]) -> bool:
        """Whether ``ops`` alone read ``value``."""
        return value not in self._outputs and all(reader in ops for reader in self._consumers.get(value, []))

    def shared(self, value: Value) -> str:
        """Why ``value`` has no only reader, for the log."""
        if value in self._outputs:
            return f"'{value.name}' is an output of the model"
        return f"'{value.name}' is read by {len(self._consumers.get(value, []))} operators"


def set_constant(
    graph: Graph,
    op: Op,
    index: int,
    data: np.ndarray,
    name: str = "",
    quant: Quantization | None = None,
    dtype: str | None = None,
) -> None:
    """Make operand ``index`` the constant ``data``. It keeps the old operand's name if nobody else reads that one.

    name   for an operand that was absent.
    dtype  where it is not the array's: int4 lies in int8.
    """
    old = op.inputs[index]
    op.inputs[index] = None
    name = graph.unique_name(old.name if old is not None else name)
    op.inputs[index] = Value(name, dtype or data.dtype.name, data.shape, data, quant)
