"""Commands about devices: check, bench, export, size. Importing this module adds them to the application."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .command import Debug, Json, Model, Optimize, OptimizeOption, Outcome, app, byte_count, command


class Package(StrEnum):
    """Values of ``export --to``."""

    cmake = "cmake"
    arduino = "arduino"
    platformio = "platformio"
    zephyr = "zephyr"
    esp_idf = "esp-idf"
    cmsis_pack = "cmsis-pack"
    c_array = "c-array"


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "arenite check model.tflite && echo runs here\n\n"
    "arenite check model.tflite --board cortex-m4 --ram 64K --flash 256K"
)
@command
def check(
    model: Model,
    board: Annotated[
        str | None, typer.Option(help="Also build and run its firmware under QEMU, and hold it against the budgets.")
    ] = None,
    ram: Annotated[str | None, typer.Option(help="Bytes of RAM at most, or 64K: data, arena and stack.")] = None,
    flash: Annotated[
        str | None, typer.Option(help="Bytes of flash at most, or 256K: model, interpreter, kernels.")
    ] = None,
    optimize: OptimizeOption = Optimize.speed,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 for remarks too.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> Outcome:
    """Say whether our interpreter runs a file, and fits a board; if not, why. Exit code 1 when it does not.

    Remarks tell what is odd about a file that runs: layers that nobody calibrated, scales that cannot be meant.
    """
    from .checking import check as check_model

    limits = {name: byte_count(name, text) for name, text in (("ram", ram), ("flash", flash)) if text is not None}
    if limits and board is None:
        raise typer.BadParameter("--ram and --flash are held against a firmware: say which with --board cortex-m4")
    result = check_model(model, board, optimize=optimize.value, **limits)
    good = result.ok and not (strict and result.remarks)
    return Outcome(result.to_dict(), lambda: print("\n".join(result.lines())), ok=good)


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "arenite bench model.tflite\n\n"
    "arenite bench model.tflite --board cortex-m4 --board cortex-m55 --profile\n\n"
    "arenite bench model.tflite --board cortex-m4 --gdb"
)
@command
def bench(
    model: Model,
    board: Annotated[
        list[str] | None, typer.Option(help="Repeat for more; 'all' for every board.", show_default="cortex-m4")
    ] = None,
    optimize: OptimizeOption = Optimize.speed,
    profile: Annotated[
        bool, typer.Option("--profile", help="Also instructions of each operator and function.")
    ] = False,
    gdb: Annotated[
        bool,
        typer.Option("--gdb", help="Start the one board halted and print the command of a debugger; Ctrl-C ends it."),
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> Outcome:
    """Build a file's firmware, run it under QEMU and count its instructions, flash and RAM exactly."""
    from .bench_tables import show_bench
    from .board.benching import bench as bench_model
    from .board.table import boards as known_boards
    from .tables import progress

    names = [name for entry in board or ["cortex-m4"] for name in entry.split(",")]
    if gdb:
        return _debug(model, names, optimize.value, unasked=not (profile or json))
    with progress() as report:
        result = bench_model(
            model, list(known_boards()) if names == ["all"] else names, optimize.value, profile=profile, progress=report
        )
    return Outcome(result.to_dict(), lambda: show_bench(result), ok=all(entry.equal for entry in result.boards))


def _debug(model: Path, boards: list[str], optimize: str, unasked: bool) -> Outcome:
    """Hold the firmware for a debugger until it ends or Ctrl-C."""
    from .board.debugging import debug_session
    from .inspection import read_content

    if len(boards) != 1 or boards == ["all"] or not unasked:
        raise typer.BadParameter("--gdb takes one --board, and neither --profile nor --json")
    with debug_session(read_content(model), boards[0], optimize) as session:
        print(f"{boards[0]} waits on port {session.port}. In another terminal:\n\n  {session.command}\n\nCtrl-C ends it.",
              flush=True)  # fmt: skip
        try:
            session.wait()
        except KeyboardInterrupt:
            print()
    return Outcome({}, lambda: None)


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "arenite export model.tflite --to cmake -o firmware/model\n\n"
    "arenite export wake.tflite words.tflite --to arduino --name speech -o speech --classes words=yes,no,unknown"
)
@command
def export(
    models: Annotated[list[Path], typer.Argument(help=".tflite files.", show_default=False)],
    to: Annotated[Package, typer.Option("--to", help="The build system.", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help="The directory to write.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="The library's name.", show_default="the first model's")] = None,
    optimize: OptimizeOption = Optimize.speed,
    classes: Annotated[
        list[str] | None, typer.Option(help="Class names of the first output: yes,no or model=yes,no (repeat).")
    ] = None,
    tflm: Annotated[
        bool, typer.Option("--tflm", help="Also TFLite Micro's headers, for programs written for it.")
    ] = False,
    json: Json = False,
    debug: Debug = False,
) -> Outcome:
    """Write models, interpreter and just the kernels that they need as sources that a build system takes as they are."""
    from .exporting import export as export_models

    result = export_models(
        models, to.value, output, name=name, optimize=optimize.value, classes=_classes(classes or []), tflm=tflm
    )

    def show() -> None:
        print(f"{len(result.files)} files written to {output}; begin with its README.md" if to is not Package.c_array
              else f"{' and '.join(result.files)} written to {output}")  # fmt: skip
        for model, arena in result.arena_bytes.items():
            print(f"{model} needs {arena:,} bytes of arena")

    return Outcome(result.to_dict(), show)


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "arenite size build/firmware.elf\n\n"
    "arenite size firmware.elf --map output.map --json"
)
@command
def size(
    firmware: Annotated[Path, typer.Argument(help="The ELF file that was linked.", show_default=False)],
    map: Annotated[
        Path | None, typer.Option("--map", help="GNU ld's map of it.", show_default="firmware.elf.map or firmware.map")
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> Outcome:
    """Say what takes a firmware's flash and RAM: interpreter, each kernel, models, libraries, the program itself."""
    from .board.size import firmware_size
    from .size_table import show_size

    result = firmware_size(firmware, map)
    return Outcome(result.to_dict(), lambda: show_size(result))


def _classes(texts: list[str]) -> dict[str, list[str]]:
    """``["model=yes,no"]`` as a dict; "" stands for the first model."""
    named = (text.rpartition("=") for text in texts)
    return {model: names.split(",") for model, _, names in named}
