"""The command line: ``arenite convert | optimize | inspect | run | compare | check | bench | export | ops``.

Commands import what they need when they run: ``inspect`` and ``run`` never load TensorFlow. Results go to stdout, progress
and messages to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import __version__
from .command import Debug, Json, Model, Optimize, OptimizeOption, Outcome, Regions, Trust, app, command, region_sizes
from .data_option import KINDS, Scale, samples_at
from .errors import AreniteError

if TYPE_CHECKING:
    from .inspection import Inspection

Signature = Annotated[
    str | None, typer.Option(help="Which function, of a SavedModel or .tflite file with several.", show_default=False)
]


class Quantize(StrEnum):
    """Values of ``--quantize``."""

    none = "none"
    int8 = "int8"
    int16x8 = "16x8"
    dynamic = "dynamic"
    float16 = "float16"


class Io(StrEnum):
    """Values of ``--io``."""

    int8 = "int8"
    uint8 = "uint8"
    int16 = "int16"
    float32 = "float32"


def _version(show: bool) -> None:
    if show:
        print(f"arenite {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that belong to no command."""


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "arenite convert model.keras -o model.tflite\n\n"
    "arenite convert model.keras -o model.tflite --quantize int8 --calibrate data.npz\n\n"
    "arenite convert speech.keras -o speech.tflite --shape spectrogram=1,49,10,1\n\n"
    "arenite convert my_models:build -o model.tflite"
)
@command
def convert(
    model: Annotated[
        Path,
        typer.Argument(
            help="A .keras, .h5 or .tflite file, a SavedModel directory, or module:function that returns a model.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .tflite file to write.", show_default=False)],
    quantize: Annotated[
        Quantize,
        typer.Option(help="int8, 16x8: integer arithmetic throughout. dynamic, float16: weights only, uncalibrated."),
    ] = Quantize.none,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            help=f"Typical inputs: {KINDS}; needed to quantize, unless the model was trained for it (arenite.qat).",
            show_default=False,
        ),
    ] = None,
    shape: Annotated[
        list[str] | None, typer.Option(help="Fix an input's shape: name=1,49,10,1 (repeat for more inputs).")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Size of an open batch dimension.")] = 1,
    signature: Signature = None,
    custom_objects: Annotated[
        list[str] | None,
        typer.Option(help="A class that the file names: module:Name or file.py:Name (repeat for more)."),
    ] = None,
    io: Annotated[
        Io | None, typer.Option(help="Type of a quantized model's inputs and outputs.", show_default="its activations'")
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            help="int8, int4 or, of models trained so, binary or ternary; for some layers: 'dense*=int4' (repeat; the last "
            "that fits counts).",
            show_default="as trained, or int8",
        ),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            help="What some layers compute in: 'stem/*=int16' (int8, int16, float, or int4, binary, ternary weights; repeat, "
            "the last that fits counts)."
        ),
    ] = None,
    min_sqnr: Annotated[
        float | None,
        typer.Option(
            help="dB that each output of an int8 model is to keep: what costs it most gets 16 bits, as little as suffices.",
            show_default=False,
        ),
    ] = None,
    allow_float_fallback: Annotated[
        bool,
        typer.Option(
            "--allow-float-fallback", help="Operators without an integer kernel stay float; else it is an error."
        ),
    ] = False,
    builtins_only: Annotated[
        bool,
        typer.Option("--builtins-only", help="Only operators that LiteRT and TFLite Micro know; else it is an error."),
    ] = False,
    calibrator: Annotated[
        str,
        typer.Option(
            help="How ranges of int8 activations are chosen: minmax, average, percentile (percentile:99.9), entropy, mse, "
            "or auto (by the measured loss of the outputs)."
        ),
    ] = "minmax",
    scale: Scale = None,
    samples: Annotated[
        int | None, typer.Option(min=1, help="At most so many samples of --calibrate.", show_default="all")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of every random choice.")] = 0,
    fast: Annotated[
        bool, typer.Option("--fast", help="Leave out what takes time to make a quantized model more accurate.")
    ] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Leave out one: scale_features, equalize, rounding or bias (repeat for more)."),
    ] = None,
    strip: Annotated[bool, typer.Option("--strip", help="Leave tensor names out of the file.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say pass by pass what was done and refused.")] = False,
    trust: Trust = False,
    json: Json = False,
    debug: Debug = False,
) -> Outcome:
    """Convert a Keras model to a .tflite file."""
    from .conversion import convert as convert_model
    from .frontend.start import start_tensorflow
    from .tables import progress, show_conversion

    data = samples_at(calibrate, scale) if calibrate is not None else None
    if model.suffix != ".tflite":
        start_tensorflow()  # before the display, which this would hold back
    with progress() as report:
        conversion = convert_model(
            model,
            quantize=None if quantize is Quantize.none else quantize.value,
            calibration=data,
            shapes=_shapes(shape or []),
            io=io and io.value,
            weights=_weights(weights) if weights else None,
            layers=_layers(layer or []),
            min_sqnr=min_sqnr,
            allow_float_fallback=allow_float_fallback,
            builtins_only=builtins_only,
            calibrator=calibrator,
            samples=samples,
            seed=seed,
            fast=fast,
            without=without or [],
            strip=strip,
            trust=trust,
            batch=batch,
            signature=signature,
            custom_objects=_custom_objects(custom_objects or []),
            progress=report,
        )
    conversion.save(output)
    return Outcome(conversion.to_dict(), lambda: show_conversion(conversion, output, explain=explain))


