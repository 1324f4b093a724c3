"""The result of a comparison, as plain data: what the CLI prints, ``--json`` writes and the report draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .metrics import Agreement
from .tasks import Task

if TYPE_CHECKING:
    from arenite import Inspection


@dataclass(frozen=True)
class EngineResult:
    """One engine on the whole data set, against the float reference.

    sqnr_db          of the worst output; inf: equal.      worst_abs_error  in real units, over all outputs.
    accuracy         in [0, 1], None without labels.       agreement        with our raw outputs, None for ourselves.
    absent           why it did not run; everything else is None then.
    """

    name: str
    sqnr_db: float | None = None
    worst_abs_error: float | None = None
    accuracy: float | None = None
    agreement: Agreement | None = None
    absent: str | None = None


@dataclass(frozen=True)
class LayerError:
    """One operator's result in the quantized file against its counterpart in the float file; or one input's rounding.

    index, operator, tensor  in the file; −1 and ``"input"`` for an input.
    layers           the user's layers that it computes, in order; a fused activation stands beside its convolution. Of an
                     input: those that read it.
    sqnr_db          of the result as the file computes it: the error of everything before it, cumulated.
    worst_abs_error  in the units of the float model.
    worst_steps      the same in units of the tensor's scale; None for tensors that are not quantized.
    isolated_sqnr_db of the result when this operator alone is quantized: its operands come from the float model, rounded.
    output_sqnr_db   what the worst output keeps when only what this operator adds itself is put into the float model.
    cost, share      noise over signal at the outputs from that, summed over them; its part of all rows' costs.
    rounding         part of the added noise that rounding the result to its grid explains; the rest are weights, bias and
                     arithmetic.
    bits             of the type.   range_bits  log2 of the span of codes that the float model's values take.
    channel_bits     the same of the median channel.   spread  the largest channel's magnitude over the median one's.
    saturation       share of the float model's values that lie beyond the ends of the grid.
    channels, dead_channels, lost_channels  innermost axis; constant in the float model; constant only when quantized.
    """

    index: int
    operator: str
    tensor: str
    sqnr_db: float
    worst_abs_error: float
    worst_steps: float | None
    layers: tuple[str, ...] = ()
    isolated_sqnr_db: float | None = None
    output_sqnr_db: float | None = None
    cost: float | None = None
    share: float | None = None
    rounding: float | None = None
    bits: int | None = None
    range_bits: float | None = None
    channel_bits: float | None = None
    spread: float | None = None
    saturation: float | None = None
    channels: int | None = None
    dead_channels: int | None = None
    lost_channels: int | None = None

    @property
    def place(self) -> str:
        """``layer 'conv' + 'relu'``, ``input 'x'``; without a layer the tensor."""
        if self.operator == "input":
            return f"input '{self.tensor}'"
        names = " + ".join(f"'{layer}'" for layer in self.layers)
        return f"layer {names}" if names else f"{self.operator} '{self.tensor}'"


@dataclass(frozen=True)
class Advice:
    """What to do about one place, the costliest first.

    share  of the output's noise that it costs; None when that is not known.   kind  what was found, for programs.
    """

    place: str
    kind: str
    text: str
    share: float | None = None


@dataclass(frozen=True)
class BoardCheck:
    """The same samples in the firmware of an emulated board. ``equal``: of ``samples``, every output byte the host's."""

    board: str
    samples: int
    equal: int
    worst_difference: float
    instructions: int
    floats: bool

    @property
    def ok(self) -> bool:
        """Integers equal to the byte; floats, whose exp is the C library's, within 1e-5."""
        return self.equal == self.samples or (self.floats and self.worst_difference <= 1e-5)


@dataclass(frozen=True)
class Comparison:
    """``arenite.compare``'s answer.

    layers     in the order of the file's operators; results without a counterpart in the float file are left out and
               counted in ``unmatched_layers``.   inputs  the rounding of the model's inputs.
    layer_samples  how many samples the rows were taken over.   layer_problem  why isolated errors are missing, or "".
    advice     in words, the costliest first.   tasks  one for each output with labels.   boards  those that were asked for.
    """

    reference: str
    model: str
    samples: int
    engines: list[EngineResult]
    layers: list[LayerError]
    unmatched_layers: int
    inspection: Inspection = field(repr=False)
    inputs: list[LayerError] = field(default_factory=list)
    layer_samples: int = 0
    layer_problem: str = ""
    advice: list[Advice] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    boards: list[BoardCheck] = field(default_factory=list)

    @property
    def ours(self) -> EngineResult:
        """The row of our own interpreter."""
        return self.engines[0]

    @property
    def reference_accuracy(self) -> float | None:
        """Of the float model on the first labelled output that has classes."""
        return self.tasks[0].reference.get("accuracy") if self.tasks else None

    @property
    def confusion(self) -> np.ndarray | None:
        """int64 [classes, classes] of our engine on the first labelled output, rows are the true classes."""
        return self.tasks[0].confusion if self.tasks else None

    @property
    def ranking(self) -> list[LayerError]:
        """Inputs and operators, the costliest first; by their SQNR where costs are not known."""
        rows = [*self.inputs, *self.layers]
        return sorted(rows, key=lambda row: (-(row.share if row.share is not None else -1.0), row.sqnr_db))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON. An SQNR of null means infinite: the values are equal."""
        return {
            "reference": self.reference,
            "model": self.model,
            "samples": self.samples,
            "reference_accuracy": self.reference_accuracy,
            "engines": [_plain(engine) for engine in self.engines],
            "inputs": [_plain(row) for row in self.inputs],
            "layers": [_plain(row) for row in self.layers],
            "layer_samples": self.layer_samples,
            "layer_problem": self.layer_problem,
            "unmatched_layers": self.unmatched_layers,
            "ranking": [row.place for row in self.ranking],
            "advice": [_plain(advice) for advice in self.advice],
            "tasks": [task.to_dict() for task in self.tasks],
            "boards": [_plain(board) | {"ok": board.ok} for board in self.boards],
            "confusion": None if self.confusion is None else self.confusion.tolist(),
        }

    def save_html(self, path: Path | str, extra: Sequence[Mapping[str, Any]] = ()) -> None:
        """Write the self-contained report; needs the ``report`` extra (matplotlib, jinja2).

        extra  further tables: mappings with ``title``, ``note``, ``columns`` (list of str) and ``rows`` (lists of cells).
        """
        from .report import write_report

        write_report(self, Path(path), extra)


def _plain(row: EngineResult | LayerError | Advice | BoardCheck) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in row.__dataclass_fields__}
    plain = {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in fields.items()}
    if isinstance(row, EngineResult) and row.agreement is not None:
        plain["agreement"] = {name: getattr(row.agreement, name) for name in row.agreement.__dataclass_fields__}
    return plain
