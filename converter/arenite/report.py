"""What became of a model: the report of a conversion."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from . import writer
from .errors import AreniteError
from .graph import Graph, Op, Value
from .opdef import Role, declaration, rows
from .passes import Entry, PassContext, Stage
from .price import Price

if TYPE_CHECKING:
    from .runtime import ArenaUse


@dataclass(frozen=True)
class Layer:
    """What became of one layer of the user's.

    operators   in order.   parameters  of the float model.   macs, weight_bytes  of the file.
    """

    cls: str
    operators: list[str]
    parameters: int
    macs: int
    weight_bytes: int


@dataclass(frozen=True)
class Report:
    """What went in and what came out.

    layers       the user's layers (innermost) → what they became, in order; layers folded away have no operators.
    operators    operator name → how often, most frequent first.
    parameters   weights and biases of the float model before any pass.   macs  multiply-accumulates of one inference.
    predicted_sqnr_db  output name → dB against the float model, simulated on calibration samples; empty for float32.
    file_bytes, float_bytes   this file, and the same model as a float32 file; None when it came quantized.
    arena        what our interpreter needs on any board; None when the compiled runtime is absent or refuses the file.
    arena_note   why ``arena`` is None.
    float_fallback  the operators of an integer model that compute in float32, a line each.
    stages       what each pass did and refused, in order, and the graph's size before and after.
    precision    what ``min_sqnr`` chose, and its price.
    effects      improvement of accuracy → dB that the outputs err less by it on samples kept apart; 0: given up, it was no use.
    """

    quantize: str | None
    layers: dict[str, Layer]
    operators: dict[str, int]
    parameters: int
    macs: int
    predicted_sqnr_db: dict[str, float]
    file_bytes: int
    float_bytes: int | None
    arena: ArenaUse | None
    arena_note: str
    warnings: list[str]
    float_fallback: list[str]
    stages: list[Stage]
    precision: Price | None = None
    effects: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; an SQNR that is not finite becomes None."""
        finite = {name: db if math.isfinite(db) else None for name, db in self.predicted_sqnr_db.items()}
        return {**asdict(self), "predicted_sqnr_db": finite}

    @property
    def log(self) -> list[Entry]:
        """What the passes did and refused."""
        return [entry for stage in self.stages for entry in stage.log]

    def explain(self) -> str:
        """Pass by pass: operators, constants and bytes before and after, and each thing that it did or refused."""
        return "\n".join(map(str, self.stages))


def report_of(
    source: Graph,
    float_graph: Graph,
    graph: Graph,
    content: bytes,
    context: PassContext,
    predicted_sqnr_db: dict[str, float],
) -> Report:
    """Of ``source``, as the user gave it, which became ``float_graph`` and ``graph``, in the file ``content``."""
    arena, note = _arena(content)
    ops = [op for part in source.subgraphs() for op in part.ops]
    made = [op for part in graph.subgraphs() for op in part.ops]
    return Report(
        quantize=context.quantize,
        layers=_layers(source, graph),
        operators=dict(Counter(op.name for op in made).most_common()),
        parameters=sum(value.size for value in _constants(ops) if value.dtype == "float32"),
        macs=sum(declaration(op.name).macs(op) for op in made),
        predicted_sqnr_db=predicted_sqnr_db,
        file_bytes=len(content),
        float_bytes=_float_bytes(float_graph, content, context),
        arena=arena,
        arena_note=note,
        warnings=context.warnings,
        float_fallback=context.float_fallback,
        stages=context.stages,
        effects=context.effects,
    )


def _float_bytes(float_graph: Graph, content: bytes, context: PassContext) -> int | None:
    if is_quantized(float_graph):
        return None
    return len(content) if context.quantize is None else len(writer.write(float_graph))


def _layers(source: Graph, graph: Graph) -> dict[str, Layer]:
    """Layer → what it became in ``graph``, in the order of ``source``."""
    given, made = _by_layer(source), _by_layer(graph)
    return {
        name: Layer(
            next((op.origin.cls for op in given.get(name) or made[name]), ""),
            [op.name for op in made.get(name, [])],
            sum(value.size for value in _constants(given.get(name, [])) if value.dtype == "float32"),
            sum(declaration(op.name).macs(op) for op in made.get(name, [])),
            sum(value.nbytes for value in _constants(made.get(name, []))),
        )
        for name in dict.fromkeys([*given, *made])
    }


def _by_layer(graph: Graph) -> dict[str, list[Op]]:
    table: dict[str, list[Op]] = {}
    for op in (op for part in graph.subgraphs() for op in part.ops if op.origin.layer):
        table.setdefault(op.origin.layer, []).append(op)
    return table


def _constants(ops: Sequence[Op]) -> set[Value]:
    return {value for op in ops for value in op.inputs if value is not None and value.is_constant}


def _arena(content: bytes) -> tuple[ArenaUse | None, str]:
    """What the interpreter needs, or why that is not known."""
    try:
        from .runtime import Interpreter
    except ImportError:
        return None, "the compiled runtime arenite._core is not installed"
    try:
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    except AreniteError as error:
        return None, str(error)
    return interpreter.arena_used(), ""


def is_quantized(graph: Graph) -> bool:
    """Whether an operator computes with quantized values; pairs of quantize and dequantize only round."""
    bridges = (Role.QUANTIZE, Role.DEQUANTIZE)
    ops = [
        op
        for part in graph.subgraphs()
        for op in part.ops
        if op.name not in rows() or declaration(op.name).role not in bridges
    ]
    values = [*graph.inputs, *graph.outputs, *(value for op in ops for value in (*op.inputs, *op.outputs))]
    return any(value is not None and value.quant is not None for value in values)
