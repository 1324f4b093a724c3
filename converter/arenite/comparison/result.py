"""The result of a comparison, as plain data: what the CLI prints, ``--json`` writes and the report draws."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .metrics import Agreement

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
    """One operator's result in the quantized file against the tensor of the same name in the float file.

    worst_steps  worst_abs_error in units of the tensor's scale; None for tensors that are not quantized.
    """

    index: int
    operator: str
    tensor: str
    sqnr_db: float
    worst_abs_error: float
    worst_steps: float | None


@dataclass(frozen=True)
class Comparison:
    """``arenite.compare``'s answer.

    layers     in the order of the file's operators; tensors without a counterpart in the float file are left out and
               counted in ``unmatched_layers``.
    confusion  int64 [classes, classes] of our engine, rows are the true classes; None without labels.
    """

    reference: str
    model: str
    samples: int
    reference_accuracy: float | None
    engines: list[EngineResult]
    layers: list[LayerError]
    unmatched_layers: int
    confusion: np.ndarray | None
    inspection: Inspection = field(repr=False)

    @property
    def ours(self) -> EngineResult:
        """The row of our own interpreter."""
        return self.engines[0]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON. An SQNR of null means infinite: the outputs are equal."""
        return {
            "reference": self.reference,
            "model": self.model,
            "samples": self.samples,
            "reference_accuracy": self.reference_accuracy,
            "engines": [_plain(engine) for engine in self.engines],
            "layers": [_plain(layer) for layer in self.layers],
            "unmatched_layers": self.unmatched_layers,
            "confusion": None if self.confusion is None else self.confusion.tolist(),
        }

    def save_html(self, path: Path | str, extra: Sequence[Mapping[str, Any]] = ()) -> None:
        """Write the self-contained report; needs the ``report`` extra (matplotlib, jinja2).

        extra  further tables: mappings with ``title``, ``note``, ``columns`` (list of str) and ``rows`` (lists of cells).
        """
        from .report import write_report

        write_report(self, Path(path), extra)


def _plain(row: EngineResult | LayerError) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in row.__dataclass_fields__}
    plain = {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in fields.items()}
    if isinstance(row, EngineResult) and row.agreement is not None:
        plain["agreement"] = {name: getattr(row.agreement, name) for name in row.agreement.__dataclass_fields__}
    return plain
