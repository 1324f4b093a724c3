"""What a ``.tflite`` file holds and what it costs: operators, tensors, sizes, multiply-accumulates, the arena plan.

Needs numpy and the reader only; never TensorFlow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import opdef, reader
from .errors import ArenaError, GraphError, ModelError
from .graph import Graph, Op, Value
from .runtime import ArenaUse, Interpreter, PlannedTensor


@dataclass(frozen=True)
class TensorInfo:
    """A model input or output. ``scale`` 0 means not quantized."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int


@dataclass(frozen=True)
class OperatorInfo:
    """One operator: its first result, the bytes of its constants (shared ones count at each use), its MACs per run."""

    name: str
    output_name: str
    output_shape: tuple[int, ...]
    output_dtype: str
    constant_bytes: int
    macs: int


@dataclass(frozen=True)
class PeakOperator:
    """The operator during which most bytes of the plan are in use; of several the first.

    index       its place in the model.    output_name  its first result.
    live_bytes  tensors and scratch that are alive then; the plan may be higher, where it leaves gaps.
    """

    index: int
    name: str
    output_name: str
    live_bytes: int


@dataclass(frozen=True)
class RegionUse:
    """One part of the arena. Bytes.

    size        that there are.     used  that the model needs.
    persistent  of these, what the interpreter keeps: at the end of the first region, 0 in the others.
    """

    size: int
    used: int
    persistent: int

    @property
    def planned(self) -> int:
        """Tensors and scratch, from the region's start."""
        return self.used - self.persistent

    def __str__(self) -> str:
        kept = f", {self.persistent:,} of them persistent" if self.persistent else ""
        return f"{self.used:,} of {self.size:,} B used{kept}"


@dataclass(frozen=True)
class Inspection:
    """``arenite.inspect``'s answer.

    operators       of all subgraphs, the model's own first; what runs in a loop counts once.
    constant_bytes  of all distinct constants; ``constant_types``: the same by dtype, most first.
    metadata        entry name → bytes.
    arena           as one; None when our kernels cannot run the file; ``problem`` says why then.
    plan            of the arena, or of its ``regions`` where the caller gave some.
    unsupported     operators without a kernel, or without one for their operand types, → how often; most frequent first.
    """

    file_bytes: int
    inputs: list[TensorInfo]
    outputs: list[TensorInfo]
    operators: list[OperatorInfo]
    tensor_count: int
    constant_bytes: int
    constant_types: dict[str, int]
    metadata: dict[str, int]
    arena: ArenaUse | None
    plan: list[PlannedTensor] = field(repr=False)
    problem: str | None
    unsupported: dict[str, int]
    regions: list[RegionUse] = field(default_factory=list)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(operator.macs for operator in self.operators)

    @property
    def peak(self) -> PeakOperator | None:
        """Where the arena is fullest; None without a plan."""
        live = Counter[int]()
        for part in self.plan:
            live.update(dict.fromkeys(range(part.first, part.last + 1), part.size))
        if not live:
            return None
        index = min(live, key=lambda step: (-live[step], step))
        operator = self.operators[index]
        return PeakOperator(index, operator.name, operator.output_name, live[index])

    @property
    def resolver(self) -> list[str]:
        """The lines of C++ that name the kernels this model needs, in the table's order, for an OpResolver."""
        used = {operator.name for operator in self.operators}
        lines = [f"&kernels::{row.symbol}," for name, row in opdef.rows().items() if name in used]
        return ["static const Kernel* const kKernels[] = {", *(f"    {line}" for line in lines), "};"]

    @property
    def op_counts(self) -> dict[str, int]:
        """Operator name → how often, most frequent first."""
        return dict(Counter(operator.name for operator in self.operators).most_common())

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        arena = None if self.arena is None else {"used": self.arena.used, **asdict(self.arena)}
        return {
            **asdict(self),
            "arena": arena,
            "regions": [{**asdict(region), "planned": region.planned} for region in self.regions],
            "peak": self.peak and asdict(self.peak),
            "macs": self.macs,
            "op_counts": self.op_counts,
            "resolver": self.resolver,
        }


