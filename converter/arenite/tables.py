"""What the commands print for people: tables on stdout, progress bars on stderr. Everything here is rich."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from .wording import count, decibel, dims, short

if TYPE_CHECKING:
    from .conversion import Conversion
    from .execution import RunResult
    from .inspection import Inspection, TensorInfo
    from .optimization import Optimization
    from .report import Report as ConversionReport
    from .runtime import PlannedTensor

#: columns when stdout is no terminal, so that nothing is cut off in a file or a pipe.
PIPE_COLUMNS = 160
#: called as report(step, done, total).
Report = Callable[[str, int, int], None]
BAR_COLUMNS = 32


@contextmanager
def progress() -> Iterator[Report]:
    """A bar per step on stderr; nothing when stderr is not a terminal."""
    terminal = Console(stderr=True)
    if not terminal.is_terminal:
        yield lambda step, done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total or None)
            bars.update(tasks[step], completed=done)

        yield report


def console() -> Console:
    """stdout, as wide as the terminal."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=PIPE_COLUMNS)


def grid(*columns: str, title: str | None = None) -> Table:
    """A table whose columns after the first are right-aligned when their name starts with ``>``."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column.removeprefix(">"), no_wrap=True, justify="right" if column.startswith(">") else "left")
    return table


def show_inspection(inspection: Inspection, name: str) -> None:
    """Sizes, inputs and outputs, operators, and the arena plan as bars over addresses."""
    parts: list[Table | Text | str] = [
        f"[bold]{name}[/bold]  {inspection.file_bytes:,} B, {inspection.constant_bytes:,} B of it constants;"
        f" {len(inspection.operators)} operators, {inspection.tensor_count} tensors, {inspection.macs:,} MACs",
        "constants: " + (", ".join(f"{n:,} B {dtype}" for dtype, n in inspection.constant_types.items()) or "none"),
        "",
        _signature(inspection),
        "",
        _operators(inspection),
        "",
    ]
    if inspection.arena is None:
        missing = ", ".join(f"{count} {name}" for name, count in inspection.unsupported.items())
        parts += [f"[red]does not run here:[/red] {escape(str(inspection.problem))}"]
        parts += [f"without a kernel: {escape(missing)}"] if missing else []
    else:
        parts += [*_plans(inspection), "", str(inspection.arena) + (", in one piece" if inspection.regions else "")]
        if (peak := inspection.peak) is not None:
            where = f"#{peak.index} {peak.name} ({short(peak.output_name)})"
            parts += [Text(f"most in use at {where}: {peak.live_bytes:,} B of tensors and scratch")]
        parts += ["", "[dim]for the firmware[/dim]", Text("\n".join(inspection.resolver))]
    console().print(Group(*(Text.from_markup(p) if isinstance(p, str) else p for p in parts)))


def _signature(inspection: Inspection) -> Table:
    table = grid("", "name", "type", "shape", "quantization")
    rows: list[tuple[str, TensorInfo]] = [("input", t) for t in inspection.inputs]
    rows += [("output", t) for t in inspection.outputs]
    for kind, tensor in rows:
        quantization = f"{tensor.scale:.6g} · (q − {tensor.zero_point})" if tensor.scale else ""
        table.add_row(kind, tensor.name, tensor.dtype, dims(tensor.shape), quantization)
    return table


def _operators(inspection: Inspection) -> Table:
    table = grid(">#", "operator", "result", "type", "shape", ">constants, B", ">MACs")
    for index, op in enumerate(inspection.operators):
        constants = f"{op.constant_bytes:,}" if op.constant_bytes else ""
        macs = f"{op.macs:,}" if op.macs else ""
        shape = dims(op.output_shape)
        table.add_row(str(index), op.name, Text(short(op.output_name)), op.output_dtype, shape, constants, macs)
    return table


def _plans(inspection: Inspection) -> list[Table]:
    """The plan of the arena, or of each of its regions."""
    if inspection.arena is not None and not inspection.regions:
        return [_plan(inspection.plan, inspection.arena.planned, "Arena plan")]
    return [
        _plan([part for part in inspection.plan if part.region == number], region.planned, f"Region {number}: {region}")
        for number, region in enumerate(inspection.regions)
    ]


def _plan(plan: list[PlannedTensor], planned: int, title: str) -> Table:
    table = grid(">offset", ">bytes", ">from", ">to", "arena", "tensor", title=title)
    for part in sorted(plan, key=lambda p: (p.first, p.offset)):
        label = Text(short(part.name)) if part.kind == "tensor" else Text(f"scratch of {part.name}", style="yellow")
        row = (f"{part.offset:,}", f"{part.size:,}", str(part.first), str(part.last))
        table.add_row(*row, _bar(part, planned), label)
    return table


def _bar(part: PlannedTensor, planned: int) -> Text:
    """The part's place among ``planned`` bytes, at least one cell wide."""
    start = BAR_COLUMNS * part.offset // max(planned, 1)
    end = max(start + 1, math.ceil(BAR_COLUMNS * (part.offset + part.size) / max(planned, 1)))
    style = "yellow" if part.kind == "scratch" else "cyan"
    return Text("·" * start, "dim") + Text("█" * (end - start), style) + Text("·" * (BAR_COLUMNS - end), "dim")


