"""The command ``compare``. Importing this module adds it to the application."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .command import Debug, Json, Model, Outcome, Regions, Trust, app, command, region_sizes
from .data_option import KINDS, Scale, labelled_samples_at

if TYPE_CHECKING:
    from .comparison import Comparison


@app.command(
    epilog="[bold]Examples[/bold]\n\n"
    "arenite compare model.keras model.tflite --data test.npz\n\n"
    "arenite compare model.keras model.tflite --data test.npz --html report.html --board cortex-m4\n\n"
    "arenite compare float.tflite int8.tflite --data test.npz --fail-below 30 --json\n\n"
    "arenite compare model.keras model.tflite --data photos/ --scale 0,1\n\n"
    "Labels are the array or column called 'labels' or 'y', or 'labels_<output>' for each output; of images, the number of"
    " the folder that each lies in."
)
@command
def compare(
    reference: Annotated[Path, typer.Argument(help="A Keras model, or a float .tflite file.", show_default=False)],
    model: Model,
    data: Annotated[Path, typer.Option(help=f"Inputs, and labels if you have them: {KINDS}.", show_default=False)],
    scale: Scale = None,
    html: Annotated[Path | None, typer.Option(help="Also write a self-contained report.")] = None,
    fail_below: Annotated[
        float | None, typer.Option(help="Exit code 1 when an output's SQNR is below so many dB.", show_default=False)
    ] = None,
    board: Annotated[
        list[str] | None, typer.Option(help="Also run on this emulated board, whose bytes must be ours (repeat).")
    ] = None,
    samples: Annotated[int, typer.Option(min=0, help="Samples for the errors of layers; 0: no layers.")] = 32,
    board_samples: Annotated[int, typer.Option(min=1, help="Samples for each board.")] = 4,
    regions: Regions = None,
    peers: Annotated[bool, typer.Option(help="Also run LiteRT and TFLite Micro, where they are installed.")] = True,
    trust: Trust = False,
    json: Json = False,
    debug: Debug = False,
) -> Outcome:
    """Say what quantizing cost and where: layer by layer against the float model, in our interpreter and its peers.

    Every layer's error so far and alone, what it costs the outputs, how much of its range it uses, and what to do about it.
    """
    from .atomic import replacing
    from .comparison import compare as compare_models
    from .comparison import engines
    from .comparison_tables import show_comparison
    from .tables import progress

    inputs, labels = labelled_samples_at(data, scale)
    with progress() as report:
        comparison = compare_models(
            reference,
            model,
            inputs,
            labels,
            peers=engines.PEERS if peers else (),
            layer_samples=samples,
            boards=board or (),
            board_samples=board_samples,
            arena_regions=region_sizes(regions),
            trust=trust,
            progress=report,
        )
    if html is not None:
        with replacing(html) as temporary:
            comparison.save_html(temporary)
    failure = _failure(comparison, fail_below)
    facts = {**comparison.to_dict(), "fail_below": fail_below, "failure": failure}
    return Outcome(facts, lambda: show_comparison(comparison, failure), ok=not failure)


def _failure(comparison: Comparison, fail_below: float | None) -> str:
    """Why the comparison counts as failed, or ""."""
    for check in comparison.boards:
        if not check.ok:
            wrong = check.samples - check.equal
            return f"failed: {check.board} gives other bytes than the host in {wrong} of {check.samples} samples"
    found = comparison.ours.sqnr_db
    if fail_below is not None and found is not None and not found >= fail_below:
        return f"failed: {found:.1f} dB, --fail-below wants {fail_below:g}"
    return ""