def inspect(model: Path | str | bytes, *, arena_regions: Sequence[int] | None = None) -> Inspection:
    """Read a ``.tflite`` file (path or content). ModelError when it is missing or malformed.

    arena_regions  bytes of two to four parts of the arena, as :class:`arenite.Interpreter` takes them: the plan is theirs then.
                   ArenaError when they are too small.
    """
    content = model if isinstance(model, bytes) else read_content(Path(model))
    graph = reader.read(content)
    arena, plan, problem = _arena(content)
    regions: list[RegionUse] = []
    if arena is not None and arena_regions is not None:
        regions, plan = _in_regions(content, arena_regions)
    parts = graph.subgraphs()
    operators = [op for part in parts for op in part.ops]
    constants = {id(v.data): v for part in parts for v in part.values() if v.data is not None}.values()
    return Inspection(
        file_bytes=len(content),
        inputs=[_tensor(value, name) for value, name in zip(graph.inputs, graph.input_names, strict=True)],
        outputs=[_tensor(value, name) for value, name in zip(graph.outputs, graph.output_names, strict=True)],
        operators=[_operator(op) for op in operators],
        tensor_count=sum(1 for part in parts for _ in part.values()),
        constant_bytes=sum(value.nbytes for value in constants),
        constant_types=_by_type(constants),
        metadata=_metadata(graph),
        arena=arena,
        plan=plan,
        problem=problem,
        unsupported=dict(Counter(filter(None, map(_unsupported, operators))).most_common()),
        regions=regions,
    )


def _arena(content: bytes) -> tuple[ArenaUse | None, list[PlannedTensor], str | None]:
    """The arena that our interpreter needs on any board, or why it cannot run the file."""
    try:
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    except (ModelError, ArenaError) as error:
        return None, [], str(error)
    return interpreter.arena_used(), interpreter.memory_plan(), None


def _in_regions(content: bytes, sizes: Sequence[int]) -> tuple[list[RegionUse], list[PlannedTensor]]:
    interpreter = Interpreter(model_content=content, arena_regions=sizes)
    interpreter.allocate_tensors()
    kept = [interpreter.arena_used().persistent] + [0] * len(sizes)
    used = interpreter.regions_used()
    return [RegionUse(*facts) for facts in zip(sizes, used, kept, strict=False)], interpreter.memory_plan()


def _tensor(value: Value, name: str) -> TensorInfo:
    scale, zero_point = 0.0, 0
    if value.quant is not None and not value.quant.is_per_channel:
        scale, zero_point = float(value.quant.scale[0]), int(value.quant.zero_point[0])
    return TensorInfo(name, value.dtype, value.shape, scale, zero_point)


def _operator(op: Op) -> OperatorInfo:
    output = op.outputs[0] if op.outputs else Value("", "", ())
    constants = sum(value.nbytes for value in op.inputs if value is not None and value.is_constant)
    return OperatorInfo(opdef.title(op), output.name, output.shape, output.dtype, constants, _macs(op))


def _macs(op: Op) -> int:
    """Multiply-accumulates of one run; 0 for an operator whose operands are not what it takes, which never runs."""
    if op.name not in opdef.rows():
        return 0
    try:
        return opdef.declaration(op.name).macs(op)
    except (GraphError, IndexError, KeyError, ValueError):
        return 0


def _unsupported(op: Op) -> str | None:
    """The operator's name, with its operand types when they are the reason; None when there is a kernel."""
    if op.name not in opdef.rows():
        return opdef.title(op)
    if opdef.matching_signature(op) is not None:
        return None
    inputs = ", ".join(value.dtype for value in op.inputs if value is not None)
    return f"{op.name} ({inputs} → {', '.join(value.dtype for value in op.outputs)})"


def _by_type(constants: Iterable[Value]) -> dict[str, int]:
    """dtype → bytes."""
    found = Counter[str]()
    for value in constants:
        found[value.dtype] += value.nbytes
    return dict(found.most_common())


def _metadata(graph: Graph) -> dict[str, int]:
    return {name: len(content) for name, content in graph.metadata.items()}


def read_content(path: Path) -> bytes:
    """The bytes of a model file; ModelError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read '{path}': {error.strerror}") from None