def show_conversion(conversion: Conversion, output: Path, *, explain: bool) -> None:
    """What came in and what went out, layer by layer and together; with ``explain`` what every pass did before."""
    report, out = conversion.report, console()
    if explain:
        out.print(Text(report.explain() + "\n"))
    if report.layers:
        out.print(_layers(report))
    counts = ", ".join(f"{count} {name}" for name, count in report.operators.items())
    kind = report.quantize or ("quantized as it came" if report.float_bytes is None else "float32")
    out.print(Text(f"{output}: {report.file_bytes:,} B ({kind}), {report.macs:,} MACs; {counts}"))
    if report.quantize is not None:
        out.print(Text(f"float32 {report.float_bytes:,} B → {kind} {report.file_bytes:,} B"))
    for name, db in report.predicted_sqnr_db.items():
        out.print(Text(f"predicted SQNR of '{name}': {decibel(db)} dB"))
    for name, db in report.effects.items():
        effect = f"the outputs err {db:.1f} dB less by it" if db else "given up, the outputs err no less by it"
        out.print(Text(f"{name}: {effect}, on calibration samples kept apart"))
    if report.precision is not None:
        out.print(Text(str(report.precision)))
    out.print(Text(report.arena_note if report.arena is None else str(report.arena)))
    for warning in report.warnings:
        out.print(Text(f"warning: {warning}", "yellow"))


def _layers(report: ConversionReport) -> Table:
    table = grid("layer", "class", ">parameters", "became", ">MACs", ">weights, B")
    for name, layer in report.layers.items():
        numbers = [count(n) if n else "" for n in (layer.parameters, layer.macs, layer.weight_bytes)]
        kinds = Counter(layer.operators).items()
        became = ", ".join(kind if n == 1 else f"{n} {kind}" for kind, n in kinds) or "nothing of its own"
        table.add_row(Text(short(name)), layer.cls, numbers[0], Text(became), *numbers[1:])
    return table


def show_optimization(optimization: Optimization, output: Path, *, explain: bool) -> None:
    """What became less, and with ``explain`` what every pass did."""
    out = console()
    if explain:
        out.print(Text("\n".join(map(str, optimization.stages)) + "\n"))
    table = grid("", ">before", ">after")
    for name, before, after in optimization.figures():
        table.add_row(name, count(before), count(after))
    out.print(table)
    for side in (optimization.before, optimization.after):
        if side.problem is not None:
            out.print(Text(f"not run here: {side.problem}", "yellow"))
            break
    equal = f"; outputs equal on {optimization.checks} random inputs" if optimization.checks else ""
    out.print(Text(f"written to {output}{equal}"))


def show_run(result: RunResult) -> None:
    """Where the outputs went and what they look like."""
    table = grid("output", "type", "shape", ">min", ">max", ">mean")
    for name, array in result.outputs.items():
        numbers = (f"{v:.6g}" for v in (array.min(), array.max(), array.mean()))
        table.add_row(Text(name), str(array.dtype), dims(array.shape), *numbers)
    out = console()
    out.print(table)
    place = f", written to {result.path}" if result.path else ""
    out.print(f"{result.samples} samples{place}")


def show_operators(operators: Iterable[Mapping[str, Any]]) -> None:
    """The operator table: rows, each with its operand types, limits and flash."""
    table = grid("operator", ">code", ">versions", ">flash, B", "operand types", "limits")
    for column in table.columns[4:]:
        column.no_wrap = False
    for op in operators:
        least, most = op["flash_least"], op["flash_most"]
        flash = "" if most is None else count(most) if least is None else f"{count(least)}–{count(most)}"
        code = op["custom_code"] or str(op["code"])
        table.add_row(op["name"], code, f"1–{op['max_version']}", flash, Text("; ".join(op["types"])), op["limits"])
    console().print(table)