def _custom_objects(texts: list[str]) -> dict[str, Any]:
    """``["module:Name"]`` as a dict from name to object."""
    from .frontend.python_names import named_object

    return {text.rpartition(":")[2]: named_object(text) for text in texts}


def _weights(texts: list[str]) -> dict[str, str]:
    """``["int8", "dense*=int4"]`` as a dict from pattern to dtype."""
    return {pattern or "*": dtype for pattern, _, dtype in (text.rpartition("=") for text in texts)}


def _layers(texts: list[str]) -> dict[str, str]:
    """``["stem/*=int16"]`` as a dict from pattern to type; wrong usage raises BadParameter."""
    pairs = {pattern: said for pattern, _, said in (text.rpartition("=") for text in texts)}
    if "" in pairs:
        raise typer.BadParameter("--layer: write it as 'name=int16'")
    return pairs


def _shapes(texts: list[str]) -> dict[str, tuple[int, ...]]:
    """``["name=1,49,10,1"]`` as a dict; wrong usage raises BadParameter."""
    shapes = {}
    for text in texts:
        name, _, numbers = text.rpartition("=")
        try:
            shapes[name] = tuple(int(n) for n in numbers.split(","))
        except ValueError:
            raise typer.BadParameter(f"--shape {text}: write it as name=1,49,10,1") from None
    return shapes


