"""The whole path on real data: train, convert, run, compare, flash.

``python examples/digits --output demo`` trains a small CNN on scikit-learn's digits, converts it to float32 and int8 with
Arenite and to int8 with LiteRT's converter, runs 400 test images through everything, and the first of them on Cortex-M
boards under QEMU. ``report.html`` in the output directory shows it all.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import peer
import training
from board_run import run_boards
from outcome import Outcome, print_board, print_table
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

import arenite
from arenite import tables
from arenite.atomic import replacing
from arenite.frontend.start import start_tensorflow

BOARD_IMAGES = 16


def main() -> int:
    """Run the demo; exit code 1 when a promise of the project does not hold."""
    parser = argparse.ArgumentParser(prog="digits", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("demo"), help="directory for models, data and the report")
    parser.add_argument(
        "--boards", nargs="*", default=["cortex-m3", "cortex-m4", "cortex-m7"], help="none: leave it out"
    )
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    console = tables.console()
    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            outcome = run(arguments.output, arguments.boards, progress)
    except arenite.AreniteError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    print_table(console, outcome)
    print_board(console, outcome)
    console.print(f"\n{arguments.output / 'report.html'} written; {time.monotonic() - started:.0f} s", highlight=False)
    for failure in outcome.failures():
        print(f"FAILED: {failure}", file=sys.stderr)
    return 1 if outcome.failures() else 0


def run(output: Path, boards: list[str], progress: Progress) -> Outcome:
    """Every step of the demo; files go to ``output``."""
    bars: dict[str, TaskID] = {}

    def report(step: str, done: int, total: int) -> None:
        if step not in bars:
            bars[step] = progress.add_task(step, total=total)
        progress.update(bars[step], completed=done)

    report("load TensorFlow and the digits", 0, 1)
    start_tensorflow()
    train, calibration, test = training.load_splits()
    report("load TensorFlow and the digits", 1, 1)
    model = training.train(train, lambda epoch: report("train", epoch, training.EPOCHS))
    model.save(output / "digits.keras")
    calibration.save(output / "calibration.npz")
    test.save(output / "test.npz")

    report("convert", 0, 3)
    floating = arenite.convert(model)
    floating.save(output / "digits_float32.tflite")
    report("convert", 1, 3)
    quantized = arenite.convert(model, quantize="int8", calibration=calibration.images)
    quantized.save(output / "digits_int8.tflite")
    report("convert", 2, 3)
    litert = peer.convert_int8(model, calibration.images)
    (output / "digits_litert_int8.tflite").write_bytes(litert)
    report("convert", 3, 3)

    def judge(name: str, peers: tuple[str, ...]) -> arenite.Comparison:
        return arenite.compare(
            model,
            output / name,
            test.images,
            test.labels,
            peers=peers,
            progress=lambda s, d, t: report(f"{name}: {s}", d, t),
        )

    outcome = Outcome(
        floating=judge("digits_float32.tflite", ()),
        quantized=judge("digits_int8.tflite", ("litert-reference", "litert", "tflm")),
        litert=judge("digits_litert_int8.tflite", ("litert-reference",)),
        board=run_boards(quantized.content, test.images[:BOARD_IMAGES], boards, report),
    )
    with replacing(output / "report.html") as page:
        outcome.quantized.save_html(page, outcome.report_tables())
    return outcome


if __name__ == "__main__":
    sys.exit(main())