@app.command(epilog="[bold]Example[/bold]\n\narenite optimize model.tflite -o lean.tflite --explain")
@command
def optimize(
    model: Model,
    output: Annotated[Path, typer.Option("-o", "--output", help="The .tflite file to write.", show_default=False)],
    strip: Annotated[bool, typer.Option("--strip", help="Leave tensor names out of the file.")] = False,
    signature: Signature = None,
    checks: Annotated[int, typer.Option(min=0, help="Random inputs on which both files must give equal outputs.")] = 16,
    explain: Annotated[bool, typer.Option("--explain", help="Say what each pass did and what it refused.")] = False,
    json: Json = False,
    debug: Debug = False,
) -> Outcome:
    """Make a .tflite file leaner: not a byte of an integer model's outputs changes.

    Unused tensors, duplicate constants, operators that change nothing and channels that are zero or constant go.
    """
    from .optimization import optimize as optimize_model
    from .tables import progress, show_optimization

    with progress() as report:
        optimization = optimize_model(model, signature=signature, strip=strip, checks=checks, progress=report)
    optimization.save(output)
    return Outcome(optimization.to_dict(), lambda: show_optimization(optimization, output, explain=explain))


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "arenite inspect model.tflite\n\n"
    "arenite inspect model.tflite --board cortex-m4 --plot plan.png\n\n"
    "arenite inspect model.tflite --regions 16K,256K --plot plan.png\n\n"
    "arenite inspect model.tflite --json | jq .arena.used"
)
@command
def inspect(
    model: Model,
    board: Annotated[
        str | None, typer.Option(help="Also build its firmware: flash by kernel and a bound of the stack, exactly.")
    ] = None,
    optimize: OptimizeOption = Optimize.speed,
    regions: Regions = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the arena plan, the peak marked: .png, .svg or .pdf.", show_default=False)
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> Outcome:
    """Show a file's operators, tensors and sizes, and the arena that it needs on any board."""
    from .inspection import inspect as inspect_model
    from .inspection import read_content

    content = read_content(model)
    inspection = inspect_model(content, arena_regions=region_sizes(regions))
    if plot is not None:
        _draw_plan(inspection, plot)
    if board is None:
        taken = None
    else:
        from .board.footprint import footprint

        taken = footprint(content, inspection, board, optimize.value)

    def show() -> None:
        from . import tables

        tables.show_inspection(inspection, model.name)
        if taken is not None:
            from .size_table import show_footprint

            show_footprint(taken, inspection)

    return Outcome({**inspection.to_dict(), **({"board": taken.to_dict()} if taken else {})}, show)


def _draw_plan(inspection: Inspection, path: Path) -> None:
    from .atomic import replacing

    try:
        from .comparison.plan_figure import draw_plan, require_format
    except ImportError as error:
        raise AreniteError(f"the picture needs {error.name}: pip install 'arenite[report]'") from None
    require_format(path)
    with replacing(path) as temporary:
        draw_plan(inspection, temporary)


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "arenite run model.tflite --input x.npy --output y.npy\n\n"
    "arenite run model.tflite --input samples.npz --output y.npy --real\n\n"
    "arenite run model.tflite --input photos/ --scale 0,1 --output y.npy"
)
@command
def run(
    model: Model,
    input: Annotated[Path, typer.Option("-i", "--input", help=f"Samples: {KINDS}.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help=".npy, or .npz when there are several outputs.")
    ] = None,
    real: Annotated[bool, typer.Option("--real", help="Write real values instead of the model's integers.")] = False,
    scale: Scale = None,
    arena: Annotated[int | None, typer.Option(help="Bytes of arena; without it, as much as needed.")] = None,
    json: Json = False,
    debug: Debug = False,
) -> Outcome:
    """Run a file on every sample of the input. Real values are quantized for integer models."""
    from .execution import run_file
    from .tables import progress, show_run

    with progress() as report:
        result = run_file(model, samples_at(input, scale), output, real=real, arena_size=arena, progress=report)
    return Outcome(result.to_dict(), lambda: show_run(result))


from . import compare_command, device_commands  # noqa: E402, F401  register their commands, in this place of the help


@app.command(epilog="[bold]Example[/bold]\n\narenite ops --json")
@command
def ops(json: Json = False, debug: Debug = False) -> Outcome:
    """List the operators that the interpreter has kernels for: operand types, limits, flash on Cortex-M4 in bytes."""
    from .kernel_facts import kernel_facts
    from .opdef import declaration, describe, rows

    facts = kernel_facts()
    table = [
        {
            "name": row.name,
            "code": row.code,
            "custom_code": row.custom_code,
            "max_version": row.max_version,
            "types": describe(row),
            "limits": declaration(row.name).limits,
            "flash_least": facts[row.name].flash_least if row.name in facts else None,
            "flash_most": facts[row.name].flash_most if row.name in facts else None,
            "microkernels": facts[row.name].microkernels if row.name in facts else [],
        }
        for row in rows().values()
    ]

    def show() -> None:
        from .tables import show_operators

        show_operators(table)

    return Outcome({"operators": table}, show)


def main() -> None:
    """Entry point of the ``arenite`` script."""
    app()
